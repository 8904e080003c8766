//! Bundles and NDJSON read one item at a time: what is yielded, what is wrong and where, and going on in the middle.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::stream::{BundleReader, NdjsonReader, Options};
use proptest::prelude::*;
use std::io::{self, Read};

/// Gives a few bytes at a time, and now and then a signal.
struct Trickle<'t> {
    text: &'t [u8],
    step: usize,
    interrupted: bool,
}

impl<'t> Trickle<'t> {
    fn new(text: &'t [u8], step: usize) -> Self {
        Self { text, step, interrupted: false }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.step.min(self.text.len()).min(out.len());
        out[..count].copy_from_slice(&self.text[..count]);
        self.text = &self.text[count..];
        Ok(count)
    }
}

/// What became of each item: its text, or the kind, line, column and path of its error.
type Outcome = Result<String, (ErrorKind, usize, usize, String)>;

fn outcome<T>(item: Result<T, hygea_fhir_model::Error>, text: impl Fn(&T) -> String) -> Outcome {
    item.map(|item| text(&item)).map_err(|error| {
        let place = error.position().unwrap();
        (error.kind(), place.line, place.column, error.path().to_owned())
    })
}

fn lines(text: &[u8], step: usize, options: &Options) -> Vec<Outcome> {
    let reader = NdjsonReader::with_options(Trickle::new(text, step), options.clone());
    reader.map(|line| outcome(line, |line| line.json().to_owned())).collect()
}

fn entries(text: &[u8], step: usize, options: &Options) -> Vec<Outcome> {
    let reader = BundleReader::with_options(Trickle::new(text, step), options.clone());
    reader.map(|entry| outcome(entry, |entry| entry.root().raw().to_owned())).collect()
}

fn wrong(kind: ErrorKind, line: usize, column: usize, path: &str) -> Outcome {
    Err((kind, line, column, path.to_owned()))
}

fn good(text: &str) -> Outcome {
    Ok(text.to_owned())
}

#[test]
fn lines_and_their_faults() {
    let options = Options { max_item_bytes: 20, max_depth: 3, ..Options::default() };
    let table: &[(&[u8], &[Outcome])] = &[
        (b"", &[]),
        (b"\n\r\n \t \n", &[]),
        (b"{}", &[good("{}")]),
        (b"{}\n", &[good("{}")]),
        (b"\xEF\xBB\xBF{}\r\n [1] \r\n\r\n\"x\"", &[good("{}"), good("[1]"), good("\"x\"")]),
        (b"{}\n{\"a\":}\n{}\n", &[good("{}"), wrong(Syntax, 2, 6, "a"), good("{}")]),
        (b"{} {}\n{}", &[wrong(Syntax, 1, 4, ""), good("{}")]),
        (b"\n\n\"\xff\"\n1", &[wrong(Encoding, 3, 2, ""), good("1")]),
        (b"\"\\ud800\"\n1", &[wrong(Encoding, 1, 2, ""), good("1")]),
        (b"123456789012345678901\n1\n", &[wrong(TooLarge, 1, 1, ""), good("1")]),
        (b"12345678901234567890\n1\n", &[good("12345678901234567890"), good("1")]),
        (
            b"[[[[]]]]\n{\"a\":1,\"a\":2}",
            &[wrong(TooDeep, 1, 4, "[0][0][0]"), wrong(DuplicateKey, 2, 8, "a")],
        ),
    ];
    for (text, wanted) in table {
        for step in [1, 2, 7, 1000] {
            assert_eq!(lines(text, step, &options), *wanted, "{:?} by {step}", String::from_utf8_lossy(text));
        }
    }
}

