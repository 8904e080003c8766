//! Expressions and data that nobody writes in good faith: each ends with a typed error or a result, within its
//! budget, and never with a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{DateTime, Environment, Error, ErrorKind, Expression, Limits, Options};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const PATIENT: &str = r##"{"resourceType": "Patient", "id": "p1", "active": true, "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "name": [{"use": "official", "family": "Chalmers", "given": ["Peter", "James"]}, {"given": [null, "Jim"],
    "_given": [{"id": "x"}, null]}], "contained": [{"resourceType": "Organization", "id": "o1", "name": "Clinic"}],
    "managingOrganization": {"reference": "#o1"}, "multipleBirthInteger": 2,
    "extension": [{"url": "urn:q", "valueQuantity": {"value": 1.50, "unit": "cm", "system": "http://unitsofmeasure.org",
    "code": "cm"}}], "unknown": {"x": [1, "2", null, {"y": true}]}}"##;

fn evaluate(text: &str, limits: Limits) -> Result<usize, Error> {
    let schema = Schema::of(Version::R4).unwrap();
    let document = Document::parse(PATIENT.as_bytes()).unwrap();
    let environment =
        Environment::new().now(DateTime::parse("2026-11-20T10:15:30.500+01:00").unwrap()).limits(limits);
    let expression = Expression::compile(text, schema)?;
    let found = expression.evaluate(JsonElement::resource(document.root(), schema), &environment)?.len();
    Ok(found)
}

#[test]
fn endless_work_ends_with_the_budget() {
    let table = [
        "repeatAll($this)",
        "'a'.repeatAll($this & 'a')",
        "'a'.repeat($this & 'a')",
        "(1 | 2).repeatAll($this + 0)",
        "name.given.repeatAll(%resource.name.given)",
        "repeatAll(Coding { code: 'x' })",
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30|31|32|33|34|35|36|37|38|39|40)\
         .aggregate(CodeableConcept { coding: $total.coding.combine($total.coding) }, CodeableConcept { coding: \
         Coding { code: 'x' } }).coding.count()",
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30|31|32|33|34|35|36|37|38|39|40)\
         .aggregate($total & $total, 'abcdefgh').length()",
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30)\
         .aggregate($total.combine($total), name).count()",
        "descendants().select(%resource.descendants()).select(%resource.descendants()).select(%resource.descendants())\
         .select(%resource.descendants()).select(%resource.descendants()).count()",
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replaceMatches('a', '$0$0$0$0$0$0$0$0')\
         .replaceMatches('a', '$0$0$0$0$0$0$0$0').replaceMatches('a', '$0$0$0$0$0$0$0$0')\
         .replaceMatches('a', '$0$0$0$0$0$0$0$0').replaceMatches('a', '$0$0$0$0$0$0$0$0')\
         .replaceMatches('a', '$0$0$0$0$0$0$0$0').replaceMatches('a', '$0$0$0$0$0$0$0$0').length()",
    ];
    for text in table {
        let start = Instant::now();
        let kind = evaluate(text, Limits::default()).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::TooManySteps, "{text}");
        assert!(start.elapsed() < Duration::from_secs(60), "{text} took {:?}", start.elapsed());
    }
}

#[test]
fn a_catastrophic_pattern_is_matched_in_linear_time() {
    let text = format!("'{}!'.matches('^(a+)+$')", "a".repeat(40_000));
    assert_eq!(evaluate(&text, Limits::default()).unwrap(), 1);
    for pattern in ["(", "a{1000}{1000}{1000}", "(?=x)", "\\\\1"] {
        let kind =
            evaluate(&format!("name.family.matches('{pattern}')"), Limits::default()).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::Pattern, "{pattern}");
    }
}

