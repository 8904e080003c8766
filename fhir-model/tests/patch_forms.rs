//! JSON Patch, merge patch and XML Patch: the suites of the reference data, the examples of the RFCs, and patches
//! that nobody writes in good faith.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::Error;
use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::patch::{self, Options};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn suite(name: &str) -> Option<String> {
    let data = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(data.join("fhir/patch").join(name)).ok();
    if text.is_none() {
        println!("left out: {name} is not in the reference data");
    }
    text
}

fn json_patch(target: &str, patch: &str, options: &Options) -> Result<String, Error> {
    let (target, patch) = (Document::parse(target.as_bytes())?, Document::parse(patch.as_bytes())?);
    Ok(patch::json_patch(target.root(), patch.root(), options)?.to_json())
}

fn merge_patch(target: &str, patch: &str, options: &Options) -> Result<String, Error> {
    let (target, patch) = (Document::parse(target.as_bytes())?, Document::parse(patch.as_bytes())?);
    Ok(patch::merge_patch(target.root(), patch.root(), options)?.to_json())
}

#[test]
fn json_patch_suite() {
    let Some(text) = suite("json-patch-tests.json") else { return };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut passed = 0;
    for case in &cases {
        let found = json_patch(&case["doc"].to_string(), &case["patch"].to_string(), &Options::default());
        let good = match (&found, case.get("expected")) {
            (Ok(found), Some(wanted)) => serde_json::from_str::<Value>(found).unwrap() == *wanted,
            (Err(_), None) => case.get("error").is_some(),
            _ => false,
        };
        if good {
            passed += 1;
        } else {
            println!("{}: {:?}", case["comment"], found.map_err(|error| error.to_string()));
        }
    }
    println!("JSON Patch: {passed} of {} cases", cases.len());
    assert_eq!((passed, cases.len()), (16, 16));
}

/// A document without the white space that only lays it out.
fn shape(node: roxmltree::Node<'_, '_>, out: &mut String) {
    use std::fmt::Write as _;
    if node.is_element() {
        let mut attributes: Vec<_> = node.attributes().map(|a| format!("{a:?}")).collect();
        attributes.sort();
        write!(out, "<{:?} {attributes:?}>", node.tag_name()).unwrap();
        node.children().for_each(|child| shape(child, out));
        out.push_str("</>");
    } else if node.is_comment() {
        write!(out, "<!--{}-->", node.text().unwrap_or_default().trim()).unwrap();
    } else if node.is_text() {
        out.push_str(node.text().unwrap_or_default().trim());
    } else {
        node.children().for_each(|child| shape(child, out));
    }
}

#[test]
fn xml_patch_suite() {
    let Some(text) = suite("xml-patch-tests.xml") else { return };
    let document = roxmltree::Document::parse(&text).unwrap();
    let (mut passed, mut count) = (0, 0);
    for case in document.root_element().children().filter(|node| node.has_tag_name("case")) {
        count += 1;
        let part = |name: &str| case.children().find(|node| node.tag_name().name() == name);
        let inside = |name: &str| part(name).and_then(|node| node.first_element_child());
        let target = inside("target").map_or("", |node| &text[node.range()]);
        let found = patch::xml_patch(target, &text[part("patch").unwrap().range()], &Options::default());
        let good = match (&found, inside("patched")) {
            (Ok(found), Some(wanted)) => {
                let (mut left, mut right) = (String::new(), String::new());
                shape(roxmltree::Document::parse(found).unwrap().root_element(), &mut left);
                shape(wanted, &mut right);
                left == right
            }
            (Err(_), None) => part("error").is_some(),
            _ => false,
        };
        if good {
            passed += 1;
        } else {
            println!("{:?}: {:?}", case.attribute("name"), found.map_err(|error| error.to_string()));
        }
    }
    println!("XML Patch: {passed} of {count} cases");
    assert_eq!((passed, count), (XML_CASES, XML_CASES));
}

/// Four more stand in the file as comments; they are in the table below.
const XML_CASES: usize = 29;