#[test]
fn entries_and_their_faults() {
    let options = Options { max_item_bytes: 30, max_header_bytes: 60, max_depth: 3 };
    let bundle = |rest: &str| format!("{{\"resourceType\":\"Bundle\"{rest}}}");
    let table: &[(String, &[Outcome])] = &[
        (bundle(""), &[]),
        (bundle(",\"entry\":[]"), &[]),
        (bundle(",\"entry\":[{}, {\"a\":\"]}\\\"\"}\n]"), &[good("{}"), good(r#"{"a":"]}\""}"#)]),
        ("\u{feff}{\"entry\":[{}],\"resourceType\":\"Bundle\"} \n".into(), &[good("{}")]),
        (
            bundle(",\"entry\":[{\"a\":\"12345678901234567890123456\"},{}]"),
            &[wrong(TooLarge, 1, 35, "entry[0]"), good("{}")],
        ),
        (
            bundle(",\"entry\":[{\"a\":[[[]]]},\n{\"a\":1,\"a\":2},3,{}]"),
            &[
                wrong(TooDeep, 1, 42, "entry[0].a[0][0]"),
                wrong(DuplicateKey, 2, 8, "entry[1].a"),
                wrong(WrongType, 2, 15, "entry[2]"),
                good("{}"),
            ],
        ),
        // Where the brackets cannot be trusted, nothing follows.
        (bundle(",\"entry\":[{},\n{\"a\" 1},{}]"), &[good("{}"), wrong(Syntax, 2, 6, "entry[1].a")]),
        (bundle(",\"entry\":[{},]"), &[good("{}"), wrong(Syntax, 1, 38, "entry[1]")]),
        (bundle(",\"entry\":[{} {}]"), &[good("{}"), wrong(Syntax, 1, 38, "entry[1]")]),
        (bundle(",\"entry\":[{]]"), &[wrong(Syntax, 1, 36, "entry[0]")]),
        (bundle(",\"entry\":{}"), &[wrong(WrongType, 1, 34, "entry")]),
        (bundle(",\"entry\":[],\"entry\":[{}]"), &[wrong(DuplicateKey, 1, 37, "entry")]),
        (bundle(",\"type\":\"batch\",\"type\":\"batch\""), &[wrong(DuplicateKey, 1, 41, "type")]),
        (bundle(",\"a\":\"123456789012345678901234567890123456789012345\""), &[wrong(TooLarge, 1, 30, "a")]),
        (bundle(",\"entry\":[{}"), &[good("{}"), wrong(Syntax, 1, 37, "entry[1]")]),
        (bundle(",").replace('}', ""), &[wrong(Syntax, 1, 26, "")]),
        (bundle(" x"), &[wrong(Syntax, 1, 26, "")]),
        (bundle(",\"a\":"), &[wrong(Syntax, 1, 30, "")]),
        (bundle("") + "{}", &[wrong(Syntax, 1, 26, "")]),
        ("{\"resourceType\":\"Patient\"}".into(), &[wrong(WrongType, 1, 26, "resourceType")]),
        ("{\"resourceType\":1,\"entry\":[{}]}".into(), &[wrong(WrongType, 1, 18, "resourceType")]),
        ("{}".into(), &[wrong(UnknownResourceType, 1, 3, "resourceType")]),
        ("".into(), &[wrong(Syntax, 1, 1, "")]),
        ("[]".into(), &[wrong(Syntax, 1, 1, "")]),
        ("\u{1f4a9}".into(), &[wrong(Syntax, 1, 1, "")]),
    ];
    for (text, wanted) in table {
        for step in [1, 2, 7, 1000] {
            assert_eq!(entries(text.as_bytes(), step, &options), *wanted, "{text} by {step}");
        }
    }
}

#[test]
fn parts_of_entries_and_members_of_the_bundle() {
    let text = br#"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"u"},{"relation":"next","url":"v"}],
        "entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Basic","x":1.50},"request":{"method":"PUT"},"search":{"mode":"match"},
        "response":{"status":"200"}}],"total":7}"#;
    let mut reader = BundleReader::new(&text[..]);
    let entry = reader.next().unwrap().unwrap();
    assert_eq!(entry.full_url(), Some("urn:uuid:1"));
    assert_eq!(entry.resource_json(), Some(r#"{"resourceType":"Basic","x":1.50}"#));
    let text_of = |node: Option<Node<'_>>, name| {
        node.and_then(|node| node.get(name)).and_then(Node::as_str).map(str::to_owned)
    };
    assert_eq!(text_of(entry.request(), "method").as_deref(), Some("PUT"));
    assert_eq!(text_of(entry.search(), "mode").as_deref(), Some("match"));
    assert_eq!(text_of(entry.response(), "status").as_deref(), Some("200"));
    assert_eq!((entry.start().line, entry.start().index), (2, 0));
    assert_eq!(
        (reader.kind(), reader.link("next"), reader.link("prev"), reader.total()),
        (Some("searchset"), Some("v"), None, None)
    );
    assert!(reader.next().is_none() && reader.next().is_none());
    assert_eq!(reader.total(), Some(7));
    assert_eq!(reader.header().len(), 4);
}

