//! Reading XML: each fault is named with its place, strictly and tolerantly; hostile texts end soon with an error.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::stream::{self, XmlBundleReader};
use hygea_fhir_model::validate;
use hygea_fhir_model::xml::{self, Layout, Options};
use proptest::prelude::*;

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn patient(content: &str) -> String {
    format!("<Patient xmlns=\"http://hl7.org/fhir\">{content}</Patient>")
}

#[test]
fn elements_become_members() {
    // What stands in a Patient, and the members of its JSON.
    let table = [
        ("", ""),
        (r#"<active value="true"/>"#, r#","active":true"#),
        (r#"<name><given value="a"/><given value="b"/></name>"#, r#","name":[{"given":["a","b"]}]"#),
        (
            r#"<name><given value="a"/><given id="i"/><given id="k" value="c"/></name>"#,
            r#","name":[{"given":["a",null,"c"],"_given":[null,{"id":"i"},{"id":"k"}]}]"#,
        ),
        (r#"<name><given id="i"/></name>"#, r#","name":[{"_given":[{"id":"i"}]}]"#),
        (
            r#"<birthDate value="1970"><extension url="u"><valueDecimal value="1.50"/></extension></birthDate>"#,
            r#","birthDate":"1970","_birthDate":{"extension":[{"url":"u","valueDecimal":1.50}]}"#,
        ),
        (r#"<multipleBirthInteger value="2"/>"#, r#","multipleBirthInteger":2"#),
        (
            r#"<name id="n"><text value="&lt;&#x41;&amp;&quot;&#10;&apos;"/></name>"#,
            r#","name":[{"id":"n","text":"<A&\"\n'"}]"#,
        ),
        ("<name><text value='a\r\nb\tc'/></name>", r#","name":[{"text":"a b c"}]"#),
        (
            r#"<contained><Basic><id value="b"/></Basic></contained><contained><Patient/></contained>"#,
            r#","contained":[{"resourceType":"Basic","id":"b"},{"resourceType":"Patient"}]"#,
        ),
        (
            r#"<text><status value="empty"/><div xmlns="http://www.w3.org/1999/xhtml" class="a"> <b>x</b>&#160;<!-- c --></div></text>"#,
            r#","text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" class=\"a\"> <b>x</b>&#160;<!-- c --></div>"}"#,
        ),
        ("<!-- comments are dropped --> <active value=\"false\"/>\n", r#","active":false"#),
        (r#"<f:active xmlns:f="http://hl7.org/fhir" value="true"/>"#, r#","active":true"#),
        (
            r#"<text xmlns:h="http://www.w3.org/1999/xhtml"><h:div><h:p/></h:div></text>"#,
            r#","text":{"div":"<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:p/></h:div>"}"#,
        ),
    ];
    for (content, members) in table {
        let text = patient(content);
        let document = xml::parse(text.as_bytes(), r4()).unwrap_or_else(|error| panic!("{content}: {error}"));
        assert_eq!(document.text(), format!(r#"{{"resourceType":"Patient"{members}}}"#));
        let parsed = Document::parse(document.text().as_bytes()).unwrap();
        assert!(parsed.root().to_value() == document.root().to_value(), "{content}");
    }
    let prolog = "\u{FEFF}<?xml version='1.0' encoding='utf-8'?>\n<!-- a --><Patient xmlns='http://hl7.org/fhir' \
        xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b'><id value='x'/></Patient><!-- b -->";
    assert_eq!(xml::parse(prolog.as_bytes(), r4()).unwrap().text(), r#"{"resourceType":"Patient","id":"x"}"#);
    for units in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = prolog.replace("utf-8", "UTF-16").encode_utf16().flat_map(units).collect();
        assert_eq!(xml::parse(&wide, r4()).unwrap().text(), r#"{"resourceType":"Patient","id":"x"}"#);
        assert!(xml::is_xml(&wide));
    }
}

#[test]
fn each_fault_is_named_with_its_place() {
    // What stands in a Patient; the faults: kind, expression, byte within that; the members that are kept.
    let table: &[(&str, &[(ErrorKind, &str, usize)], &str)] = &[
        (r#"<nick value="a"/>"#, &[(UnknownElement, "Patient.nick", 0)], r#","nick":"a""#),
        (
            r#"<nick><a value="1"/><a b="2"/></nick><nick/>"#,
            &[(UnknownElement, "Patient.nick", 0), (UnknownElement, "Patient.nick", 37)],
            r#","nick":[{"a":["1",{"b":"2"}]},{}]"#,
        ),
        (
            r#"<active value="true" kind="x"/>"#,
            &[(UnknownElement, "Patient.active.kind", 21)],
            r#","active":true,"_active":{"kind":"x"}"#,
        ),
        (
            r#"<name value="x"/>"#,
            &[(UnknownElement, "Patient.name[0].value", 6)],
            r#","name":[{"value":"x"}]"#,
        ),
        (
            r#"<birthDate value="1970"/><active value="true"/>"#,
            &[(Syntax, "Patient.active", 25)],
            r#","active":true,"birthDate":"1970""#,
        ),
        (
            r#"<name><text value="a"/></name><birthDate value="1970"/><name><text value="b"/></name>"#,
            &[(Syntax, "Patient.name", 55)],
            r#","name":[{"text":"a"},{"text":"b"}],"birthDate":"1970""#,
        ),
        (
            r#"<active value="true"/><active value="false"/>"#,
            &[(TooMany, "Patient.active", 22)],
            r#","active":[true,false]"#,
        ),
        (r#"<birthDate value=""/>"#, &[(Empty, "Patient.birthDate", 11)], r#","birthDate":"""#),
        ("<birthDate/>", &[(Empty, "Patient.birthDate", 0)], ""),
        ("<name/>", &[(Empty, "Patient.name[0]", 0)], r#","name":[{}]"#),
        (r#"<active value="yes"/>"#, &[(InvalidPrimitive, "Patient.active", 8)], r#","active":"yes""#),
        (
            r#"<multipleBirthInteger value="+1"/>"#,
            &[(InvalidPrimitive, "Patient.multipleBirth", 22)],
            r#","multipleBirthInteger":"+1""#,
        ),
        ("x<active value='true'/>", &[(WrongType, "Patient", 0)], r#","active":true"#),
        ("<active value='true'>x</active>", &[(WrongType, "Patient.active", 0)], r#","active":true"#),
        ("<![CDATA[x]]>", &[(WrongType, "Patient", 0)], ""),
        ("&amp;", &[(WrongType, "Patient", 0)], ""),
        (
            r#"<active xmlns="urn:x" value="true"/>"#,
            &[(UnknownElement, "Patient.active", 0)],
            r#","active":true"#,
        ),
        (
            r#"<text><div>x</div></text>"#,
            &[(UnknownElement, "Patient.text.div", 6)],
            r#","text":{"div":"<div xmlns=\"http://hl7.org/fhir\">x</div>"}"#,
        ),
        (r#"<contained/>"#, &[(Empty, "Patient.contained[0]", 0)], ""),
        (
            r#"<contained><Unheard><a value="1"/></Unheard></contained>"#,
            &[(UnknownResourceType, "Patient.contained[0]", 11)],
            r#","contained":[{"resourceType":"Unheard","a":"1"}]"#,
        ),
        (
            r#"<contained><Basic/><Basic/></contained>"#,
            &[(TooMany, "Patient.contained[0]", 19)],
            r#","contained":[{"resourceType":"Basic"},{"resourceType":"Basic"}]"#,
        ),
        (
            r#"<name><id value="x"/></name>"#,
            &[(WrongType, "Patient.name[0].id", 6)],
            r#","name":[{"id":"x"}]"#,
        ),
        (
            r#"<extension url=""><valueCode value="a"/></extension>"#,
            &[(Empty, "Patient.extension[0].url", 11)],
            r#","extension":[{"url":"","valueCode":"a"}]"#,
        ),
        (r#"<resourceType value="x"/>"#, &[(UnknownElement, "Patient.resourceType", 0)], ""),
        (
            r#"<p xmlns="http://www.w3.org/1999/xhtml"/>"#,
            &[(UnknownElement, "Patient.p", 0)],
            r#","p":"<p xmlns=\"http://www.w3.org/1999/xhtml\"/>""#,
        ),
    ];
    for &(content, faults, members) in table {
        let text = patient(content);
        let start = text.find('>').unwrap() + 1;
        let reading = xml::read(text.as_bytes(), r4(), &Options::default()).unwrap();
        let found: Vec<_> = reading
            .issues
            .iter()
            .map(|issue| (issue.kind(), issue.expression(), issue.offset() - start))
            .collect();
        assert_eq!(found, faults, "{content}");
        assert_eq!(reading.document.text(), format!(r#"{{"resourceType":"Patient"{members}}}"#), "{content}");
        let parsed = Document::parse(reading.document.text().as_bytes()).unwrap();
        assert!(parsed.root().to_value() == reading.document.root().to_value(), "{content}");
        let error = xml::parse(text.as_bytes(), r4()).unwrap_err();
        let first = faults[0];
        assert_eq!(
            (error.kind(), error.path(), error.position().unwrap().offset - start),
            first,
            "{content}"
        );
    }
}

#[test]
fn the_structure_check_speaks_of_the_xml() {
    let text = patient("\n  <gender value=\"man\"/>\n  <birthDate\n value=\"1970-02-30\"/>");
    let document = xml::parse(text.as_bytes(), r4()).unwrap();
    let issues = validate::structure(&document, r4());
    let places: Vec<_> = issues
        .iter()
        .map(|issue| {
            let position = issue.to_error(&document).position().unwrap();
            (issue.expression(), position.line, position.column)
        })
        .collect();
    assert_eq!(places, [("Patient.gender", 2, 17), ("Patient.birthDate", 4, 8)]);
}

#[test]
fn what_is_not_well_formed_or_not_allowed_is_refused() {
    let deep = |levels: usize| format!("{}{}", "<name>".repeat(levels), "</name>".repeat(levels));
    let laughs =
        "<!DOCTYPE p [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><Patient xmlns='http://hl7.org/fhir'/>";
    let attributes: String = (0..200).map(|at| format!(" a{at}='x'")).collect();
    let table: &[(String, ErrorKind, usize)] = &[
        (String::new(), Syntax, 0),
        ("<".into(), Syntax, 0),
        ("x".into(), Syntax, 0),
        ("<Patient xmlns='http://hl7.org/fhir'>".into(), Syntax, 37),
        ("<Patient xmlns='http://hl7.org/fhir'></patient>".into(), Syntax, 37),
        ("<Patient xmlns='http://hl7.org/fhir'/></a>".into(), Syntax, 38),
        ("<Patient xmlns='http://hl7.org/fhir'/><a/>".into(), Syntax, 38),
        ("<Patient xmlns='http://hl7.org/fhir'/>x".into(), Syntax, 38),
        ("<Patient xmlns='http://hl7.org/fhir' <a/>".into(), Syntax, 37),
        ("<Patient xmlns=http://hl7.org/fhir/>".into(), Syntax, 9),
        ("<f:Patient/>".into(), Syntax, 0),
        ("<a:b:c xmlns:a='x'/>".into(), Syntax, 0),
        ("<1/>".into(), Syntax, 0),
        ("<Unheard xmlns='http://hl7.org/fhir'/>".into(), UnknownResourceType, 0),
        (laughs.into(), Syntax, 0),
        ("<!doctype html>".into(), Syntax, 0),
        ("<?xml-stylesheet href='a'?><a/>".into(), Syntax, 0),
        (" <?xml version='1.0'?><a/>".into(), Syntax, 1),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".into(), Encoding, 0),
        ("<?xml version='2.0'?><a/>".into(), Syntax, 0),
        ("<?xml version='1.0' encod</div>ing='UTF-8'?><a/>".into(), Syntax, 0),
        ("<?xml encoding='UTF-8' version='1.0'?><a/>".into(), Syntax, 0),
        ("<?xml version='1.0' standalone='x'?><a/>".into(), Syntax, 0),
        ("<?xml version='1.0'encoding='UTF-8'?><a/>".into(), Syntax, 0),
        (patient("&nbsp;"), Syntax, 37),
        (patient("<id value='&copy;'/>"), Syntax, 48),
        (patient("<id value='&'/>"), Syntax, 48),
        (patient("<id value='a<b'/>"), Syntax, 49),
        (patient("<id value='a' value='b'/>"), DuplicateKey, 51),
        (patient("<id value='a'value='b'/>"), Syntax, 50),
        (patient("<id value/>"), Syntax, 41),
        (patient("<id \u{1}value='a'/>"), Syntax, 41),
        (patient("<text><div xmlns='http://www.w3.org/1999/xhtml'>&nbsp;</div></text>"), Syntax, 85),
        (patient("<text><div xmlns='http://www.w3.org/1999/xhtml'><p></div></text>"), Syntax, 88),
        (patient("<text><div xmlns='http://www.w3.org/1999/xhtml'><x:p/></div></text>"), Syntax, 85),
        (patient("<!-- a -- b -->"), Syntax, 44),
        (patient("]]>"), Syntax, 37),
        (patient(&deep(127)), UnknownElement, 43),
        (patient(&deep(128)), TooDeep, 799),
        (patient(&deep(10_000)), TooDeep, 799),
        (patient(&format!("<name{attributes}/>")), TooLarge, 1085),
        (patient(&"<contained><Basic>".repeat(60)), Syntax, 1117),
    ];
    for (text, kind, offset) in table {
        let shown: String = text.chars().take(90).collect();
        let error = xml::parse(text.as_bytes(), r4()).unwrap_err();
        let found = error.position().map(|position| position.offset);
        assert_eq!((error.kind(), found), (*kind, Some(*offset)), "{shown}: {error}");
    }
    for bytes in [b"<\xff/>".as_slice(), b"\xff\xfe<\0x", b"\xff\xfe\0\xd8", b"\0\0\xfe\xff"] {
        assert_eq!(xml::parse(bytes, r4()).unwrap_err().kind(), Encoding);
    }
    let error = xml::parse(patient("<name><given value='a'/><given value='&x;'/></name>").as_bytes(), r4())
        .unwrap_err();
    assert_eq!(error.path(), "Patient.name");
    assert!(!error.to_string().contains("&x;"));
}

#[test]
fn limits_hold() {
    let text = patient("<name><given value='a'/></name>");
    for (options, kind) in [
        (Options { max_bytes: 60, ..Options::default() }, TooLarge),
        (Options { max_values: 3, ..Options::default() }, TooLarge),
        (Options { max_depth: 2, ..Options::default() }, TooDeep),
        // Three levels of elements, five of JSON.
        (Options { max_depth: 4, ..Options::default() }, TooDeep),
        (Options { max_attributes: 0, ..Options::default() }, TooLarge),
    ] {
        assert_eq!(xml::read(text.as_bytes(), r4(), &options).unwrap_err().kind(), kind, "{options:?}");
    }
    let many = patient(&"<nick value=''/>".repeat(1000));
    assert_eq!(xml::read(many.as_bytes(), r4(), &Options::default()).unwrap().issues.len(), 100);
    let huge = patient(&format!("<id value='{}'/>", "x".repeat(257 << 20)));
    assert_eq!(xml::parse(huge.as_bytes(), r4()).unwrap_err().kind(), TooLarge);
}

#[test]
fn writing_keeps_or_names_everything() {
    // Members of a Patient; the XML; what is lost.
    let table: &[(&str, &str, &[(ErrorKind, &str)])] = &[
        (
            r#""name":[{"family":"a"}],"active":true"#,
            r#"<active value="true"/><name><family value="a"/></name>"#,
            &[],
        ),
        (
            r#""name":[{"text":"<a&\"\t\n\r'>"}]"#,
            r#"<name><text value="&lt;a&amp;&quot;&#9;&#10;&#13;'>"/></name>"#,
            &[],
        ),
        (
            r#""name":[{"given":["a",null],"_given":[null,{"id":"b"}]}]"#,
            r#"<name><given value="a"/><given id="b"/></name>"#,
            &[],
        ),
        (
            r#""_birthDate":{"extension":[{"url":"u","valueDecimal":1.50}]}"#,
            r#"<birthDate><extension url="u"><valueDecimal value="1.50"/></extension></birthDate>"#,
            &[],
        ),
        (r#""nick":1"#, "", &[(UnknownElement, "Patient.nick")]),
        (r#""_name":[{"id":"a"}]"#, "", &[(UnknownElement, "Patient._name")]),
        (r#""active":"true""#, r#"<active value="true"/>"#, &[(WrongType, "Patient.active")]),
        (r#""active":[true]"#, r#"<active value="true"/>"#, &[(WrongType, "Patient.active")]),
        (r#""name":{"text":"a"}"#, r#"<name><text value="a"/></name>"#, &[(WrongType, "Patient.name")]),
        (r#""name":[]"#, "", &[(Empty, "Patient.name")]),
        (r#""name":[1]"#, "", &[(WrongType, "Patient.name[0]")]),
        (r#""name":[{"given":[null]}]"#, "<name/>", &[(WrongType, "Patient.name[0].given[0]")]),
        (r#""gender":null"#, "", &[(WrongType, "Patient.gender")]),
        (r#""gender":{"a":1}"#, "", &[(WrongType, "Patient.gender")]),
        (
            r#""name":[{"id":"a","_id":{"x":1}}]"#,
            r#"<name id="a"/>"#,
            &[(UnknownElement, "Patient.name[0].id")],
        ),
        (
            r#""name":[{"text":"\u0001\uFFFE"}]"#,
            "<name><text value=\"\u{FFFD}\u{FFFD}\"/></name>",
            &[(InvalidPrimitive, "Patient.name[0].text")],
        ),
        (
            r#""text":{"div":"<div xmlns='http://www.w3.org/1999/xhtml'>&nbsp;</div>"}"#,
            "<text><div xmlns='http://www.w3.org/1999/xhtml'>&#160;</div></text>",
            &[(InvalidPrimitive, "Patient.text.div")],
        ),
        (
            r#""text":{"div":"<div>a</div>"}"#,
            r#"<text><div xmlns="http://www.w3.org/1999/xhtml">a</div></text>"#,
            &[(InvalidPrimitive, "Patient.text.div")],
        ),
        (
            r#""text":{"div":"<div>a</div></text><active/>"}"#,
            r#"<text><div xmlns="http://www.w3.org/1999/xhtml">&lt;div>a&lt;/div>&lt;/text>&lt;active/></div></text>"#,
            &[(InvalidPrimitive, "Patient.text.div")],
        ),
        (
            r#""text":{"div":"<!DOCTYPE a><div/>"}"#,
            r#"<text><div xmlns="http://www.w3.org/1999/xhtml">&lt;!DOCTYPE a>&lt;div/></div></text>"#,
            &[(InvalidPrimitive, "Patient.text.div")],
        ),
        (
            r#""text":{"div":"a]]>"}"#,
            r#"<text><div xmlns="http://www.w3.org/1999/xhtml">a]]&gt;</div></text>"#,
            &[(InvalidPrimitive, "Patient.text.div")],
        ),
        (r#""contained":[{"resourceType":"Unheard"}]"#, "", &[(UnknownResourceType, "Patient.contained[0]")]),
    ];
    for &(members, content, losses) in table {
        let json = format!(r#"{{"resourceType":"Patient",{members}}}"#);
        let document = Document::parse(json.as_bytes()).unwrap();
        let layout = Layout { declaration: false, indent: false };
        let writing = xml::write_lossy(document.root(), r4(), &layout).unwrap();
        let wanted = if content.is_empty() {
            r#"<Patient xmlns="http://hl7.org/fhir"/>"#.to_owned()
        } else {
            patient(content)
        };
        assert_eq!(writing.text, wanted, "{members}");
        let found: Vec<_> = writing.losses.iter().map(|loss| (loss.kind(), loss.expression())).collect();
        assert_eq!(found, losses, "{members}");
        roxmltree::Document::parse(&writing.text).unwrap();
        match losses {
            [] => {
                assert_eq!(xml::write_with(document.root(), r4(), &layout).unwrap(), wanted);
                assert!(xml::parse(wanted.as_bytes(), r4()).is_ok());
            }
            [first, ..] => {
                let error = xml::write(document.root(), r4()).unwrap_err();
                assert_eq!((error.kind(), error.path()), *first);
            }
        }
    }
}

#[cfg(feature = "dstu2-schema")]
#[test]
fn comments_of_dstu2_are_kept() {
    let schema = Schema::of(Version::Dstu2).unwrap();
    let text = concat!(
        "<!--a--><Patient xmlns=\"http://hl7.org/fhir\"><!--b--><!--c--><name><given value=\"x\"/>",
        "<!--d--><given value=\"y\"/></name><!--e--><birthDate value=\"1970\"/></Patient>",
    );
    let json = concat!(
        r#"{"resourceType":"Patient","fhir_comments":["a"],"name":[{"fhir_comments":["b","c"],"#,
        r#""given":["x","y"],"_given":[null,{"fhir_comments":["d"]}]}],"birthDate":"1970","#,
        r#""_birthDate":{"fhir_comments":["e"]}}"#,
    );
    let document = xml::parse(text.as_bytes(), schema).unwrap();
    assert_eq!(document.text(), json);
    let layout = Layout { declaration: false, indent: false };
    assert_eq!(xml::write_with(document.root(), schema, &layout).unwrap(), text);
    // What stands last in an element is kept as well, and comes to stand before it.
    let last = text.replace("</name>", "<!--z--></name>");
    let document = xml::parse(last.as_bytes(), schema).unwrap();
    assert_eq!(document.text(), json.replace(r#"["b","c"]"#, r#"["b","c","z"]"#));
}

#[test]
fn bundles_are_read_entry_by_entry() {
    let entry = |id: &str| {
        format!("<f:entry><f:resource><f:Patient><f:id value='{id}'/></f:Patient></f:resource></f:entry>")
    };
    let head = "<?xml version='1.0' encoding='UTF-8'?>\n<f:Bundle xmlns:f='http://hl7.org/fhir'>\n<f:type value='searchset'/><f:total value='3'/>\n";
    let text = format!(
        "{head}{}<!-- c -->\n{}{}</f:Bundle>\n",
        entry("a"),
        entry("b'/><f:nick value='x"),
        entry("c")
    );
    let mut bundle = XmlBundleReader::new(text.as_bytes(), r4());
    let first = bundle.next().unwrap().unwrap();
    assert_eq!(first.resource_json(), Some(r#"{"resourceType":"Patient","id":"a"}"#));
    assert_eq!((first.start().line, first.start().index), (4, 0));
    assert_eq!((bundle.kind(), bundle.total()), (Some("searchset"), Some(3)));
    let error = bundle.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.path()), (UnknownElement, "entry[1].resource.nick"));
    let position = error.position().unwrap();
    assert_eq!(position.line, 5);
    assert!(text[position.offset..].starts_with("<f:nick"));
    assert_eq!(bundle.next().unwrap().unwrap().start().index, 2);
    assert!(bundle.next().is_none());

    let whole = xml::read(text.as_bytes(), r4(), &Options::default()).unwrap();
    assert_eq!(whole.document.root().get("entry").unwrap().len(), 3);

    let faults: &[(String, ErrorKind)] = &[
        (String::new(), Syntax),
        ("<Patient xmlns='http://hl7.org/fhir'/>".into(), WrongType),
        ("<Bundle/>".into(), UnknownElement),
        (format!("{head}{}", entry("a")), Syntax),
        (format!("{head}<f:entry>"), Syntax),
        (format!("{head}x</f:Bundle>"), Syntax),
        (format!("{head}<?pi?></f:Bundle>"), Syntax),
        ("<!DOCTYPE a><Bundle xmlns='http://hl7.org/fhir'/>".into(), Syntax),
        ("<?xml version='1.0' encoding='latin1'?><Bundle xmlns='http://hl7.org/fhir'/>".into(), Encoding),
        (format!("{head}<f:entry><f:fullUrl value='&a;'/></f:entry></f:Bundle>"), Syntax),
        (format!("{head}</f:Bundle><a/>"), Syntax),
        (format!("{head}<f:nick value='a'/></f:Bundle>"), UnknownElement),
    ];
    for (text, kind) in faults {
        let last = XmlBundleReader::new(text.as_bytes(), r4()).last().unwrap();
        assert_eq!(last.unwrap_err().kind(), *kind, "{text}");
    }
}

#[test]
fn streams_are_bounded() {
    /// A text without end.
    struct Endless<'t>(&'t [u8], &'t [u8]);
    impl std::io::Read for Endless<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                self.0 = self.1;
            }
            let count = self.0.len().min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }
    let options = || stream::Options { max_item_bytes: 100_000, ..stream::Options::default() };
    let start = b"<Bundle xmlns='http://hl7.org/fhir'>";
    let endless: &[(&[u8], &[u8])] = &[
        (b"<Bundle xmlns='http://hl7.org/fhir'><entry><fullUrl value='", b"xxxxxxxxxxxxxxxx"),
        (start, b"<entry>"),
        (start, b"<link><url value='a'/></link>"),
        (b"<", b"a"),
        (b"", b" "),
        (b"<!--", b"-"),
    ];
    for &(start, repeated) in endless {
        let mut reader = XmlBundleReader::with_options(Endless(start, repeated), r4(), options());
        let error = reader.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), TooLarge, "{}", String::from_utf8_lossy(start));
        assert!(reader.next().is_none());
    }
    let many = Endless(start, b"<entry><fullUrl value='urn:x:1'/></entry> ");
    assert_eq!(
        XmlBundleReader::with_options(many, r4(), options()).take(5000).filter(Result::is_ok).count(),
        5000
    );
}

const PIECES: &[&str] = &[
    "<Patient xmlns=\"http://hl7.org/fhir\">",
    "</Patient>",
    "<name>",
    "</name>",
    "<given value=\"a\"/>",
    "<given id='x'/>",
    "<text><div xmlns=\"http://www.w3.org/1999/xhtml\">",
    "</div></text>",
    "<active value=\"true\"/>",
    "<contained>",
    "</contained>",
    "<extension url=\"u\">",
    "</extension>",
    "<valueDecimal value=\"1.0\"/>",
    "&amp;",
    "&#x41;",
    "&bad;",
    "<!-- c -->",
    "<![CDATA[x]]>",
    "x",
    " ",
    "<x:y xmlns:x='z' x:a='1'/>",
    "<birthDate value='1970'>",
    "</birthDate>",
    "<id value=''/>",
];

/// Reads, and holds what was read to what any reader must keep to.
fn read_and_write(bytes: &[u8]) {
    // What an independent parser refuses is refused.
    if std::str::from_utf8(bytes).is_ok_and(|text| roxmltree::Document::parse(text).is_err()) {
        assert!(xml::read(bytes, r4(), &Options::default()).is_err());
    }
    for version in [Version::R4, Version::Dstu2] {
        let Some(schema) = Schema::of(version) else { continue };
        let strict = xml::parse(bytes, schema);
        match xml::read(bytes, schema, &Options::default()) {
            Err(error) => assert!(strict.is_err(), "{error}"),
            Ok(reading) => {
                assert_eq!(strict.is_ok(), reading.issues.is_empty());
                // The tree is that of its text.
                let parsed = Document::parse(reading.document.text().as_bytes()).unwrap();
                assert!(parsed.root().to_value() == reading.document.root().to_value());
                assert_eq!(parsed.len(), reading.document.len());
                let _ = validate::structure(&reading.document, schema);
                let writing = xml::write_lossy(reading.document.root(), schema, &Layout::default()).unwrap();
                let again = xml::read(writing.text.as_bytes(), schema, &Options::default()).unwrap();
                if writing.losses.is_empty() && strict.is_ok() {
                    assert!(again.document.root().to_value() == reading.document.root().to_value());
                }
                roxmltree::Document::parse(&writing.text).unwrap();
            }
        }
        XmlBundleReader::new(bytes, schema).take(100).for_each(drop);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn random_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_and_write(&bytes);
    }

    #[test]
    fn pieces_in_any_order_are_refused_or_read(pieces in proptest::collection::vec(0..PIECES.len(), 0..30)) {
        let inner: String = pieces.iter().map(|&at| PIECES[at]).collect();
        read_and_write(inner.as_bytes());
        read_and_write(patient(&inner).as_bytes());
    }

    #[test]
    fn mutations_are_refused_or_read(at in 0..400_usize, with in any::<u8>(), cut in 0..400_usize) {
        let text = patient(concat!(
            r#"<id value="a"/><text><status value="empty"/><div xmlns="http://www.w3.org/1999/xhtml"><b>x</b>&#160;</div></text>"#,
            r#"<contained><Basic><id value="b"/></Basic></contained><extension url="u"><valueCode value="c"/></extension>"#,
            r#"<name><given value="d"/><given id="i"/></name><birthDate value="1970"/>"#,
        ));
        let mut bytes = text.into_bytes();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = with;
        }
        read_and_write(&bytes);
        bytes.truncate(cut);
        read_and_write(&bytes);
    }
}