#[test]
fn deep_nesting_ends_with_an_error_and_not_with_the_stack() {
    let table = [
        format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}name{}", "name.where(".repeat(90), ")".repeat(90)),
        format!("{}1{}", "iif(true, ".repeat(99), ", 2)".repeat(99)),
        format!("{}1", "-".repeat(60_000)),
        format!("{}1", "- ".repeat(99)),
        format!("1{}", " + 1".repeat(10_000)),
        format!("name{}", ".where(true)".repeat(199)),
        format!("name{}", ".select($this)".repeat(199)),
        format!("name{}", ".first()".repeat(199)),
        format!("name{}", "[0]".repeat(199)),
        format!("name.given{}", ".defineVariable('a').select(1)".repeat(90)),
        // Long paths in conditions of long paths.
        (0..28).fold("true".to_owned(), |inner, _| {
            format!("$this{}.where({inner})", ".where(id = $this)".repeat(110))
        }),
        (0..28).fold("true".to_owned(), |inner, _| {
            format!("$this{}.where({inner}).exists()", ".where(true)".repeat(180))
        }),
    ];
    for text in table {
        match evaluate(&text, Limits::default()) {
            Ok(_) => {}
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::TooDeep
                        | ErrorKind::TooLong
                        | ErrorKind::NotSingle
                        | ErrorKind::WrongType
                        | ErrorKind::DuplicateVariable
                ),
                "{error}"
            ),
        }
    }
    // The deepest data that the reader takes.
    let deep = format!(
        "{{\"resourceType\": \"QuestionnaireResponse\", {}\"id\": \"x\"{}}}",
        "\"item\": [{".repeat(60),
        "}]".repeat(60)
    );
    let schema = Schema::of(Version::R4).unwrap();
    let document = Document::parse(deep.as_bytes()).unwrap();
    let element = JsonElement::resource(document.root(), schema);
    let environment = Environment::new();
    for (text, wanted) in
        [("repeat(item).count() = 60", true), ("descendants().count() = 61", true), ("$this ~ $this", true)]
    {
        let expression = Expression::compile(text, schema).unwrap();
        let found = expression.holds(element, &environment);
        assert!(found.as_ref().is_ok_and(|found| *found == wanted), "{text}: {found:?}");
    }
    let again = deep.replace("\"x\"", "\"y\"");
    let other = Document::parse(again.as_bytes()).unwrap();
    let environment = Environment::new()
        .variable("other", hygea_fhirpath::Node::from(JsonElement::resource(other.root(), schema)).into());
    let expression = Expression::compile("$this = %other", schema).unwrap();
    let found = expression.holds(element, &environment);
    assert!(matches!(&found, Ok(false)) || found.is_err_and(|error| error.kind() == ErrorKind::TooDeep));
}

/// Runs on a stack smaller than the 2 MiB that threads have, so that callers have room of their own.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1_700_000).spawn(work).unwrap().join().unwrap();
}

#[test]
fn long_chains_are_not_deep() {
    on_a_small_stack(|| {
        let table = [
            (format!("false{}", " or name.family = 'x'".repeat(20_000)), 1),
            (format!("true{}", " and active".repeat(20_000)), 1),
            (format!("name.family{}", " | name.given".repeat(20_000)), 5),
            (format!("false{}", " or active and gender = 'x' or 1 + 1 = 3".repeat(8_000)), 0),
            (format!("'a'{}", " & 'b'".repeat(5_000)), 1),
            (format!("1{}", " + 2 * 3 - 4".repeat(20_000)), 1),
            (format!("true{}", " implies true".repeat(20_000)), 1),
            (format!("name.where(family in ('x'{}))", " | 'x'".repeat(5_000)), 0),
            (format!("coalesce({}1)", "{}, ".repeat(60)), 1),
        ];
        for (text, wanted) in table {
            let start = Instant::now();
            let found = evaluate(&text, Limits::default());
            assert_eq!(found.ok(), Some(wanted), "{}…", &text[..40]);
            assert!(start.elapsed() < Duration::from_secs(20), "{}… took {:?}", &text[..40], start.elapsed());
        }
    });
}

