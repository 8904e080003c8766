//! JMESPath: a table of what each expression gives, and generated expressions against the crate `jmespath`.
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

/// The matches of an expression as JSON texts with ` ; ` between, or the name of the error. `-` is no match.
fn matches(text: &str, document: &str, mode: Mode) -> String {
    let document = Document::parse(document.as_bytes()).unwrap();
    let found = Expression::compile(text, Language::JmesPath)
        .and_then(|expression| expression.evaluate(document.root(), mode));
    match found {
        Ok(found) if found.is_empty() => "-".to_owned(),
        Ok(found) => found.iter().map(|found| found.value.to_json()).collect::<Vec<_>>().join(" ; "),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// The result of an expression as one value: a list around it stops projections.
fn value(text: &str, document: &str, mode: Mode) -> String {
    let wrapped = matches(&format!("[{text}]"), document, mode);
    match wrapped.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.to_owned(),
        None => wrapped,
    }
}

fn check(document: &str, rows: &[(&str, &str)]) -> usize {
    for (text, expected) in rows {
        assert_eq!(value(text, document, Mode::Compat), *expected, "{text} on {document}");
    }
    rows.len()
}

const DOCUMENT: &str = r#"{"a":{"b":{"c":[1,2,3]},"x-y":5,"n":null,"t":true,"f":false,"e":"","z":0},
    "l":[{"n":"b","v":2,"k":["x"]},{"n":"a","v":1,"k":["y","z"]},{"n":"c","k":null}],
    "nest":[[1,2],[3,[4]],5],"m":{"p":{"i":1},"q":{"i":2},"r":3},"s":"text","num":-2.5,"int":7}"#;