#[test]
fn operations_of_json_patch() {
    let table: &[(&str, &str, Result<&str, (ErrorKind, &str)>)] = &[
        // Order, digits and escapes stay.
        (r#"{"b":1.50,"a":"\u00e9"}"#, "[]", Ok(r#"{"b":1.50,"a":"\u00e9"}"#)),
        (
            r#"{"b":1,"a":[ 2 , 3]}"#,
            r#"[{"op":"add","path":"/a/1","value":9.0}]"#,
            Ok(r#"{"b":1,"a":[2,9.0,3]}"#),
        ),
        (
            r#"{"b":1,"a":2}"#,
            r#"[{"op":"replace","path":"/b","value":{"c":1e2}}]"#,
            Ok(r#"{"b":{"c":1e2},"a":2}"#),
        ),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/b","value":2}]"#, Ok(r#"{"b":2}"#)),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"","value":[]}]"#, Ok("[]")),
        (r#"{"b":1}"#, r#"[{"op":"replace","path":"","value":null}]"#, Ok("null")),
        (r#"{"b":1}"#, r#"[{"op":"test","path":"","value":{"b":1.0}}]"#, Ok(r#"{"b":1}"#)),
        (r#"{"b":[1,2]}"#, r#"[{"op":"copy","from":"/b","path":"/b/-"}]"#, Ok(r#"{"b":[1,2,[1,2]]}"#)),
        (r#"{"b":[1,2]}"#, r#"[{"op":"move","from":"/b/0","path":"/b/-"}]"#, Ok(r#"{"b":[2,1]}"#)),
        (r#"{"b":[1,2]}"#, r#"[{"op":"move","from":"/b/0","path":"/b/0"}]"#, Ok(r#"{"b":[1,2]}"#)),
        (r#"{"":1}"#, r#"[{"op":"replace","path":"/","value":2}]"#, Ok(r#"{"":2}"#)),
        (r#"{"a/b~c":1}"#, r#"[{"op":"remove","path":"/a~1b~0c"}]"#, Ok("{}")),
        (r#"{"0":[1]}"#, r#"[{"op":"add","path":"/0/0","value":0}]"#, Ok(r#"{"0":[0,1]}"#)),
        // Equality.
        (r#"[100]"#, r#"[{"op":"test","path":"/0","value":1.00e2}]"#, Ok("[100]")),
        (r#"["é"]"#, r#"[{"op":"test","path":"/0","value":"\u00e9"}]"#, Ok(r#"["é"]"#)),
        (r#"{"a":1,"b":2}"#, r#"[{"op":"test","path":"","value":{"b":2,"a":1}}]"#, Ok(r#"{"a":1,"b":2}"#)),
        (r#"[1]"#, r#"[{"op":"test","path":"/0","value":"1"}]"#, Err((TestFailed, "[0]"))),
        (r#"[null]"#, r#"[{"op":"test","path":"/0","value":false}]"#, Err((TestFailed, "[0]"))),
        (r#"{"a":1}"#, r#"[{"op":"test","path":"","value":{"a":1,"b":2}}]"#, Err((TestFailed, ""))),
        // Paths that lead nowhere.
        (r#"{"a":1}"#, r#"[{"op":"remove","path":"/b"}]"#, Err((MissingElement, "b"))),
        (r#"{"a":1}"#, r#"[{"op":"replace","path":"/b","value":1}]"#, Err((MissingElement, "b"))),
        (r#"{"a":1}"#, r#"[{"op":"add","path":"/a/b","value":1}]"#, Err((WrongType, "a.b"))),
        (r#"{"a":[]}"#, r#"[{"op":"add","path":"/a/1","value":1}]"#, Err((MissingElement, "a[1]"))),
        (r#"{"a":[]}"#, r#"[{"op":"remove","path":"/a/-"}]"#, Err((WrongType, "a.-"))),
        (r#"{"a":[0]}"#, r#"[{"op":"remove","path":"/a/00"}]"#, Err((WrongType, "a.00"))),
        (
            r#"{"a":[0]}"#,
            r#"[{"op":"remove","path":"/a/18446744073709551616"}]"#,
            Err((MissingElement, "a[18446744073709551616]")),
        ),
        (
            r#"{"a":[0]}"#,
            r#"[{"op":"add","path":"/a/18446744073709551615","value":1}]"#,
            Err((MissingElement, "a[18446744073709551615]")),
        ),
        (r#"{"a":1}"#, r#"[{"op":"remove","path":""}]"#, Err((Empty, ""))),
        (r#"{"a":{"b":1}}"#, r#"[{"op":"move","from":"/a","path":"/a/b"}]"#, Err((WrongType, "a.b"))),
        // Patches that are none.
        ("{}", "{}", Err((WrongType, ""))),
        ("{}", "[1]", Err((WrongType, ""))),
        ("{}", r#"[{"op":"add","path":"/a"}]"#, Err((MissingElement, "a"))),
        ("{}", r#"[{"op":"add","value":1}]"#, Err((MissingElement, ""))),
        ("{}", r#"[{"op":"ADD","path":"/a","value":1}]"#, Err((Syntax, "a"))),
        ("{}", r#"[{"path":"/a","value":1}]"#, Err((Syntax, "a"))),
        ("{}", r#"[{"op":"add","path":"a","value":1}]"#, Err((Syntax, ""))),
        ("{}", r#"[{"op":"add","path":"/~2","value":1}]"#, Err((Syntax, ""))),
        ("{}", r#"[{"op":"add","path":1,"value":1}]"#, Err((WrongType, ""))),
        ("{}", r#"[{"op":"move","path":"/a"}]"#, Err((MissingElement, "a"))),
    ];
    for (target, patch, wanted) in table {
        let found = json_patch(target, patch, &Options::default());
        let found = found.as_deref().map_err(|error| (error.kind(), error.path()));
        assert_eq!(found, *wanted, "{target} {patch}");
    }
    let late = r#"[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b/c"}]"#;
    let error = json_patch("{}", late, &Options::default()).unwrap_err();
    assert_eq!(error.detail(), "operation 1 (remove): there is no value at the path");
}

#[test]
fn examples_of_the_merge_patch_rfc() {
    let table = [
        (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
        (json!({"a":"b"}), json!({"a":null}), json!({})),
        (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
        (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
        (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
        (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a":"b"}), json!(["c"]), json!(["c"])),
        (json!({"a":"foo"}), json!(null), json!(null)),
        (json!({"a":"foo"}), json!("bar"), json!("bar")),
        (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
        (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
        (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
    ];
    for (target, patch, wanted) in table {
        let found = merge_patch(&target.to_string(), &patch.to_string(), &Options::default()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), wanted, "{target} {patch}");
    }
    // The RFC's section 3.
    let target = r#"{"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},"tags":["example","sample"],"content":"x"}"#;
    let patch = r#"{"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},"tags":["example"]}"#;
    assert_eq!(
        merge_patch(target, patch, &Options::default()).unwrap(),
        r#"{"title":"Hello!","author":{"givenName":"John"},"tags":["example"],"content":"x","phoneNumber":"+01-123-456-7890"}"#
    );
}

#[test]
fn options_guard_and_tidy() {
    let options = Options { protected: &["resourceType", "id"], drop_empty: true, ..Options::default() };
    let patient = r#"{"resourceType":"Patient","id":"1","name":[{"given":["A"]}],"extension":[]}"#;
    let table: &[(&str, Result<&str, &str>)] = &[
        (r#"[{"op":"replace","path":"/id","value":"1"}]"#, Ok(patient)),
        (r#"[{"op":"remove","path":"/id"}]"#, Err("id")),
        (r#"[{"op":"replace","path":"/resourceType","value":"Person"}]"#, Err("resourceType")),
        (r#"[{"op":"replace","path":"","value":{"id":"1"}}]"#, Err("resourceType")),
        // What the patch left empty goes, what was empty before stays.
        (
            r#"[{"op":"remove","path":"/name/0/given/0"}]"#,
            Ok(r#"{"resourceType":"Patient","id":"1","extension":[]}"#),
        ),
    ];
    for (patch, wanted) in table {
        let found = json_patch(patient, patch, &options);
        assert_eq!(found.as_deref().map_err(Error::path), *wanted, "{patch}");
    }
    assert_eq!(merge_patch(patient, r#"{"id":"2"}"#, &options).unwrap_err().kind(), Protected);
    assert_eq!(
        merge_patch(patient, r#"{"name":null}"#, &options).unwrap(),
        r#"{"resourceType":"Patient","id":"1","extension":[]}"#
    );
    let xml = r#"<Patient xmlns="http://hl7.org/fhir"><id value="1"/><active value="true"/></Patient>"#;
    for (operation, wanted) in [
        (r#"<replace sel="Patient/id/@value">2</replace>"#, Some("id")),
        (r#"<replace sel="Patient"><Person><id value="1"/></Person></replace>"#, Some("resourceType")),
        (r#"<remove sel="Patient/active"/>"#, None),
    ] {
        let patch = format!(r#"<diff xmlns="http://hl7.org/fhir">{operation}</diff>"#);
        let found = patch::xml_patch(xml, &patch, &options);
        assert_eq!(found.as_ref().err().map(Error::path), wanted, "{operation}");
    }
}

#[test]
fn operations_of_xml_patch() {
    // Document, operations, outcome. `p` is bound to urn:p in the patch, the default namespace is none.
    let table: &[(&str, &str, Result<&str, ErrorKind>)] = &[
        // The examples of the RFC that deal with namespaces, comments, instructions and white space.
        (
            "<doc><a/></doc>",
            r#"<add sel="doc" type="namespace::pref">urn:ns:xxx</add>"#,
            Ok(r#"<doc xmlns:pref="urn:ns:xxx"><a/></doc>"#),
        ),
        (
            r#"<doc xmlns:pref="urn:test"/>"#,
            r#"<replace sel="doc/namespace::pref">urn:new:xxx</replace>"#,
            Ok(r#"<doc xmlns:pref="urn:new:xxx"/>"#),
        ),
        (
            r#"<doc><foo xmlns:pref="urn:test">x</foo></doc>"#,
            r#"<remove sel="doc/foo/namespace::pref"/>"#,
            Ok("<doc><foo>x</foo></doc>"),
        ),
        (
            r#"<doc><foo xmlns:pref="urn:test"><pref:a/></foo></doc>"#,
            r#"<remove sel="doc/foo/namespace::pref"/>"#,
            Err(WrongType),
        ),
        (
            r#"<doc><?test foo="bar"?></doc>"#,
            r#"<replace sel='doc/processing-instruction("test")'><?test bar="foobar"?></replace>"#,
            Ok(r#"<doc><?test bar="foobar"?></doc>"#),
        ),
        ("<doc><?test?></doc>", r#"<remove sel='doc/processing-instruction("test")'/>"#, Ok("<doc/>")),
        (
            "<doc><?test?></doc>",
            r#"<remove sel='doc/processing-instruction("other")'/>"#,
            Err(MissingElement),
        ),
        ("<doc> <foo/> <bar/></doc>", r#"<remove sel="doc/foo" ws="after"/>"#, Ok("<doc> <bar/></doc>")),
        ("<doc> <foo/> <bar/></doc>", r#"<remove sel="doc/foo" ws="both"/>"#, Ok("<doc><bar/></doc>")),
        ("<doc><foo/> <bar/></doc>", r#"<remove sel="doc/foo" ws="before"/>"#, Err(WrongType)),
        (
            "<doc><foo/><bar/></doc>",
            r#"<add sel="doc" pos="prepend"><x/></add>"#,
            Ok("<doc><x/><foo/><bar/></doc>"),
        ),
        (
            "<doc><foo/><bar/></doc>",
            r#"<add sel="doc/bar" pos="before"><x/>t</add>"#,
            Ok("<doc><foo/><x/>t<bar/></doc>"),
        ),
        (
            "<doc><foo/><bar/></doc>",
            r#"<add sel="doc/*[1]" pos="after"><x/></add>"#,
            Ok("<doc><foo/><x/><bar/></doc>"),
        ),
        (
            "<doc><foo/></doc>",
            r#"<add sel="doc" pos="after"><!--end--></add>"#,
            Ok("<doc><foo/></doc><!--end-->"),
        ),
        ("<doc><foo/></doc>", r#"<add sel="doc" pos="after"><x/></add>"#, Err(WrongType)),
        ("<doc><foo/></doc>", r#"<add sel="doc" pos="inside"><x/></add>"#, Err(Syntax)),
        // Namespaces follow what they are put into.
        (
            "<doc/>",
            r#"<add sel="doc"><p:x p:a="1"/></add>"#,
            Ok(r#"<doc><p:x xmlns:p="urn:p" p:a="1"/></doc>"#),
        ),
        (
            r#"<doc xmlns:p="urn:p"/>"#,
            r#"<add sel="doc"><p:x/></add>"#,
            Ok(r#"<doc xmlns:p="urn:p"><p:x/></doc>"#),
        ),
        (
            r#"<q:doc xmlns:q="urn:p"/>"#,
            r#"<add sel="p:doc"><x/></add>"#,
            Ok(r#"<q:doc xmlns:q="urn:p"><x/></q:doc>"#),
        ),
        (
            r#"<doc xmlns="urn:p"/>"#,
            r#"<add sel="p:doc"><x/></add>"#,
            Ok(r#"<doc xmlns="urn:p"><x xmlns=""/></doc>"#),
        ),
        ("<doc/>", r#"<add sel="doc" type="@p:a">1</add>"#, Ok(r#"<doc xmlns:p="urn:p" p:a="1"/>"#)),
        (r#"<doc xmlns:p="urn:q"/>"#, r#"<add sel="doc" type="@p:a">1</add>"#, Err(WrongType)),
        (r#"<doc a="1"/>"#, r#"<add sel="doc" type="@a">2</add>"#, Err(DuplicateKey)),
        ("<doc/>", r#"<add sel="z:doc"><x/></add>"#, Err(Syntax)),
        // What is not touched is written as it was read.
        (
            "<?xml version='1.0'?><!--c-->\n<doc b='&#65;\"' a=\"&lt;\">t &amp; <![CDATA[<u>]]></doc>",
            r#"<add sel="doc"><x/></add>"#,
            Ok(
                "<?xml version='1.0'?><!--c-->\n<doc b=\"&#65;&quot;\" a=\"&lt;\">t &amp; <![CDATA[<u>]]><x/></doc>",
            ),
        ),
        (
            "<doc/>",
            r#"<add sel="doc" type="@a"><![CDATA["<]]>&amp;</add>"#,
            Ok(r#"<doc a="&quot;&lt;&amp;"/>"#),
        ),
        // Predicates.
        (
            r#"<d><n><u v="a"/></n><n><u v="b"/><g v="1"/></n></d>"#,
            r#"<replace sel="d/n[u/@v='b']/g/@v">2</replace>"#,
            Ok(r#"<d><n><u v="a"/></n><n><u v="b"/><g v="2"/></n></d>"#),
        ),
        ("<d><n>x</n><n>y</n></d>", r#"<remove sel="d/n[.='y']"/>"#, Ok("<d><n>x</n></d>")),
        ("<d><n>x</n><n>y</n></d>", r#"<remove sel="d/n[last()]"/>"#, Ok("<d><n>x</n></d>")),
        ("<d><n>x</n><n>y</n></d>", r#"<remove sel="/d/n[1]/text()"/>"#, Ok("<d><n/><n>y</n></d>")),
        ("<d><n>x</n><n>y</n></d>", r#"<remove sel="d/n"/>"#, Err(TooMany)),
        ("<d><n>x</n></d>", r#"<remove sel="d"/>"#, Err(Empty)),
        ("<d><n>x</n></d>", r#"<remove sel="d/n[0]"/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<remove sel="d/n[99999999999999999999]"/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<remove sel="d//n"/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<remove sel="d/n[position() &lt; 2]"/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<remove sel=""/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<remove/>"#, Err(MissingElement)),
        ("<d><n>x</n></d>", r#"<move sel="d/n"/>"#, Err(Syntax)),
        ("<d><n>x</n></d>", r#"<replace sel="d/n"><a/><b/></replace>"#, Err(WrongType)),
        // Documents that are none.
        ("<d><n></d>", r#"<remove sel="d"/>"#, Err(Syntax)),
        ("<d/><d/>", r#"<remove sel="d"/>"#, Err(Syntax)),
        ("text", r#"<remove sel="d"/>"#, Err(Syntax)),
        ("<d a='1' a='2'/>", r#"<remove sel="d"/>"#, Err(Syntax)),
        ("<!DOCTYPE d [<!ENTITY e 'x'>]><d>&e;</d>", r#"<remove sel="d"/>"#, Err(Syntax)),
        ("<d>&e;</d>", r#"<add sel="d"><x/></add>"#, Err(Syntax)),
    ];
    for (target, operation, wanted) in table {
        let patch = format!(r#"<diff xmlns:p="urn:p">{operation}</diff>"#);
        let found = patch::xml_patch(target, &patch, &Options::default());
        let found = found.as_deref().map_err(Error::kind);
        assert_eq!(found, *wanted, "{target} {operation}");
    }
    let patch = r#"<diff><remove sel="d/n[@v='Chalmers']"/></diff>"#;
    let error = patch::xml_patch("<d/>", patch, &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "operation 0 (remove): the path selects nothing, at d/n[@v='…']");
}

/// Each ends with an error of the kind, soon.
#[test]
fn patches_that_nobody_writes_in_good_faith() {
    let doubling = |times: usize, from: &str, path: &str| {
        let operation = format!(r#"{{"op":"copy","from":"{from}","path":"{path}"}}"#);
        format!("[{}]", vec![operation; times].join(","))
    };
    let small = Options { max_bytes: 1 << 20, ..Options::default() };
    let wide = format!(r#"{{"a":[{}]}}"#, vec!["0"; 300_000].join(","));
    let shifting = vec![r#"{"op":"move","from":"/a/0","path":"/a/-"}"#; 9_000].join(",");
    let table: &[(&str, String, String, &Options, ErrorKind)] = &[
        ("a copy that doubles", r#"{"a":["x"]}"#.into(), doubling(64, "/a", "/a/-"), &small, TooLarge),
        ("a copy that deepens", r#"{"a":{}}"#.into(), doubling(130, "", "/b"), &small, TooDeep),
        (
            "arrays one in the other",
            "[]".into(),
            {
                let paths = (1..200)
                    .map(|depth| format!(r#"{{"op":"add","path":"{}","value":[]}}"#, "/0".repeat(depth)));
                format!("[{}]", paths.collect::<Vec<_>>().join(","))
            },
            &small,
            TooDeep,
        ),
        (
            "a long pointer",
            "{}".into(),
            format!(r#"[{{"op":"remove","path":"{}"}}]"#, "/a".repeat(500_000)),
            &small,
            MissingElement,
        ),
        (
            "a pointer of tildes",
            "{}".into(),
            format!(r#"[{{"op":"remove","path":"/{}"}}]"#, "~0".repeat(500_000)),
            &small,
            MissingElement,
        ),
        (
            "many operations",
            "{}".into(),
            format!("[{}]", vec![r#"{"op":"test","path":"","value":{}}"#; 10_001].join(",")),
            &small,
            TooLarge,
        ),
        (
            "a large value",
            "{}".into(),
            format!(r#"[{{"op":"add","path":"/a","value":"{}"}}]"#, "x".repeat(2 << 20)),
            &small,
            TooLarge,
        ),
        ("much shifting", wide, format!("[{shifting}]"), &Options::default(), TooLarge),
    ];
    for (name, target, patch, options, wanted) in table {
        let start = Instant::now();
        let error = json_patch(target, patch, options).unwrap_err();
        assert_eq!(error.kind(), *wanted, "{name}: {error}");
        assert!(error.to_string().len() < 600, "{name}: the error is long");
        assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(120), "}".repeat(120));
    let shallow = Options { max_depth: 100, ..Options::default() };
    assert_eq!(merge_patch("{}", &deep, &shallow).unwrap_err().kind(), TooDeep);
    let patch = |operation: &str| format!("<diff>{operation}</diff>");
    let nested = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let brackets = format!(r#"<remove sel="d{}"/>"#, "[a".repeat(100_000));
    let steps = format!(r#"<remove sel="d{}"/>"#, "/a".repeat(100_000));
    for (target, operation, wanted) in [
        (nested.as_str(), r#"<remove sel="a"/>"#, TooDeep),
        ("<d/>", &format!(r#"<add sel="d">{nested}</add>"#), TooDeep),
        ("<d/>", &brackets, Syntax),
        ("<d/>", &steps, MissingElement),
    ] {
        let error = patch::xml_patch(target, &patch(operation), &Options::default()).unwrap_err();
        assert_eq!(error.kind(), wanted, "{error}");
        assert!(error.to_string().len() < 600);
    }
}

/// JSON of a few names, so that patches meet.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4_i32).prop_map(Value::from),
        "[a-c/~]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c/~]{0,1}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let path = || "(/([a-c0-2-]|~0|~1)?){0,3}";
    let op = prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (op, path(), path(), tree())
        .prop_map(|(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}))
}

/// The JSON Patch that makes `new` of `old`.
fn difference(old: &Value, new: &Value, path: &str, out: &mut Vec<Value>) {
    let inside = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                match new.get(name) {
                    Some(new) => difference(value, new, &inside(name), out),
                    None => out.push(json!({"op": "remove", "path": inside(name)})),
                }
            }
            for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                out.push(json!({"op": "add", "path": inside(name), "value": value}));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                difference(old, new, &inside(&at.to_string()), out);
            }
            for at in (new.len()..old.len()).rev() {
                out.push(json!({"op": "remove", "path": inside(&at.to_string())}));
            }
            for value in new.iter().skip(old.len()) {
                out.push(json!({"op": "add", "path": inside("-"), "value": value}));
            }
        }
        _ if old == new => out.push(json!({"op": "test", "path": path, "value": old})),
        _ => out.push(json!({"op": "replace", "path": path, "value": new})),
    }
}

/// The merge of the RFC, as its section 2 has it.
fn merged(target: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut result = target.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        if value.is_null() {
            result.remove(name);
        } else {
            let old = result.get(name).cloned().unwrap_or_default();
            result.insert(name.clone(), merged(&old, value));
        }
    }
    Value::Object(result)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_difference_leads_from_one_tree_to_the_other(old in tree(), new in tree()) {
        let mut patch = Vec::new();
        difference(&old, &new, "", &mut patch);
        let found = json_patch(&old.to_string(), &Value::from(patch).to_string(), &Options::default()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), new);
    }

    #[test]
    fn random_operations_do_all_or_nothing(target in tree(), patch in prop::collection::vec(operation(), 0..6)) {
        let small = Options { max_bytes: 4_000, max_depth: 12, ..Options::default() };
        let text = target.to_string();
        if let Ok(found) = json_patch(&text, &Value::from(patch).to_string(), &small) {
            Document::parse(found.as_bytes()).unwrap();
            prop_assert!(found.len() <= 5_000);
        }
    }

    #[test]
    fn merge_patches_are_what_the_rfc_says(target in tree(), patch in tree()) {
        let found = merge_patch(&target.to_string(), &patch.to_string(), &Options::default()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), merged(&target, &patch));
        if target.is_object() {
            prop_assert_eq!(merge_patch(&target.to_string(), "{}", &Options::default()).unwrap(), target.to_string());
        }
    }

    #[test]
    fn random_xml_patches_keep_the_document_well_formed(
        target in "(<a>|<b x='1'>|</a>|</b>|<c/>|t|<!--n-->){0,8}",
        sel in "r(/(a|b|\\*)(\\[(1|last\\(\\)|@x='1'|c|\\.='t')\\])?){0,2}(/@x|/text\\(\\)|/comment\\(\\))?",
        operation in "(add|replace|remove)", content in "(<n y='2'/>|t|<!--o-->| ){0,3}",
    ) {
        let patch = format!("<d><{operation} sel=\"{sel}\">{content}</{operation}></d>");
        if let Ok(found) = patch::xml_patch(&format!("<r>{target}</r>"), &patch, &Options::default()) {
            roxmltree::Document::parse(&found).unwrap();
        }
    }
}