#[test]
fn every_way_of_nesting_ends_before_the_stack_does() {
    // What opens a level, what closes it, and what stands inside.
    let ways = [
        ("(", "1", ")"),
        ("(1 + ", "1", ")"),
        ("(active or ", "active", ")"),
        ("(1 | ", "1", ")"),
        ("(active implies active or active and 1 in 1 = 1 < 1 | 1 + 1 * ", "1", ")"),
        ("-", "1", ""),
        ("name.where(", "true", ")"),
        ("$this.where(true and ", "true", ")"),
        ("$this.exists(true and not() or ", "true", ")"),
        ("$this.select(", "id", ")"),
        ("$this.all(", "true", ")"),
        ("iif(true, ", "1", ", 2)"),
        ("iif(", "true", ", true, false)"),
        ("$this[", "0", "]"),
        ("$this.aggregate($this | ", "id", ")"),
        ("$this.repeat(", "{}", ")"),
        ("coalesce({}, ", "id", ")"),
        ("$this.sort(", "id", ")"),
        ("id.substring(", "0", ")"),
        ("defineVariable('v').select(", "1", ")"),
        ("$this.trace('x', ", "id", ")"),
        ("Extension { url: 'x', extension: ", "{}", "}"),
        ("(", "active", " is boolean)"),
        ("name.where(given.select(", "true", ").exists())"),
    ];
    on_a_small_stack(move || {
        for (open, inside, close) in ways {
            for levels in [10, 30, 48, 60, 95, 99, 130, 199, 200, 1000, 100_000] {
                let text = format!("{}{inside}{}", open.repeat(levels), close.repeat(levels));
                match evaluate(&text, Limits::default()) {
                    Ok(_) => assert!(levels <= 200, "{levels} times {open}"),
                    Err(error) => {
                        let deep = matches!(error.kind(), ErrorKind::TooDeep | ErrorKind::TooLong);
                        let other = matches!(
                            error.kind(),
                            ErrorKind::WrongType
                                | ErrorKind::NotSingle
                                | ErrorKind::DuplicateVariable
                                | ErrorKind::Range
                        );
                        assert!(deep || (levels <= 200 && other), "{levels} times {open}: {error}");
                    }
                }
            }
        }
    });
}

#[test]
fn what_machines_write_is_not_too_deep() {
    // Alternatives in parentheses of their own, forty levels down.
    let nested = (0..40).fold("active".to_owned(), |inner, _| format!("(name.exists() and ({inner}))"));
    assert_eq!(evaluate(&nested, Limits::default()).unwrap(), 1);
    let choice = (0..45)
        .fold("'none'".to_owned(), |inner, at| format!("iif(multipleBirth = {}, 'x', {inner})", at + 9));
    assert_eq!(evaluate(&choice, Limits::default()).unwrap(), 1);
}

#[test]
fn numbers_and_texts_do_not_grow_without_bound() {
    let table = [
        "2.power(100000)",
        "1.0000000001.power(1000)",
        "99999999999999999999999999999.9.power(7)",
        "9.exp().exp().exp()",
        "0.0000000000000000000000000000000000001 * 0.0000000000000000000000000000000000001",
        "1.5.round(100000)",
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20).aggregate($total * $total, 99999.99999)",
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20).aggregate($total * 9999999 'cm', 99999 'cm')",
        "'a'.replace('', 'b').replace('', 'c').replace('', 'd').length()",
        "1.lowBoundary(100000)",
        "@2014 + 999999999999999 years",
        "@T10:00 + 99999999999999999999999999999999999999 hours",
        "1 'm10000000'",
        "1 'm.m.m.m.m.m.m.m.m.m.m.m' * 1 'm99'",
        "'%'.encode('hex').encode('hex').encode('hex').encode('hex').encode('hex').encode('hex').length()",
        "name.given.join('x').toChars().join('-').split('').count()",
    ];
    for text in table {
        let start = Instant::now();
        if let Err(error) = evaluate(text, Limits::default()) {
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Range | ErrorKind::TooManySteps | ErrorKind::Syntax | ErrorKind::WrongType
                ),
                "{text}: {error}"
            );
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{text} took {:?}", start.elapsed());
    }
}

#[test]
fn small_budgets_are_kept() {
    let limits = Limits { steps: 10, ..Limits::default() };
    assert_eq!(evaluate("descendants().count()", limits).unwrap_err().kind(), ErrorKind::TooManySteps);
    let limits = Limits { depth: 3, ..Limits::default() };
    let text = "name.where(given.where(given.where(true).exists()).exists())";
    assert_eq!(evaluate(text, limits).unwrap_err().kind(), ErrorKind::TooDeep);
}

