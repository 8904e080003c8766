//! The JSON tree against tables of texts and against `serde_json`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use hygea_fhir_model::ErrorKind;
use hygea_fhir_model::json::{Document, Kind, Node, Options, Value};
use proptest::prelude::*;

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let table: &[(&str, ErrorKind, &str, usize)] = &[
        ("", ErrorKind::Syntax, "", 0),
        ("  ", ErrorKind::Syntax, "", 2),
        ("{", ErrorKind::Syntax, "", 1),
        ("[1,]", ErrorKind::Syntax, "[1]", 3),
        ("[1 2]", ErrorKind::Syntax, "[0]", 3),
        ("[01]", ErrorKind::Syntax, "[0]", 2),
        ("[1.]", ErrorKind::Syntax, "[0]", 3),
        ("[-]", ErrorKind::Syntax, "[0]", 2),
        ("[1e]", ErrorKind::Syntax, "[0]", 3),
        ("{\"a\":tru}", ErrorKind::Syntax, "a", 5),
        ("{\"a\" 1}", ErrorKind::Syntax, "a", 5),
        ("{a:1}", ErrorKind::Syntax, "", 1),
        ("{\"a\":1,}", ErrorKind::Syntax, "a", 7),
        ("{\"a\":[{\"b\":1},{\"c\":}]}", ErrorKind::Syntax, "a[1].c", 19),
        ("\"a\nb\"", ErrorKind::Syntax, "", 2),
        ("\"\\x\"", ErrorKind::Syntax, "", 1),
        ("\"\\u12g4\"", ErrorKind::Syntax, "", 1),
        ("\"\\ud800\"", ErrorKind::Encoding, "", 1),
        ("\"abc", ErrorKind::Syntax, "", 4),
        ("{} {}", ErrorKind::Syntax, "", 3),
        ("{\"a\":1,\"b\":{\"c\":2,\"c\":3}}", ErrorKind::DuplicateKey, "b.c", 18),
        ("{\"a\":1,\"\\u0061\":2}", ErrorKind::DuplicateKey, "a", 7),
    ];
    for (text, kind, path, offset) in table {
        let error = Document::parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.path()), (*kind, *path), "{text:?}: {error}");
        assert_eq!(error.position().unwrap().offset, *offset, "{text:?}: {error}");
    }
}

#[test]
fn limits_hold() {
    let deep = format!("{}1{}", "[".repeat(129), "]".repeat(129));
    assert_eq!(Document::parse(deep.as_bytes()).unwrap_err().kind(), ErrorKind::TooDeep);
    let small = Options { max_bytes: 3, ..Options::default() };
    assert_eq!(Document::parse_with(b"[12]", &small).unwrap_err().kind(), ErrorKind::TooLarge);
    let few = Options { max_values: 2, ..Options::default() };
    assert_eq!(Document::parse_with(b"[1,2]", &few).unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(Document::parse(b"\"\xff\"").unwrap_err().kind(), ErrorKind::Encoding);
}

#[test]
fn duplicates_can_be_kept_and_are_listed() {
    let options = Options { keep_duplicates: true, ..Options::default() };
    let document = Document::parse_with(br#"{"a":1,"b":{"x":1},"a":2,"a":3}"#, &options).unwrap();
    assert_eq!(document.root().get("a").and_then(Node::as_i64), Some(1));
    assert_eq!(document.duplicates().map(|place| place.offset).collect::<Vec<_>>(), [19, 25]);
    let names: String = (0..40).map(|index| format!("\"n{index}\":0,")).collect();
    let error = Document::parse(format!("{{{names}\"n7\":1}}").as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::DuplicateKey, "n7"));
}

#[test]
fn order_number_text_and_raw_text_are_kept() {
    let text = r#" {"z":1.50,"a":[1e3,-0.0,{"k":"\u00e9\n\ud83d\ude00"}],"m":null} "#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let names: Vec<_> = document.root().members().map(|(name, _)| name).collect();
    assert_eq!(names, ["z", "a", "m"]);
    let items: Vec<_> = document.root().get("a").unwrap().items().map(Node::raw).collect();
    assert_eq!(items, ["1e3", "-0.0", r#"{"k":"\u00e9\n\ud83d\ude00"}"#]);
    assert_eq!(document.root().get("a").unwrap().at(2).unwrap().get("k").unwrap().as_str(), Some("é\n😀"));
    assert_eq!(document.root().get("z").unwrap().as_number(), Some("1.50"));
    assert_eq!(document.root().to_value().to_json(), r#"{"z":1.50,"a":[1e3,-0.0,{"k":"é\n😀"}],"m":null}"#);
}

/// The independent truth: what `serde_json` makes of the same text.
fn same(node: Node<'_>, peer: &serde_json::Value) -> bool {
    match peer {
        serde_json::Value::Null => node.is_null(),
        serde_json::Value::Bool(value) => node.as_bool() == Some(*value),
        serde_json::Value::Number(value) => {
            node.as_number().and_then(|text| text.parse::<f64>().ok()) == value.as_f64()
        }
        serde_json::Value::String(text) => node.as_str() == Some(text),
        serde_json::Value::Array(items) => {
            node.kind() == Kind::Array
                && node.len() == items.len()
                && node.items().zip(items).all(|(node, item)| same(node, item))
        }
        serde_json::Value::Object(members) => {
            node.is_object()
                && members.iter().all(|(name, value)| node.get(name).is_some_and(|node| same(node, value)))
        }
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        "[-]?(0|[1-9][0-9]{0,5})\\.[0-9]{1,6}".prop_map(|text| Value::Number(text.into())),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            proptest::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(value in json()) {
        let text = value.to_json();
        let document = Document::parse(text.as_bytes()).unwrap();
        prop_assert!(document.root().to_value() == value);
        let peer: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert!(same(document.root(), &peer));
    }

    #[test]
    fn random_and_mutated_bytes_do_no_harm(value in json(), at in any::<prop::sample::Index>(), byte in any::<u8>(), noise in any::<Vec<u8>>()) {
        let mut text = value.to_json().into_bytes();
        let place = at.index(text.len());
        text[place] = byte;
        for bytes in [&text[..], &text[..place], &noise[..]] {
            let ours = Document::parse(bytes);
            let peer = serde_json::from_slice::<serde_json::Value>(bytes);
            match (ours, peer) {
                (Ok(document), Ok(peer)) => prop_assert!(same(document.root(), &peer)),
                (Err(_), Err(_)) => {}
                // The peer lets duplicate names pass and refuses numbers beyond a double.
                (Err(error), Ok(_)) => prop_assert_eq!(error.kind(), ErrorKind::DuplicateKey),
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{}", error),
            }
        }
    }
}
