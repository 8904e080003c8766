//! JSONPath in the dialect of Json.NET: a table of what each expression selects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::json::Document;
use hygea_iomt_mapper::{ErrorKind, Expression, Language, Limits, Mode};
use proptest::prelude::*;

/// What an expression selects, as JSON texts with ` ; ` between, or the name of the error.
fn select(path: &str, document: &str, mode: Mode) -> String {
    let document = Document::parse(document.as_bytes()).unwrap();
    let found = Expression::compile(path, Language::JsonPath)
        .and_then(|expression| expression.evaluate(document.root(), mode));
    match found {
        Ok(found) => found.iter().map(|found| found.value.to_json()).collect::<Vec<_>>().join(" ; "),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn check(document: &str, rows: &[(&str, &str)]) -> usize {
    for (path, expected) in rows {
        assert_eq!(select(path, document, Mode::Compat), *expected, "{path} on {document}");
    }
    rows.len()
}

const EVENT: &str = r#"{"Body":{"heartRate":"78","hr":61,"zero":0,"no":null,"off":false,"list":[1,2,3],
    "deep":{"hr":62,"list":[{"hr":63},{"x":1}]}},
    "Properties":{"iothub-creation-time-utc":"2019-02-01T22:46:01Z","a b":5,"$odd":6,"*":7},"SystemProperties":{}}"#;

#[test]
fn names_and_roots() {
    let count = check(
        EVENT,
        &[
            ("$.Body.hr", "61"),
            ("Body.hr", "61"),
            ("  $.Body.hr", "61"),
            ("$.Body.hr ", "61"),
            ("$.Body.hr   ", "61"),
            ("$.Body.missing", ""),
            ("$.body.hr", ""),
            ("$.Body.hr.x", ""),
            ("$.Body.no", "null"),
            ("$['Body']['hr']", "61"),
            ("$.['Body'].['hr']", "61"),
            ("$[ 'Body' ].hr", "61"),
            // Only a point or a square bracket makes the sign the root.
            ("$('Body').hr", ""),
            ("$.Body('hr')", "61"),
            ("('Body').hr", "61"),
            ("['Body'].hr", "61"),
            ("$.Properties.iothub-creation-time-utc", "\"2019-02-01T22:46:01Z\""),
            ("$.Properties.['a b']", "5"),
            ("$.Properties['a b']", "5"),
            ("$.Properties.$odd", "6"),
            ("$.Properties['*']", "7"),
            ("$odd", ""),
            ("$.Body['hr','zero']", "61 ; 0"),
            ("$.Body['zero', 'hr', 'none']", "0 ; 61"),
            ("$.SystemProperties", "{}"),
            ("$.Body.list", "[1,2,3]"),
            ("$.Body.list.length", ""),
        ],
    );
    println!("{count} rows");
    assert!(count >= 25);
    assert_eq!(select("$", "{\"a\":1}", Mode::Compat), "{\"a\":1}");
    assert_eq!(select("", "{\"a\":1}", Mode::Compat), "{\"a\":1}");
    assert_eq!(select("$x", "{\"$x\":1}", Mode::Compat), "1");
    assert_eq!(select("\u{e9}t\u{e9}.a", "{\"\u{e9}t\u{e9}\":{\"a\":1}}", Mode::Compat), "1");
}