#[test]
fn names_indices_and_slices() {
    let count = check(
        DOCUMENT,
        &[
            ("s", "\"text\""),
            ("a.b.c", "[1,2,3]"),
            ("a.\"x-y\"", "5"),
            ("\"a\".\"b\".c[0]", "1"),
            ("a.b.c[-1]", "3"),
            ("a.b.c[3]", "null"),
            ("a.b.c[-4]", "null"),
            ("a.b.c[1:]", "[2,3]"),
            ("a.b.c[:1]", "[1]"),
            ("a.b.c[::2]", "[1,3]"),
            ("a.b.c[::-1]", "[3,2,1]"),
            ("a.b.c[-2:]", "[2,3]"),
            ("a.b.c[5:1:-1]", "[3]"),
            ("a.b.c[10:]", "[]"),
            ("a.b.c[::0]", "Evaluation"),
            ("s[0]", "null"),
            ("s[0:1]", "null"),
            ("missing.x.y", "null"),
            ("a.n.x", "null"),
            ("a.b.c.d", "null"),
            ("@.s", "\"text\""),
            ("@", &DOCUMENT.replace(['\n', ' '], "")),
            ("'raw'", "\"raw\""),
            ("'it\\'s'", "\"it's\""),
            ("`{\"a\": [1, 2]}`", "{\"a\":[1,2]}"),
            ("`\"tick\\`\"`", "\"tick`\""),
            ("`1.50`", "1.50"),
            ("`{'a': 1}`", "{\"a\":1}"),
            ("\"\\u0073\"", "\"text\""),
            ("(a).b.c[0]", "1"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 30);
}

#[test]
fn projections() {
    let count = check(
        DOCUMENT,
        &[
            ("l[*].n", "[\"b\",\"a\",\"c\"]"),
            ("l[*].v", "[2,1]"),
            ("l[].n", "[\"b\",\"a\",\"c\"]"),
            ("l[*].k[0]", "[\"x\",\"y\"]"),
            ("l[*].k[]", "[\"x\",\"y\",\"z\"]"),
            ("l[*].k | [0]", "[\"x\"]"),
            ("l[*].k[] | [0]", "\"x\""),
            ("(l[*].n)[0]", "\"b\""),
            ("l[*].n[0]", "[]"),
            ("l[1:].n", "[\"a\",\"c\"]"),
            ("l[?v].n", "[\"b\",\"a\"]"),
            ("l[?v > `1`].n", "[\"b\"]"),
            ("l[?n == 'a'].k[]", "[\"y\",\"z\"]"),
            ("l[?n == 'a'] | [0].v", "1"),
            ("l[?!v].n", "[\"c\"]"),
            ("l[?v && n == 'b' || n == 'c'].n", "[\"b\",\"c\"]"),
            ("l[?contains(n, 'a')].v", "[1]"),
            ("l[?k[?@ == 'z']].n", "[\"a\"]"),
            ("m.*.i", "[1,2]"),
            ("m.*", "[{\"i\":1},{\"i\":2},3]"),
            ("*.i", "[]"),
            ("nest[]", "[1,2,3,[4],5]"),
            ("nest[][]", "[1,2,3,4,5]"),
            ("nest[*][0]", "[1,3]"),
            ("nest[*][]", "[1,2,3,[4],5]"),
            ("s[*]", "null"),
            ("s[]", "null"),
            ("s[?@]", "null"),
            ("s.*", "null"),
            ("missing[*].x", "null"),
            ("l[*].[n, v]", "[[\"b\",2],[\"a\",1],[\"c\",null]]"),
            ("l[*].{name: n}", "[{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"c\"}]"),
            ("[s, int]", "[\"text\",7]"),
            ("{x: s, \"y z\": int}", "{\"x\":\"text\",\"y z\":7}"),
            ("missing.[a]", "null"),
            ("missing.{a: b}", "null"),
            ("missing | [a]", "null"),
            ("[*]", "null"),
            ("l | [*].v", "[2,1]"),
            ("l[*].v | length(@)", "2"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 40);
}

#[test]
fn conditions() {
    let count = check(
        DOCUMENT,
        &[
            ("a.t && s", "\"text\""),
            ("a.f && s", "false"),
            ("a.f || s", "\"text\""),
            ("a.z || s", "0"),
            ("a.e || s", "\"text\""),
            ("a.n || s", "\"text\""),
            ("`[]` || s", "\"text\""),
            ("`{}` || s", "\"text\""),
            ("!a.z", "false"),
            ("!a.e", "true"),
            ("!a.b.c[0]", "false"),
            ("!a.b.c[?@ > `5`]", "true"),
            ("!a.z == `false`", "true"),
            ("!missing", "true"),
            ("!a.t || a.t && a.f", "false"),
            ("int == `7`", "true"),
            ("int == `7.0`", "false"),
            ("int != `7`", "false"),
            ("int < `8`", "true"),
            ("int <= `7`", "true"),
            ("num > `-3`", "true"),
            ("num >= `-2.5`", "true"),
            ("s > 'a'", "null"),
            ("s == 'text'", "true"),
            ("a.n == missing", "true"),
            ("a.b == `{\"c\": [1, 2, 3]}`", "true"),
            ("a.b.c == `[1, 2]`", "false"),
            ("a.t == `true`", "true"),
            ("int > missing", "null"),
            ("m == `{\"r\": 3, \"q\": {\"i\": 2}, \"p\": {\"i\": 1}}`", "true"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 27);
    assert_eq!(value("int == `7.0`", DOCUMENT, Mode::Strict), "true");
}

#[test]
fn functions_of_the_specification() {
    let count = check(
        DOCUMENT,
        &[
            ("abs(num)", "2.5"),
            ("abs(`-3`)", "3"),
            ("avg(a.b.c)", "2.0"),
            ("avg(`[]`)", "null"),
            ("ceil(num)", "-2"),
            ("floor(num)", "-3"),
            ("floor(int)", "7"),
            ("contains(s, 'ex')", "true"),
            ("contains(s, `1`)", "false"),
            ("contains(a.b.c, `2`)", "true"),
            ("contains(a.b.c, `2.0`)", "false"),
            ("ends_with(s, 'xt')", "true"),
            ("starts_with(s, 'te')", "true"),
            ("starts_with(s, 'x')", "false"),
            ("join('-', l[*].n)", "\"b-a-c\""),
            ("join('', `[]`)", "\"\""),
            ("keys(m)", "[\"p\",\"q\",\"r\"]"),
            ("values(m)", "[{\"i\":1},{\"i\":2},3]"),
            ("length(s)", "4"),
            ("length(l)", "3"),
            ("length(m)", "3"),
            ("map(&v, l)", "[2,1,null]"),
            ("max(a.b.c)", "3"),
            ("max(l[*].n)", "\"c\""),
            ("max(`[]`)", "null"),
            ("min(a.b.c)", "1"),
            ("max_by(l[:2], &v).n", "\"b\""),
            ("min_by(l[:2], &v).n", "\"a\""),
            ("merge(m, `{\"r\": 4, \"s\": 5}`)", "{\"p\":{\"i\":1},\"q\":{\"i\":2},\"r\":4,\"s\":5}"),
            ("not_null(missing, a.n, s)", "\"text\""),
            ("not_null(missing)", "null"),
            ("reverse(s)", "\"txet\""),
            ("reverse(a.b.c)", "[3,2,1]"),
            ("sort(l[*].n)", "[\"a\",\"b\",\"c\"]"),
            ("sort(`[2, 1.5, -1]`)", "[-1,1.5,2]"),
            ("sort_by(l[:2], &v)[*].n", "[\"a\",\"b\"]"),
            ("sum(a.b.c)", "6"),
            ("sum(`[0.5, 0.25]`)", "0.75"),
            ("sum(`[]`)", "0"),
            ("to_array(s)", "[\"text\"]"),
            ("to_array(a.b.c)", "[1,2,3]"),
            ("to_array(missing)", "[null]"),
            ("to_number('78')", "78"),
            ("to_number('7.5')", "7.5"),
            ("to_number('-7.5')", "-7.5"),
            ("to_number('x')", "null"),
            ("to_number(a.t)", "null"),
            ("to_number(int)", "7"),
            ("to_string(s)", "\"text\""),
            ("to_string(int)", "\"7\""),
            ("to_string(a.b)", "\"{\\\"c\\\":[1,2,3]}\""),
            ("to_string(`60.0`)", "\"60.0\""),
            ("type(s)", "\"string\""),
            ("type(int)", "\"number\""),
            ("type(a.t)", "\"boolean\""),
            ("type(l)", "\"array\""),
            ("type(m)", "\"object\""),
            ("type(missing)", "\"null\""),
            // Of the reference's library.
            ("items(m)[0]", "[\"p\",{\"i\":1}]"),
            ("to_object(items(m)).r", "3"),
            ("zip(a.b.c, l[*].n)[1]", "[2,\"a\"]"),
            ("zip(a.b.c, `[1]`)", "[[1,1]]"),
            ("let({k: int}, &l[*].[n, k])[0]", "[\"b\",[\"x\"]]"),
            ("let({limit: `1`}, &l[?v > limit].n)", "[\"b\"]"),
        ],
    );
    println!("{count} rows");
    assert!(count >= 64);
}

#[test]
fn functions_of_the_mapper() {
    let document = r#"{"i":7,"j":2,"f":10.0,"g":4.0,"s":"78","n":null,"t":1549061161,"ms":1549061161875}"#;
    let big = i64::MAX;
    let rows: &[(&str, &str, &str)] = &[
        ("add(i, j)", "9", "9"),
        ("add(i, f)", "17.0", "17.0"),
        ("subtract(j, i)", "-5", "-5"),
        ("multiply(i, `0.5`)", "3.5", "3.5"),
        ("divide(i, j)", "3", "3.5"),
        ("divide(`40`, `50`)", "0", "0.8"),
        ("divide(`80`, `40`)", "2", "2"),
        ("divide(f, g)", "2.5", "2.5"),
        ("divide(`-7`, `2`)", "-3", "-3.5"),
        ("divide(i, `0`)", "Evaluation", "Evaluation"),
        ("divide(f, `0`)", "\"Infinity\"", "Evaluation"),
        ("pow(i, j)", "49", "49"),
        ("pow(`2`, `-1`)", "0", "0"),
        ("pow(f, j)", "100.0", "100.0"),
        ("pow(`10`, `30`)", "Evaluation", "Evaluation"),
        ("multiply(`9223372036854775807`, `2`)", "-2", "Evaluation"),
        ("add(`9223372036854775807`, `1`)", "-9223372036854775808", "Evaluation"),
        ("add(`9223372036854775808`, `1`)", "Evaluation", "Evaluation"),
        ("add(i, s)", "Evaluation", "Evaluation"),
        ("add(i, n)", "Evaluation", "Evaluation"),
        ("add(i, missing)", "Evaluation", "Evaluation"),
        ("insertString(s, 'x', `1`)", "\"7x8\"", "\"7x8\""),
        ("insertString(s, 'x', `0`)", "\"x78\"", "\"x78\""),
        ("insertString(s, 'x', `2`)", "\"78x\"", "\"78x\""),
        ("insertString(s, 'x', `3`)", "Evaluation", "Evaluation"),
        ("insertString(s, 'x', `-1`)", "Evaluation", "Evaluation"),
        ("insertString('\u{1f600}a', 'x', `2`)", "\"\u{1f600}xa\"", "\"\u{1f600}xa\""),
        ("insertString('\u{1f600}a', 'x', `1`)", "Evaluation", "Evaluation"),
        ("insertString(i, 'x', `1`)", "Evaluation", "Evaluation"),
        ("fromUnixTimestamp(t)", "\"2019-02-01T22:46:01Z\"", "\"2019-02-01T22:46:01Z\""),
        ("fromUnixTimestampMs(ms)", "\"2019-02-01T22:46:01.875Z\"", "\"2019-02-01T22:46:01.875Z\""),
        ("fromUnixTimestamp(f)", "Evaluation", "Evaluation"),
        ("fromUnixTimestamp(s)", "Evaluation", "Evaluation"),
        ("fromUnixTimestamp(`99999999999999`)", "Evaluation", "Evaluation"),
    ];
    for (text, compat, strict) in rows {
        assert_eq!(value(text, document, Mode::Compat), *compat, "{text}");
        assert_eq!(value(text, document, Mode::Strict), *strict, "{text}");
    }
    println!("{} rows; the largest integer is {big}", rows.len());
    assert!(rows.len() >= 34);
}

#[test]
fn wrong_types_and_arguments_are_errors() {
    for text in [
        "abs(s)",
        "avg(s)",
        "avg(l)",
        "ceil(s)",
        "contains(int, `1`)",
        "ends_with(s, int)",
        "join(int, l)",
        "join('-', a.b.c)",
        "keys(l)",
        "values(s)",
        "length(int)",
        "length(a.n)",
        "map(&v, m)",
        "max(l)",
        "max(`[1, \"a\"]`)",
        "max_by(l, &n2)",
        "merge(m, l)",
        "reverse(int)",
        "sort(m)",
        "sort(`[1, \"a\"]`)",
        "sort_by(l, &k)",
        "starts_with(int, 'a')",
        "sum(s)",
        "sum(l)",
        "items(l)",
        "to_object(l)",
        "zip(s, l)",
        "let(l, &a)",
        "map(v, l)",
        "sort_by(l, 'v')",
    ] {
        assert_eq!(value(text, DOCUMENT, Mode::Compat), "Evaluation", "{text}");
    }
    for (text, kind) in [
        ("abs()", ErrorKind::WrongArity),
        ("abs(a, b)", ErrorKind::WrongArity),
        ("add(a)", ErrorKind::WrongArity),
        ("add(a, b, c)", ErrorKind::WrongArity),
        ("insertString(a, b)", ErrorKind::WrongArity),
        ("not_null()", ErrorKind::WrongArity),
        ("merge()", ErrorKind::WrongArity),
        ("nothing(a)", ErrorKind::UnknownFunction),
        ("Add(a, b)", ErrorKind::UnknownFunction),
    ] {
        assert_eq!(Expression::compile(text, Language::JmesPath).unwrap_err().kind(), kind, "{text}");
    }
}

#[test]
fn what_is_no_expression() {
    let rows = [
        "",
        " ",
        ".",
        ".a",
        "a.",
        "a..b",
        "a b",
        "a[",
        "a]",
        "a[]]",
        "a[b]",
        "a[1",
        "a[1:2:3:4]",
        "a[*",
        "a[**]",
        "[",
        "[]b",
        "[a",
        "[a,]",
        "[,]",
        "{",
        "{a}",
        "{a:}",
        "{a:b,}",
        "{1:b}",
        "a(",
        "a)",
        "(a",
        "a.(b)",
        "a.'b'",
        "a.1",
        "1",
        "-",
        "a == ",
        "== a",
        "a = b",
        "a &&",
        "&& a",
        "a ||",
        "a | ",
        "| a",
        "!",
        "a!b",
        "&",
        "\"a",
        "'a",
        "`a",
        "`{`",
        "``",
        "\"a\"(b)",
        "@(a)",
        "a[?]",
        "a[?b",
        "a[?b]]",
        "*b",
        "a.*b",
        "#",
        "a;b",
        "length(a b)",
        "length(,a)",
        "length(a,)",
        "\u{e9}",
        "99999999999999999999",
        "a[99999999999999999999]",
        "[?a",
        "\"\\q\"",
    ];
    for text in rows {
        let error = Expression::compile(text, Language::JmesPath).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpressionSyntax, "{text}: {error}");
        assert!(error.detail().contains("character"), "{text}: {error}");
    }
    println!("{} rows", rows.len());
    assert!(rows.len() >= 65);
}

#[test]
fn matches_are_projected_items_or_the_one_result() {
    let event = r#"{"Body":[{"hr":1,"d":"x1"},{"hr":2},{"sp":3}],"Properties":{"list":[1,2]}}"#;
    for (text, expected) in [
        ("Body[?hr]", "{\"hr\":1,\"d\":\"x1\"} ; {\"hr\":2}"),
        ("Body[?hr].hr", "1 ; 2"),
        ("Body[].hr", "1 ; 2"),
        ("Body[*]", "{\"hr\":1,\"d\":\"x1\"} ; {\"hr\":2} ; {\"sp\":3}"),
        ("Body[?missing]", "-"),
        ("Body[0]", "{\"hr\":1,\"d\":\"x1\"}"),
        ("Body", "[{\"hr\":1,\"d\":\"x1\"},{\"hr\":2},{\"sp\":3}]"),
        ("missing", "-"),
        // An array that is no projection is one match.
        ("sort_by(Body[?hr], &hr)", "[{\"hr\":1,\"d\":\"x1\"},{\"hr\":2}]"),
        ("[Body[0].hr, Body[1].hr]", "[1,2]"),
        ("to_array(@)[?Body].Body[0].hr", "1"),
        // The right side of a pipe keeps its projection, parentheses end one.
        ("Body | [?hr].hr", "1 ; 2"),
        ("Body[?hr].hr | [0]", "1"),
        ("(Body[?hr].hr)", "[1,2]"),
        ("Body[?missing] || Body[?sp]", "{\"sp\":3}"),
        ("Body[?hr] && Body[?sp]", "{\"sp\":3}"),
        ("missing[?hr]", "-"),
        ("*.x", "-"),
        ("*.list", "[1,2]"),
        ("to_array(@.Body) | [? d && starts_with(d, 'x')].hr", "1"),
        ("Body[*].{v: hr} | [?v > `1`]", "{\"v\":2}"),
        ("Body == `1`", "false"),
        ("Properties.list[*]", "1 ; 2"),
        ("Properties.list[*].x", "-"),
        ("Properties.list[1:]", "2"),
        ("Properties.list[?@ > `1`]", "2"),
        ("Properties.list[]", "1 ; 2"),
        ("Properties.*", "[1,2]"),
        ("Properties.list[0]", "1"),
        ("Properties.[list]", "[[1,2]]"),
        ("@.Properties.list[*]", "1 ; 2"),
        ("missing.list[*]", "-"),
    ] {
        assert_eq!(matches(text, event, Mode::Compat), expected, "{text}");
    }
}

#[test]
fn dates_are_strings_of_another_kind_in_compat() {
    let document =
        r#"{"t":"2019-02-01T22:46:01.8750000Z","u":"2019-02-01T22:46:01.875Z","plain":"2019-02-01"}"#;
    for (text, compat, strict) in [
        ("type(t)", "\"string\"", "\"string\""),
        ("t == u", "true", "false"),
        ("t == '2019-02-01T22:46:01.8750000Z'", "false", "true"),
        ("t == `\"2019-02-01T22:46:01.875Z\"`", "true", "false"),
        ("starts_with(t, '2019')", "false", "true"),
        ("starts_with(t, '02/01/2019')", "true", "false"),
        ("starts_with(plain, '2019')", "true", "true"),
        ("length(t)", "19", "28"),
        ("to_string(t)", "\"\\\"2019-02-01T22:46:01.875Z\\\"\"", "\"2019-02-01T22:46:01.8750000Z\""),
        ("t", "\"2019-02-01T22:46:01.8750000Z\"", "\"2019-02-01T22:46:01.8750000Z\""),
    ] {
        assert_eq!(value(text, document, Mode::Compat), compat, "{text}");
        assert_eq!(value(text, document, Mode::Strict), strict, "{text}");
    }
}

#[test]
fn catastrophic_expressions_end_in_an_error() {
    let wide = format!("{{\"l\":[{}]}}", vec!["1"; 1000].join(","));
    let doubling = format!("l{}", " | [@, @]".repeat(40));
    let joined = format!("to_string(l){}", " | join('', [@, @, @, @, @, @, @, @])".repeat(20));
    for text in [
        "l[*].[l2, map(&[@, @], `[1, 2]`)] | [].[@, @][] | [].[@, @, @, @] | [].[@, @, @, @][] | [].[@, @, @, @][]",
        "map(&map(&map(&@, `[1,2,3,4,5,6,7,8,9,10]`), `[1,2,3,4,5,6,7,8,9,10]`), l)[][][]",
        "l[?contains(`[1,2,3,4,5,6,7,8,9,0]`, @) && contains(`[1,2,3,4,5,6,7,8,9,0]`, @)]",
        doubling.as_str(),
        joined.as_str(),
    ] {
        let document = Document::parse(wide.as_bytes()).unwrap();
        let mut limits = Limits::default();
        limits.steps = 10_000;
        limits.bytes = 100_000;
        let error = Expression::compile(text, Language::JmesPath)
            .unwrap()
            .evaluate_with(document.root(), Mode::Compat, &limits)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Budget, "{text}");
    }
    for text in ["(".repeat(5000), "a.".repeat(5000) + "a", "!".repeat(5000) + "a", "a".repeat(70_000)] {
        let error = Expression::compile(&text, Language::JmesPath).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}

/// Expressions that mean the same to both engines: only functions whose results do not depend on the order of
/// members, numbers in one notation, and parentheses around `!`, which the reference binds looser than a point.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-d]".prop_map(|name| name),
        Just("@".to_owned()),
        "'[a-z]{0,2}'".prop_map(|text| text),
        (-3i64..4).prop_map(|number| format!("`{number}`")),
        Just("`[1, 2]`".to_owned()),
        Just("`null`".to_owned()),
        Just("`true`".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        let name = "[a-d]";
        prop_oneof![
            (inner.clone(), name).prop_map(|(left, name)| format!("{left}.{name}")),
            (inner.clone(), -3i64..4).prop_map(|(left, index)| format!("{left}[{index}]")),
            (inner.clone(), -3i64..4, -3i64..4)
                .prop_map(|(left, start, end)| format!("{left}[{start}:{end}]")),
            inner.clone().prop_map(|left| format!("{left}[::-1]")),
            inner.clone().prop_map(|left| format!("{left}[*]")),
            inner.clone().prop_map(|left| format!("{left}[]")),
            (inner.clone(), inner.clone()).prop_map(|(left, condition)| format!("{left}[?{condition}]")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} | {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} || {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} && {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} == {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} < {right}")),
            inner.clone().prop_map(|inner| format!("(!({inner}))")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("[{left}, {right}]")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{{x: {left}, y: {right}}}")),
            inner.clone().prop_map(|inner| format!("to_array({inner})")),
            inner.clone().prop_map(|inner| format!("type({inner})")),
            inner.clone().prop_map(|inner| format!("length({inner})")),
            inner.clone().prop_map(|inner| format!("sort({inner})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("not_null({left}, {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("contains({left}, {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("map(&{left}, {right})")),
            (inner.clone(), inner).prop_map(|(left, right)| format!("sort_by({left}, &{right})")),
        ]
    })
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-3i64..4).prop_map(Into::into),
        "[a-z]{0,2}".prop_map(Into::into),
    ];
    let tree = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    proptest::collection::btree_map("[a-d]", tree, 0..4)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
}

/// How many generated cases: 1,000, or as `HYGEA_TEST_CASES` says.
fn cases() -> u32 {
    std::env::var("HYGEA_TEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn generated_expressions_agree_with_the_crate(text in expression(), document in document()) {
        let json = document.to_string();
        let theirs = jmespath::compile(&text)
            .ok()
            .map(|expression| expression.search(jmespath::Variable::from_json(&json).unwrap()));
        let tree = Document::parse(json.as_bytes()).unwrap();
        // A group makes our result one value, projection or not.
        let ours = Expression::compile(&format!("({text})"), Language::JmesPath)
            .ok()
            .map(|expression| expression.evaluate(tree.root(), Mode::Strict));
        match (theirs, ours) {
            (None, None) => {}
            (Some(Err(_)), Some(Err(_))) => {}
            (Some(Ok(theirs)), Some(Ok(ours))) => {
                let ours = ours.first().map_or_else(|| "null".to_owned(), |found| found.value.to_json());
                let ours: serde_json::Value = serde_json::from_str(&ours).unwrap();
                let theirs: serde_json::Value = serde_json::to_value(&*theirs).unwrap();
                prop_assert_eq!(ours, theirs, "{} on {}", text, json);
            }
            (theirs, ours) => prop_assert!(false, "{text} on {json}: theirs {theirs:?}, ours {ours:?}"),
        }
    }

    #[test]
    fn any_text_is_an_expression_or_not(text in "\\PC{0,60}") {
        let document = Document::parse(br#"{"a":[{"a":0},"x",[1,[2]]],"b":null}"#).unwrap();
        if let Ok(expression) = Expression::compile(&text, Language::JmesPath) {
            let _ = expression.evaluate(document.root(), Mode::Compat);
        }
    }

    #[test]
    fn pieces_of_expressions_are_expressions_or_not(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("a"), Just("."), Just("[*]"), Just("[]"), Just("[?"), Just("]"), Just("["), Just("("), Just(")"),
                Just("@"), Just("'a'"), Just("`0`"), Just("-1"), Just(":"), Just(","), Just(" "), Just("=="), Just("&&"),
                Just("||"), Just("|"), Just("<"), Just("!"), Just("&"), Just("length"), Just("map"), Just("{a:"),
                Just("}"), Just("*"), Just("\"b\""), Just("let"), Just("to_string"), Just("\\"), Just("`"),
            ],
            0..20,
        ),
    ) {
        let document = Document::parse(br#"{"a":[{"a":0},{"a":"x"},[1,[2]]],"b":null}"#).unwrap();
        if let Ok(expression) = Expression::compile(&pieces.concat(), Language::JmesPath) {
            for mode in [Mode::Compat, Mode::Strict] {
                let _ = expression.evaluate(document.root(), mode);
            }
        }
    }
}