#[test]
fn reading_goes_on_where_it_stopped() {
    let bundle = br#"{"resourceType":"Bundle","entry":[{"a":1},
        {"a":2} , {"a":3}, {"a":} ],"total":3}"#;
    let ndjson = b"{\"a\":1}\r\n\n{\"a\":2}\n{\"a\":3}\n{\"a\":}";
    for stop in 1..=3 {
        let mut first = BundleReader::new(&bundle[..]);
        assert_eq!(first.by_ref().take(stop).filter(Result::is_ok).count(), stop);
        let place = first.place();
        let at = usize::try_from(place.offset).unwrap();
        let again: Vec<_> = BundleReader::resume(&bundle[at..], place, Options::default())
            .map(|entry| outcome(entry, |entry| entry.root().raw().to_owned()))
            .collect();
        assert_eq!(again.len(), 4 - stop);
        assert!(matches!(again.last(), Some(Err((Syntax, 2, _, path))) if path == "entry[3].a"), "{again:?}");

        let mut first = NdjsonReader::new(&ndjson[..]);
        assert_eq!(first.by_ref().take(stop).filter(Result::is_ok).count(), stop);
        let place = first.place();
        let at = usize::try_from(place.offset).unwrap();
        let again: Vec<_> = NdjsonReader::resume(&ndjson[at..], place, Options::default())
            .map(|line| outcome(line, |line| line.json().to_owned()))
            .collect();
        assert_eq!(again.len(), 4 - stop);
        assert_eq!(again.last(), Some(&wrong(Syntax, 5, 6, "a")));
    }
}

#[test]
fn a_source_that_fails_is_named() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::new(io::ErrorKind::ConnectionReset, "a text that may be anybody's"));
            }
            self.0 -= 1;
            let text = b"{\"resourceType\":\"Bundle\",\"entry\":[{}\n";
            out[..text.len()].copy_from_slice(text);
            Ok(text.len())
        }
    }
    let found: Vec<_> = BundleReader::new(Broken(1)).collect();
    assert!(found[0].is_ok() && found.len() == 2);
    let error = found[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), Source);
    assert_eq!(error.detail(), "the source cannot be read: connection reset");
    let found: Vec<_> = NdjsonReader::new(Broken(2)).map(|line| line.unwrap_err().kind()).collect();
    assert_eq!(found, [Syntax, Syntax, Source]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_bundle_is_read_as_the_tree_is(
        items in prop::collection::vec(r#"\{"a":(1|"[\]\[{}:,]{0,5}"|\[[0-9]?\]|\{\}|"\\\\\\"")\}"#, 0..5),
        space in "[ \n]{0,3}", step in 1..30_usize,
    ) {
        let text = format!("{{{space}\"resourceType\":\"Bundle\"{space},\"entry\":{space}[{}]{space}}}", items.join(&format!("{space},{space}")));
        let found = entries(text.as_bytes(), step, &Options::default());
        match Document::parse(text.as_bytes()) {
            Ok(document) => {
                let wanted: Vec<Outcome> = document.root().get("entry").unwrap().items().map(|node| good(node.raw())).collect();
                prop_assert_eq!(found, wanted);
            }
            Err(_) => prop_assert!(found.iter().any(Result::is_err)),
        }
    }

    #[test]
    fn random_bytes_end(text in prop::collection::vec(prop::sample::select(b"{}[]\",:\\ \n1aentry".to_vec()), 0..80), step in 1..9_usize) {
        let small = Options { max_item_bytes: 20, max_header_bytes: 20, max_depth: 4 };
        prop_assert!(entries(&text, step, &small).len() <= 81);
        prop_assert!(lines(&text, step, &small).len() <= 81);
        let mut inside = b"{\"entry\":[".to_vec();
        inside.extend_from_slice(&text);
        prop_assert!(entries(&inside, step, &small).len() <= 92);
        prop_assert_eq!(entries(&inside, step, &small), entries(&inside, 1000, &small));
    }
}
