//! Input that nobody sends in good faith, through every reader of the crate: a clear error, soon, and in bounded memory.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::{Document, Options as ReadOptions};
use hygea_fhir_model::patch::{self, Options as PatchOptions};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::stream::{BundleReader, NdjsonReader, Options as StreamOptions};
use hygea_fhir_model::{Error, validate, xml};
use std::time::{Duration, Instant};

/// The limit of the readers here, so that nothing large has to be made to pass it.
const LIMIT: usize = 4 << 20;

type Reader = (&'static str, fn(&[u8]) -> Result<(), Error>);

fn schema() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn tree(bytes: &[u8]) -> Result<(), Error> {
    Document::parse_with(bytes, &ReadOptions { max_bytes: LIMIT, ..ReadOptions::default() }).map(drop)
}

/// The tree, and what stands in it held to the tables.
fn check(bytes: &[u8]) -> Result<(), Error> {
    let options = ReadOptions { max_bytes: LIMIT, keep_duplicates: true, ..ReadOptions::default() };
    let document = Document::parse_with(bytes, &options)?;
    let issues = validate::structure(&document, schema());
    issues.first().map_or(Ok(()), |issue| Err(issue.to_error(&document)))
}

#[cfg(feature = "r4")]
fn structs(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > LIMIT {
        return Err(Error::new(TooLarge, "", None, "the structs are read within the tree's limit"));
    }
    hygea_fhir_model::r4::Resource::from_json(bytes).map(|resource| drop(resource.to_json()))
}

fn ndjson(bytes: &[u8]) -> Result<(), Error> {
    let options = StreamOptions { max_item_bytes: LIMIT, ..StreamOptions::default() };
    NdjsonReader::with_options(bytes, options).try_for_each(|line| line.map(drop))
}

/// The input as the only entry of a Bundle.
fn bundle(bytes: &[u8]) -> Result<(), Error> {
    let text = [br#"{"resourceType":"Bundle","entry":[{"resource":"#, bytes, b"}]}"].concat();
    let options = StreamOptions { max_item_bytes: LIMIT, ..StreamOptions::default() };
    BundleReader::with_options(text.as_slice(), options).try_for_each(|entry| entry.map(drop))
}

/// The input as the value of a patch.
fn json_patch(bytes: &[u8]) -> Result<(), Error> {
    let text = [br#"[{"op":"add","path":"/a/-","value":"#, bytes, b"}]"].concat();
    let patch = Document::parse_with(&text, &ReadOptions { max_bytes: LIMIT, ..ReadOptions::default() })?;
    let target = Document::parse(br#"{"a":[]}"#)?;
    let options = PatchOptions { max_bytes: LIMIT, ..PatchOptions::default() };
    patch::json_patch(target.root(), patch.root(), &options).map(|draft| drop(draft.to_json()))
}

fn merge_patch(bytes: &[u8]) -> Result<(), Error> {
    let patch = Document::parse_with(bytes, &ReadOptions { max_bytes: LIMIT, ..ReadOptions::default() })?;
    let target = Document::parse(br#"{"a":[]}"#)?;
    let options = PatchOptions { max_bytes: LIMIT, ..PatchOptions::default() };
    patch::merge_patch(target.root(), patch.root(), &options).map(|draft| drop(draft.to_json()))
}

fn read_xml(bytes: &[u8]) -> Result<(), Error> {
    xml::parse_with(bytes, schema(), &xml::Options { max_bytes: LIMIT, ..xml::Options::default() }).map(drop)
}

/// The input as the document of an XML Patch.
fn xml_patch(bytes: &[u8]) -> Result<(), Error> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Error::new(Encoding, "", None, "an XML Patch is text"));
    };
    let options = PatchOptions { max_bytes: LIMIT, ..PatchOptions::default() };
    patch::xml_patch(text, r#"<d><add sel="*" pos="after"><!--x--></add></d>"#, &options).map(drop)
}

const JSON: &[Reader] = &[
    ("tree", tree),
    ("check", check),
    #[cfg(feature = "r4")]
    ("structs", structs),
    ("ndjson", ndjson),
    ("bundle", bundle),
    ("JSON Patch", json_patch),
    ("merge patch", merge_patch),
];

const XML: &[Reader] = &[("xml", read_xml), ("XML Patch", xml_patch)];

/// Runs the readers; what each wants is what all want unless it is named.
fn run(
    name: &str,
    input: &[u8],
    readers: &[Reader],
    wanted: Option<ErrorKind>,
    but: &[(&str, Option<ErrorKind>)],
) {
    for (reader, read) in readers {
        let wanted = but.iter().find(|(named, _)| named == reader).map_or(wanted, |(_, wanted)| *wanted);
        let start = Instant::now();
        let found = read(input);
        let took = start.elapsed();
        println!("{name} through {reader}: {:?}, {took:?}", found.as_ref().map_err(ToString::to_string));
        assert_eq!(found.as_ref().err().map(Error::kind), wanted, "{name} through {reader}");
        if let Err(error) = found {
            assert!(error.to_string().len() < 2_000, "{name} through {reader}: the error is long");
        }
        assert!(took < Duration::from_secs(15), "{name} through {reader} took {took:?}");
    }
}

#[test]
fn json_that_nobody_writes() {
    let nested = |open: &str, close: &str, times| format!("{}1{}", open.repeat(times), close.repeat(times));
    let patient = |members: &str| format!(r#"{{"resourceType":"Patient",{members}}}"#);
    let members = |count: usize| (0..count).map(|n| format!(r#""m{n}":0"#)).collect::<Vec<_>>().join(",");
    let table: &[(&str, Vec<u8>, Option<ErrorKind>, &[(&str, Option<ErrorKind>)])] = &[
        ("10,000 arrays", nested("[", "]", 10_000).into(), Some(TooDeep), &[]),
        ("10,000 objects", nested(r#"{"a":"#, "}", 10_000).into(), Some(TooDeep), &[]),
        (
            "10,000 arrays never closed",
            "[".repeat(10_000).into(),
            Some(TooDeep),
            &[("bundle", Some(TooDeep))],
        ),
        (
            "10,000 contained resources",
            nested(r#"{"resourceType":"Patient","contained":["#, "]}", 10_000).into(),
            Some(TooDeep),
            &[],
        ),
        (
            "10,000 extensions of a primitive",
            patient(&format!(
                r#""_birthDate":{}"#,
                nested(r#"{"extension":[{"url":"u","_valueDate":"#, "}]}", 5_000)
            ))
            .into(),
            Some(TooDeep),
            &[],
        ),
        (
            "100 arrays in an underscore",
            patient(&format!(r#""_birthDate":{}"#, nested("[", "]", 100))).into(),
            None,
            &[("check", Some(WrongType))],
        ),
        (
            "a string over the limit",
            patient(&format!(r#""id":"{}""#, "x".repeat(LIMIT))).into(),
            Some(TooLarge),
            &[],
        ),
        ("a string never closed", format!(r#"{{"a":"{}"#, "x".repeat(1 << 20)).into(), Some(Syntax), &[]),
        (
            "a million escapes",
            patient(&format!(r#""id":"{}""#, r"\u0041".repeat(500_000))).into(),
            None,
            &[("check", Some(InvalidPrimitive))],
        ),
        (
            "an exponent of a billion",
            patient(r#""multipleBirthInteger":1e999999999"#).into(),
            None,
            &[("check", Some(InvalidPrimitive))],
        ),
        (
            "a million digits",
            patient(&format!(r#""multipleBirthInteger":{}"#, "9".repeat(1 << 20))).into(),
            None,
            &[("check", Some(InvalidPrimitive))],
        ),
        (
            "a million digits of a decimal",
            patient(&format!(r#""extension":[{{"url":"u","valueDecimal":0.{}}}]"#, "1".repeat(1 << 20)))
                .into(),
            None,
            &[],
        ),
        (
            "a negative exponent of a billion",
            patient(r#""extension":[{"url":"u","valueDecimal":1e-999999999}]"#).into(),
            None,
            &[],
        ),
        (
            "bytes that are no UTF-8",
            patient(r#""id":"?""#)
                .replace('?', "\u{1}")
                .into_bytes()
                .into_iter()
                .map(|byte| if byte == 1 { 0xFF } else { byte })
                .collect(),
            Some(Encoding),
            &[],
        ),
        (
            "UTF-8 of a surrogate",
            [br#"{"a":""#.as_slice(), b"\xED\xA0\x80", br#""}"#].concat(),
            Some(Encoding),
            &[],
        ),
        ("an overlong NUL", [br#"{"a":""#.as_slice(), b"\xC0\x80", br#""}"#].concat(), Some(Encoding), &[]),
        ("a high surrogate alone", patient(r#""id":"\ud800""#).into(), Some(Encoding), &[]),
        ("a low surrogate alone", patient(r#""id":"\udc00\ud800""#).into(), Some(Encoding), &[]),
        ("a NUL", patient("\"id\":\"\0\"").into(), Some(Syntax), &[]),
        ("100,000 members", patient(&members(100_000)).into(), None, &[("check", Some(UnknownElement))]),
        (
            "one member 100,000 times",
            patient(&vec![r#""id":"x""#; 100_000].join(",")).into(),
            Some(DuplicateKey),
            &[],
        ),
        (
            "200,000 empty items",
            patient(&format!(r#""name":[{}]"#, vec!["{}"; 200_000].join(","))).into(),
            None,
            &[("check", Some(Empty))],
        ),
        (
            "200,000 nulls",
            patient(&format!(
                r#""name":[{{"given":[{0}],"_given":[{0}]}}]"#,
                vec!["null"; 200_000].join(",")
            ))
            .into(),
            None,
            &[("check", Some(WrongType))],
        ),
        (
            "50,000 ids of primitives",
            patient(&format!(
                r#""name":[{{"given":[{}],"_given":[{}]}}]"#,
                vec!["\"a\""; 50_000].join(","),
                vec![r#"{"id":"b"}"#; 50_000].join(",")
            ))
            .into(),
            None,
            &[],
        ),
        (
            "200,000 wrong items",
            patient(&format!(r#""name":[{}]"#, vec!["0"; 200_000].join(","))).into(),
            None,
            &[("check", Some(WrongType))],
        ),
    ];
    for (name, input, wanted, but) in table {
        run(name, input, JSON, *wanted, but);
    }
}

#[test]
fn xml_that_nobody_writes() {
    let patient = |inside: &str| format!(r#"<Patient xmlns="http://hl7.org/fhir">{inside}</Patient>"#);
    let laughs: String =
        (1..=9).map(|n| format!(r#"<!ENTITY lol{n} "{}">"#, format!("&lol{};", n - 1).repeat(10))).collect();
    let laughs =
        format!(r#"<!DOCTYPE lolz [<!ENTITY lol0 "lol">{laughs}]>{}"#, patient(r#"<id value="&lol9;"/>"#));
    let nested = |open: &str, close: &str, times| format!("{}{}", open.repeat(times), close.repeat(times));
    let table: &[(&str, Vec<u8>, Option<ErrorKind>, &[(&str, Option<ErrorKind>)])] = &[
        ("a billion laughs", laughs.into(), Some(Syntax), &[]),
        (
            "an entity from outside",
            format!(r#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>{}"#, patient("&x;")).into(),
            Some(Syntax),
            &[],
        ),
        ("an entity that nothing declares", patient(r#"<id value="&x;"/>"#).into(), Some(Syntax), &[]),
        (
            "10,000 elements one in the other",
            patient(&nested("<extension>", "</extension>", 10_000)).into(),
            Some(TooDeep),
            &[],
        ),
        ("10,000 elements never closed", "<a>".repeat(10_000).into(), Some(TooDeep), &[]),
        (
            "10,000 elements of markup",
            patient(&format!(
                r#"<text><div xmlns="http://www.w3.org/1999/xhtml">{}</div></text>"#,
                nested("<b>", "</b>", 10_000)
            ))
            .into(),
            Some(TooDeep),
            &[],
        ),
        (
            "a value over the limit",
            patient(&format!(r#"<id value="{}"/>"#, "x".repeat(LIMIT))).into(),
            Some(TooLarge),
            &[],
        ),
        (
            "a value never closed",
            format!(r#"<Patient xmlns="http://hl7.org/fhir"><id value="{}"#, "x".repeat(1 << 20)).into(),
            Some(Syntax),
            &[],
        ),
        (
            "an attribute twice",
            patient(r#"<id value="a" value="b"/>"#).into(),
            Some(Syntax),
            &[("xml", Some(DuplicateKey))],
        ),
        (
            "bytes that are no UTF-8",
            patient("?").bytes().map(|byte| if byte == b'?' { 0xFF } else { byte }).collect(),
            Some(Encoding),
            &[],
        ),
        ("two documents", patient("").repeat(2).into(), Some(Syntax), &[]),
        ("no document", b" ".to_vec(), Some(Syntax), &[("XML Patch", Some(Empty))]),
    ];
    for (name, input, wanted, but) in table {
        run(name, input, XML, *wanted, but);
    }
}