#[test]
fn indices_slices_and_unions() {
    let document = r#"{"l":["a","b","c","d","e"],"o":{"0":"x"},"n":[[1,2],[3]],"e":[]}"#;
    let count = check(
        document,
        &[
            ("$.l[0]", "\"a\""),
            ("$.l[4]", "\"e\""),
            ("$.l[5]", ""),
            ("$.l[ 1 ]", "\"b\""),
            ("$.l(1)", "\"b\""),
            ("l[1]", "\"b\""),
            ("$.l[-1]", "Evaluation"),
            ("$.o[-1]", ""),
            ("$.o[0]", ""),
            ("$.o['0']", "\"x\""),
            ("$.l[0,2]", "\"a\" ; \"c\""),
            ("$.l[2, 0 ,2]", "\"c\" ; \"a\" ; \"c\""),
            ("$.l[9,1]", "\"b\""),
            ("$.l[1:3]", "\"b\" ; \"c\""),
            ("$.l[:2]", "\"a\" ; \"b\""),
            ("$.l[3:]", "\"d\" ; \"e\""),
            ("$.l[:]", "\"a\" ; \"b\" ; \"c\" ; \"d\" ; \"e\""),
            ("$.l[::2]", "\"a\" ; \"c\" ; \"e\""),
            ("$.l[1::2]", "\"b\" ; \"d\""),
            ("$.l[-2:]", "\"d\" ; \"e\""),
            ("$.l[:-3]", "\"a\" ; \"b\""),
            ("$.l[-4:-2]", "\"b\" ; \"c\""),
            ("$.l[::-1]", "\"e\" ; \"d\" ; \"c\" ; \"b\" ; \"a\""),
            ("$.l[3:0:-1]", "\"d\" ; \"c\" ; \"b\""),
            ("$.l[9:2:-2]", "\"e\""),
            ("$.l[:-6:-2]", "\"e\" ; \"c\" ; \"a\""),
            ("$.l[0:99]", "\"a\" ; \"b\" ; \"c\" ; \"d\" ; \"e\""),
            ("$.l[3:1]", ""),
            ("$.l[::0]", "Evaluation"),
            ("$.o[::0]", "Evaluation"),
            ("$.o[1:2]", ""),
            ("$.e[*]", ""),
            ("$.e[0]", ""),
            ("$.e[::-1]", ""),
            ("$.n[*][0]", "1 ; 3"),
            ("$.n[*][*]", "1 ; 2 ; 3"),
            ("$.n[0:1][1]", "2"),
            ("$.l[ * ]", "\"a\" ; \"b\" ; \"c\" ; \"d\" ; \"e\""),
            ("$.o[*]", ""),
            ("$.o.*", "\"x\""),
            ("$.l.*", ""),
            ("$.*[0]", "\"a\" ; [1,2]"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 42);
}

#[test]
fn scans() {
    let document = r#"{"a":{"hr":1,"b":[{"hr":2},{"hr":{"hr":3}}]},"hr":4}"#;
    let count = check(
        document,
        &[
            ("$..hr", "1 ; 2 ; {\"hr\":3} ; 3 ; 4"),
            ("..hr", "1 ; 2 ; {\"hr\":3} ; 3 ; 4"),
            ("$.a..hr", "1 ; 2 ; {\"hr\":3} ; 3"),
            ("$..b..hr", "2 ; {\"hr\":3} ; 3"),
            ("$..b[0].hr", "2"),
            ("$..['hr']", "1 ; 2 ; {\"hr\":3} ; 3 ; 4"),
            ("$..['b','hr'].hr", "3"),
            ("$..nothing", ""),
            ("$..hr.hr", "3"),
            // Two points before an index are forgotten.
            ("$..[0]", ""),
            ("$..b.*", ""),
            ("$..b[*].hr", "2 ; {\"hr\":3}"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 12);
    assert_eq!(select("$..*", "[1,{\"a\":2}]", Mode::Compat), "[1,{\"a\":2}] ; 1 ; {\"a\":2} ; 2");
    assert_eq!(select("$..[0]", "[[1],2]", Mode::Compat), "[1]");
    assert_eq!(select("$..*", "5", Mode::Compat), "5");
}

#[test]
fn filters_exist() {
    let count = check(
        EVENT,
        &[
            // The root is tested as well: the idiom of every template for hubs.
            ("$..[?(@Body.hr)].Body.hr", "61"),
            ("$..[?(@.Body.hr)].Body.hr", "61"),
            ("$..[?(@hr)].hr", "61 ; 62 ; 63"),
            ("$..[?(@.hr)].hr", "61 ; 62 ; 63"),
            ("$..[?(@heartRate)].hr", "61"),
            ("$..[?(@['heartRate'])].hr", "61"),
            ("$..[?(@missing)]", ""),
            // What is there exists, whatever it is.
            ("$..[?(@zero)].hr", "61"),
            ("$..[?(@no)].hr", "61"),
            ("$..[?(@off)].hr", "61"),
            ("$.Body[?(@hr)]", ""),
            ("$.Body.deep.list[?(@hr)]", "{\"hr\":63}"),
            ("$.Body.deep.list[?(@x)]", "{\"x\":1}"),
            ("$.Body.deep.list[?(@)]", "{\"hr\":63} ; {\"x\":1}"),
            ("$.Body.list[?(@)]", "1 ; 2 ; 3"),
            ("$.Body.hr[?(@)]", ""),
            ("$..list[?(@hr)]", "{\"hr\":63}"),
            ("$..[?(@hr && @heartRate)].hr", "61"),
            ("$..[?(@hr && @missing)]", ""),
            ("$..[?(@x || @heartRate)].hr", "61"),
            ("$..[?( @hr&&@list )].hr", "61 ; 62"),
            ("$..[?(@hr||@x)].x", "1"),
            ("$..[?(@list[?(@.hr == 63)])].hr", "62"),
            ("$..[?(@..x)].hr", "61 ; 62"),
            ("$..[?(@.list[2])].hr", "61"),
            ("$.Body.deep.list[?(@.hr)].hr", "63"),
            ("$.Body.deep.list[?($.Body.zero)]", "{\"hr\":63} ; {\"x\":1}"),
            ("$.Body.deep.list[?($.Body.none)]", ""),
            ("$.Body.list[?(1)]", "1 ; 2 ; 3"),
            ("$.Body.list[?(false)]", "1 ; 2 ; 3"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 30);
}

#[test]
fn conditions_nest_to_the_right() {
    let document =
        r#"[{"a":1},{"b":1},{"c":1},{"a":1,"b":1},{"a":1,"c":1},{"b":1,"c":1},{"a":1,"b":1,"c":1}]"#;
    let count = check(
        document,
        &[
            // a && (b || c)
            ("$[?(@a && @b || @c)]", "{\"a\":1,\"b\":1} ; {\"a\":1,\"c\":1} ; {\"a\":1,\"b\":1,\"c\":1}"),
            // a || (b && c)
            (
                "$[?(@a || @b && @c)]",
                "{\"a\":1} ; {\"a\":1,\"b\":1} ; {\"a\":1,\"c\":1} ; {\"b\":1,\"c\":1} ; {\"a\":1,\"b\":1,\"c\":1}",
            ),
            ("$[?(@a && @b && @c)]", "{\"a\":1,\"b\":1,\"c\":1}"),
            ("$[?(@a || @b || @c)].c", "1 ; 1 ; 1 ; 1"),
            // c && (a || (b && a))
            ("$[?(@c && @a || @b && @a)]", "{\"a\":1,\"c\":1} ; {\"a\":1,\"b\":1,\"c\":1}"),
            // A bare literal exists, so it holds.
            (
                "$[?(@c && false)]",
                "{\"c\":1} ; {\"a\":1,\"c\":1} ; {\"b\":1,\"c\":1} ; {\"a\":1,\"b\":1,\"c\":1}",
            ),
        ],
    );
    println!("{count} rows");
    assert!(count >= 6);
}

#[test]
fn comparisons() {
    let items =
        r#"[{"v":1},{"v":1.0},{"v":"1"},{"v":true},{"v":null},{"v":"abc"},{"v":[1]},{"v":{}},{"w":1}]"#;
    let count = check(
        items,
        &[
            ("$[?(@.v == 1)]", "{\"v\":1} ; {\"v\":1.0}"),
            ("$[?(@.v === 1)]", "{\"v\":1} ; {\"v\":1.0}"),
            ("$[?(@.v == 1.0)]", "{\"v\":1} ; {\"v\":1.0}"),
            ("$[?(@.v == '1')]", "{\"v\":\"1\"}"),
            ("$[?(@.v == true)]", "{\"v\":true}"),
            ("$[?(@.v == null)]", "{\"v\":null}"),
            ("$[?(@.v == 'abc')]", "{\"v\":\"abc\"}"),
            ("$[?(@.v=='abc')]", "{\"v\":\"abc\"}"),
            ("$[?('abc' == @.v)]", "{\"v\":\"abc\"}"),
            ("$[?(@.v != 1)].v", "\"1\" ; true ; null ; \"abc\" ; [1] ; {}"),
            ("$[?(@.v <> 1)].v", "\"1\" ; true ; null ; \"abc\" ; [1] ; {}"),
            ("$[?(@.v !== 1)].v", "\"1\" ; true ; null ; \"abc\""),
            ("$[?(@.v == @.v)].v", "1 ; 1.0 ; \"1\" ; true ; null ; \"abc\""),
            ("$[?(@.v[0] == 1)].v", "[1]"),
            ("$[?(@.v[*] >= 1)].v", "[1]"),
            ("$[?(@.w)]", "{\"w\":1}"),
            ("$[?(@.v =~ /^A.C$/i)]", "{\"v\":\"abc\"}"),
            ("$[?(@.v =~ /^A.C$/)]", ""),
            ("$[?(@.v =~ /\\d/)]", "{\"v\":\"1\"}"),
            ("$[?(@.v =~ /b\\/c/)]", ""),
            ("$[?(@.v > 0)]", "Evaluation"),
        ],
    );
    let numbers = r#"[{"v":-3},{"v":0},{"v":2.5},{"v":7},{"v":"43"},{"v":null},{"v":9223372036854775807}]"#;
    let count = count
        + check(
            numbers,
            &[
                ("$[?(@.v > 2)].v", "2.5 ; 7 ; \"43\" ; 9223372036854775807"),
                ("$[?(@.v >= 7)].v", "7 ; \"43\" ; 9223372036854775807"),
                ("$[?(@.v < 0)].v", "-3 ; null"),
                ("$[?(@.v <= 0)].v", "-3 ; 0 ; null"),
                ("$[?(@.v < 2.6)].v", "-3 ; 0 ; 2.5 ; null"),
                ("$[?(@.v > -1)].v", "0 ; 2.5 ; 7 ; \"43\" ; 9223372036854775807"),
                ("$[?(@.v == 9223372036854775807)].v", "9223372036854775807"),
                ("$[?(5 < @.v)].v", "7 ; \"43\" ; 9223372036854775807"),
                ("$[?(@.v >= null)].v", "-3 ; 0 ; 2.5 ; 7 ; \"43\" ; null ; 9223372036854775807"),
                ("$[?(@.v > null)].v", "-3 ; 0 ; 2.5 ; 7 ; \"43\" ; 9223372036854775807"),
                ("$[?(@.v > 1e0)].v", "2.5 ; 7 ; \"43\" ; 9223372036854775807"),
            ],
        );
    let texts = r#"[{"v":"a"},{"v":"B"},{"v":"ab"},{"v":""}]"#;
    let count = count
        + check(
            texts,
            &[
                ("$[?(@.v > 'a')].v", "\"ab\""),
                ("$[?(@.v >= 'a')].v", "\"a\" ; \"ab\""),
                ("$[?(@.v < 'a')].v", "\"B\" ; \"\""),
                ("$[?(@.v == '')].v", "\"\""),
                ("$[?(@.v > 5)].v", "Evaluation"),
            ],
        );
    let flags = r#"[{"v":true},{"v":false},{"v":1},{"v":0},{"v":"true"}]"#;
    let count = count
        + check(
            flags,
            &[("$[?(@.v >= true)].v", "true ; 1 ; \"true\""), ("$[?(@.v < true)].v", "false ; 0")],
        );
    println!("{count} rows");
    assert!(count >= 39);
}

#[test]
fn dates_are_dates_in_compat() {
    let document = r#"[{"t":"2019-02-01T22:46:01.8750000Z"},{"t":"2019-02-01T22:46:01"},{"t":"2019-02-01"}]"#;
    for (path, compat, strict) in [
        // A date equals its shortest ISO text, not the text that the message has.
        ("$[?(@.t == '2019-02-01T22:46:01.875Z')]", 1, 0),
        ("$[?(@.t == '2019-02-01T22:46:01.8750000Z')]", 0, 1),
        ("$[?(@.t == '2019-02-01T22:46:01')]", 1, 1),
        ("$[?(@.t == '2019-02-01')]", 1, 1),
        ("$[?(@.t > '2019-02-01T22:46:01Z')]", 1, 0),
        ("$[?(@.t =~ /2019/)]", 1, 3),
    ] {
        let count = |mode| match select(path, document, mode) {
            text if text.is_empty() => 0,
            text => text.split(" ; ").count(),
        };
        assert_eq!(count(Mode::Compat), compat, "{path}");
        assert_eq!(count(Mode::Strict), strict, "{path}");
    }
}

#[test]
fn literals_and_escapes() {
    let document = r#"[{"v":"it's"},{"v":"a\\b"},{"v":"tab\t"},{"v":"q\""},{"v":"/"},{"it's":1}]"#;
    let count = check(
        document,
        &[
            ("$[?(@.v == 'it\\'s')].v", "\"it's\""),
            ("$[?(@.v == 'a\\\\b')].v", "\"a\\\\b\""),
            ("$[?(@.v == 'tab\\t')].v", "\"tab\\t\""),
            ("$[?(@.v == 'q\\\"')].v", "\"q\\\"\""),
            ("$[?(@.v == '\\/')].v", "\"/\""),
            ("$[5]['it\\'s']", "1"),
            ("$[?(@['it\\'s'])]", "{\"it's\":1}"),
            ("$[?(@.v == 'a\\u0062')].v", "ExpressionSyntax"),
        ],
    );
    assert!(count >= 8);
}

#[test]
fn what_is_no_path() {
    let rows = [
        "$.",
        "$..",
        "$.a.",
        "a.",
        "$[",
        "$.a[",
        "$[]",
        "$['a'",
        "$['a]",
        "$[a]",
        "$[1 2]",
        "$[1",
        "$[1,]",
        "$[,1]",
        "$[1:2:3:4]",
        "$[1:2,3]",
        "$[*",
        "$[**]",
        "$[--1]",
        "$[99999999999]",
        "$.a b",
        "$[0]a",
        "$]",
        "$.a)",
        "$[?]",
        "$[?(",
        "$[?()]",
        "$[?(@",
        "$[?(@.a",
        "$[?(@.a)",
        "$[?(@.a]",
        "$[?(@.a =)]",
        "$[?(@.a ==)]",
        "$[?(@.a == )]",
        "$[?(@.a == x)]",
        "$[?(@.a == 1x)]",
        "$[?(@.a == 1]",
        "$[?(@.a == \"x\")]",
        "$[?(@.a & @.b)]",
        "$[?(@.a | @.b)]",
        "$[?(@.a &&)]",
        "$[?(&& @.a)]",
        "$[?(!@.a)]",
        "$[?((@.a))]",
        "$[?(@.a ~ 'x')]",
        "$[?(@.a =~ 'x')]",
        "$[?(@.a =~ /x)]",
        "$[?(@.a =~ /(/)]",
        "$[?(@.a =~ /(?=x)/)]",
        "$[?(/x/ =~ @.a)]",
        "$[?(@.a == /x/)]",
        "$[?(@.)]",
        "$[?(@..)]",
        "$[?@.a]",
        "$[?(@.a == 'x)]",
        "$[?(@.a == 'x\\q')]",
        "$[?(@.a == 1e999x)]",
    ];
    for path in rows {
        let error = Expression::compile(path, Language::JsonPath).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpressionSyntax, "{path}");
        assert!(error.detail().contains("character"), "{path}: {error}");
    }
    println!("{} rows", rows.len());
    assert!(rows.len() >= 55);
}

#[test]
fn catastrophic_paths_end_in_an_error() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let wide = format!("[{}]", vec!["{\"a\":[1,2,3]}"; 2000].join(","));
    for (path, document) in [
        ("$..*..*..*..*..*..*", deep.as_str()),
        ("$[?(@..a == $..a)]", wide.as_str()),
        ("$..[?($..none)]", wide.as_str()),
    ] {
        let expression = Expression::compile(path, Language::JsonPath).unwrap();
        let document = Document::parse(document.as_bytes()).unwrap();
        let mut limits = Limits::default();
        limits.steps = 100_000;
        let error = expression.evaluate_with(document.root(), Mode::Compat, &limits).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Budget, "{path}");
    }
    let long = format!("$[?({})]", vec!["@a"; 5000].join(" && "));
    assert_eq!(select(&long, "[]", Mode::Compat), "TooLarge");
    assert_eq!(select(&"$.a".repeat(50_000), "[]", Mode::Compat), "TooLarge");
    assert_eq!(select(&"[?(@".repeat(5000), "[]", Mode::Compat), "TooLarge");
    assert_eq!(
        select(&format!("$[?(@.v =~ /{}/)]", "(a{100}){100}".repeat(20)), "[]", Mode::Compat),
        "ExpressionSyntax"
    );
}

/// How many generated cases: 1,000, or as `HYGEA_TEST_CASES` says.
fn cases() -> u32 {
    std::env::var("HYGEA_TEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_text_is_a_path_or_not(text in "\\PC{0,60}", document in "[\\[\\]{}:,\"a1]{0,30}") {
        let _ = Expression::compile(&text, Language::JsonPath).map(|expression| {
            if let Ok(document) = Document::parse(document.as_bytes()) {
                let _ = expression.evaluate(document.root(), Mode::Compat);
            }
        });
    }

    #[test]
    fn pieces_of_paths_are_paths_or_not(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("$"), Just("."), Just(".."), Just("a"), Just("*"), Just("["), Just("]"), Just("("), Just(")"),
                Just("?"), Just("@"), Just("'a'"), Just("0"), Just("-1"), Just(":"), Just(","), Just(" "), Just("=="),
                Just("&&"), Just("||"), Just("<"), Just("=~"), Just("/a/"), Just("null"), Just("\u{e9}"), Just("\\"),
            ],
            0..20,
        ),
    ) {
        let document = Document::parse(br#"{"a":[{"a":0},{"a":"x"},[1,[2]]],"b":null}"#).unwrap();
        if let Ok(expression) = Expression::compile(&pieces.concat(), Language::JsonPath) {
            for mode in [Mode::Compat, Mode::Strict] {
                let _ = expression.evaluate(document.root(), mode);
            }
        }
    }
}