/// Pieces that expressions are made of, so that random ones reach the evaluator.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "Patient",
        "name",
        "given",
        "family",
        "extension",
        "birthDate",
        "value",
        "active",
        "contained",
        "$this",
        "$index",
        "$total",
        "%resource",
        "%context",
        "%`ext-x`",
        "{}",
        "true",
        "1",
        "2.50",
        "5L",
        "'a'",
        "'1974-12-25'",
        "@2014",
        "@2014-01-01T10:00:00Z",
        "@T10:30",
        "4 days",
        "1.5 'cm'",
        "1 'x'",
        "Coding { code: ",
        "Period {:}",
        "Extension { url: 'x', value: ",
        "}",
        "pathname()",
        "(",
        ")",
        "[",
        "]",
        ".",
        ",",
        "+",
        "-",
        "*",
        "/",
        "|",
        "&",
        "=",
        "!=",
        "~",
        "!~",
        "<",
        "<=",
        ">",
        ">=",
        " and ",
        " or ",
        " xor ",
        " implies ",
        " in ",
        " contains ",
        " is ",
        " as ",
        " div ",
        " mod ",
        "where(",
        "select(",
        "exists(",
        "all(",
        "repeat(",
        "iif(",
        "aggregate(",
        "ofType(",
        "first()",
        "count()",
        "distinct()",
        "children()",
        "descendants()",
        "toString()",
        "toQuantity(",
        "matches(",
        "replaceMatches(",
        "substring(",
        "indexOf(",
        "split(",
        "join(",
        "encode(",
        "escape('html')",
        "lowBoundary(",
        "highBoundary(",
        "round(",
        "power(",
        "sqrt()",
        "log(",
        "now()",
        "today()",
        "resolve()",
        "trace(",
        "type()",
        "sort(",
        "defineVariable('v')",
        "%v",
        "combine(",
        "intersect(",
        "subsetOf(",
        "comparable(",
        "duration(",
        "Quantity",
        "FHIR.string",
        "System.Integer",
        "not()",
        "'day'",
        "memberOf('x')",
        "conformsTo('x')",
        "htmlChecks()",
        "single()",
        "tail()",
        "skip(",
        "take(",
        " desc",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// What every evaluation must keep: an end, a place in the expression, and no value out of the data.
fn check(text: &str) -> Result<(), TestCaseError> {
    let limits = Limits { steps: 20_000, ..Limits::default() };
    if let Err(error) = evaluate(text, limits) {
        let message = error.to_string();
        prop_assert!(error.position().is_some_and(|position| position.offset <= text.len()), "{message}");
        for secret in ["Chalmers", "James"] {
            prop_assert!(text.contains(secret) || !message.contains(secret), "{message}");
        }
    }
    let schema = Schema::of(Version::R4).unwrap();
    let strict = Options::default().context(schema.resource("Patient").unwrap()).strict(true).ordered(true);
    if let Ok(compiled) = Expression::compile_with(text, schema, strict) {
        prop_assert!(!compiled.explain().is_empty());
        let _ = compiled.paths();
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn random_pieces_never_panic(pieces in proptest::collection::vec(piece(), 1..25)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn closed_random_pieces_never_panic(pieces in proptest::collection::vec(piece(), 1..16)) {
        // Every open parenthesis is closed, so that more of them can be read.
        let mut text = pieces.concat();
        let open = text.matches('(').count().saturating_sub(text.matches(')').count());
        text.push_str(&")".repeat(open));
        check(&text)?;
    }

    #[test]
    fn random_text_never_panics(text in "\\PC{0,60}") {
        check(&text)?;
    }

    #[test]
    fn mutated_expressions_never_panic(at in 0_usize..200, byte in any::<u8>(), which in 0_usize..6) {
        let texts = [
            "Patient.name.where(use = 'official').given.first() & ' ' & name.family.last()",
            "Observation.component.where(code.coding.exists(system = %loinc)).value.as(Quantity) > 4.5 'mg/dL'",
            "(birthDate + 18 years) <= @2014-01-01 and name.all(given.count() >= 1 or family.exists())",
            "descendants().select(iif($index mod 2 = 0, $this.type().name, {})).distinct().sort($this desc)",
            "extension('urn:q').value.ofType(Quantity).toQuantity('m').toString().matches('^[0-9.]+ .*$')",
            "@2014-01-01T10:30:00.000+10:00.lowBoundary(17) | @T10:30.highBoundary(9) | 1.587.lowBoundary(2)",
        ];
        let mut bytes = texts[which].as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            check(&text)?;
        }
    }
}
