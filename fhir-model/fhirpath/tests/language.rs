//! The language beyond the official suite: what the specification's own examples say, what FHIR adds, errors with
//! their places. Tables of expressions and results.
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
use hygea_fhirpath::{
    Collection, DateTime, Environment, Error, ErrorKind, Expression, Item, Node, Options, Profiles, Resolver,
    ServiceError, Tracer,
};
use hygea_terminology::MemoryTerminology;
use std::sync::Mutex;

const PATIENT: &str = r##"{"resourceType": "Patient", "id": "p1", "active": true, "gender": "male",
    "birthDate": "1974-12-25", "_birthDate": {"id": "bd", "extension": [{"url": "urn:time",
    "valueDateTime": "1974-12-25T14:35:45-05:00"}]}, "name": [{"use": "official", "family": "Chalmers",
    "given": ["Peter", "James"]}, {"use": "usual", "given": ["Jim"]}, {"use": "maiden", "family": "Windsor",
    "given": ["Peter", null], "_given": [null, {"extension": [{"url": "urn:hidden", "valueString": "x"}]}]}],
    "contained": [{"resourceType": "Organization", "id": "o1", "name": "Clinic"}],
    "managingOrganization": {"reference": "#o1"}, "generalPractitioner": [{"reference": "Practitioner/9"},
    {"reference": "http://example.org/fhir/Organization/7/_history/2"}, {"type": "PractitionerRole",
    "identifier": {"value": "x"}}, {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}],
    "maritalStatus": {"coding": [{"system": "urn:m", "code": "M"}, {"system": "urn:other", "code": "Z"}]},
    "multipleBirthInteger": 2, "extension": [{"url": "urn:q", "valueQuantity": {"value": 1.50, "unit": "centimetre",
    "system": "http://unitsofmeasure.org", "code": "cm"}}, {"url": "urn:q", "valueQuantity": {"value": 2,
    "comparator": ">", "unit": "cm"}}]}"##;

fn schema() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn texts(items: &[Item<'_>]) -> String {
    let texts: Vec<String> = items
        .iter()
        .map(|item| {
            item.to_text().map_or_else(|| format!("<{}>", item.type_name()), |text| text.into_owned())
        })
        .collect();
    texts.join(", ")
}

fn with<R>(
    text: &str,
    environment: &Environment<'_>,
    options: Options,
    check: impl Fn(Result<Collection<'_>, Error>) -> R,
) -> R {
    let document = Document::parse(PATIENT.as_bytes()).unwrap();
    let patient = JsonElement::resource(document.root(), schema());
    match Expression::compile_with(text, schema(), options) {
        Ok(expression) => check(expression.evaluate(patient, environment)),
        Err(error) => check(Err(error)),
    }
}

fn check(table: &[(&str, &str)]) {
    let environment = Environment::new().now(DateTime::parse("2026-11-20T10:15:30.500+01:00").unwrap());
    for (text, wanted) in table {
        with(text, &environment, Options::default(), |found| match found {
            Ok(found) => assert_eq!(texts(&found), *wanted, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        });
    }
}

fn check_errors(options: Options, table: &[(&str, ErrorKind, usize)]) {
    let environment = Environment::new();
    for (text, kind, column) in table {
        with(text, &environment, options, |found| match found {
            Ok(found) => panic!("{text} gives {}", texts(&found)),
            Err(error) => {
                assert_eq!(error.kind(), *kind, "{text}: {error}");
                assert_eq!(error.position().unwrap().column, *column, "{text}: {error}");
            }
        });
    }
}

#[test]
fn primitives_are_values_with_ids_and_extensions() {
    check(&[
        ("birthDate.id", "bd"),
        ("birthDate.extension('urn:time').value", "1974-12-25T14:35:45-05:00"),
        ("birthDate.extension.value is dateTime", "true"),
        ("name.given", "Peter, James, Jim, Peter, <string>"),
        ("name.given.count()", "5"),
        ("name.given.select(hasValue())", "true, true, true, true, false"),
        ("name.given.extension('urn:hidden').value", "x"),
        ("name.given.where(hasValue().not()).extension.url", "urn:hidden"),
        ("name[2].given.last().getValue()", ""),
        ("name.given.getValue()", ""),
        // A primitive without value counts as none where one value is wanted.
        ("name[2].given.last().startsWith('x')", ""),
        ("name[2].given.last() + 'x'", ""),
        ("name[2].given.last() & 'x'", "x"),
        ("name[2].given.join('-')", "Peter"),
        ("gender.ofType(Element)", "male"),
        ("multipleBirth + 1", "3"),
        ("multipleBirth is integer", "true"),
        ("deceased.exists()", "false"),
        ("birthDate.hasExtension('urn:time')", "true"),
        (
            "active.type().namespace & '.' & active.type().name & ' ' & active.type().baseType",
            "FHIR.boolean FHIR.Element",
        ),
        ("gender is string and gender is code", "true"),
        ("gender.ofType(string)", ""),
        ("gender.ofType(code)", "male"),
        ("(1 | 'a').ofType(Integer)", "1"),
        ("name.first() is HumanName", "true"),
        ("name.first() is Element", "true"),
        ("$this is DomainResource", "true"),
        ("$this is FHIR.Resource", "true"),
        ("Patient.name.first().use", "official"),
        ("Resource.id", "p1"),
        ("Observation.id", ""),
        ("nothing.at.all", ""),
    ]);
}

#[test]
fn quantities_of_fhir_are_quantities_of_the_language() {
    check(&[
        ("extension[0].value = 1.5 'cm'", "true"),
        ("extension[0].value = 15 'mm'", "true"),
        ("extension[0].value < 2 'cm'", "true"),
        ("extension[0].value + 5 'mm'", "2.00 'cm'"),
        // A comparator makes it no single quantity.
        ("extension[1].value = 2 'cm'", "false"),
        ("extension.value.ofType(Quantity).value", "1.50, 2"),
    ]);
    check(&[
        ("3 'm' + 3 'cm'", "3.03 'm'"),
        ("3 'cm' + 3 'm'", "303 'cm'"),
        ("3 'm' - 3 'cm'", "2.97 'm'"),
        ("2 minutes + 60 seconds", "3 minutes"),
        ("60 's' + 2 minutes", "180 's'"),
        ("1 week + 14 days", "3 weeks"),
        ("1 year + 12 months", ""),
        ("12 'cm' * 3 'cm'", "36 'cm2'"),
        ("10 'm/s' * 10 's'", "100 'm'"),
        ("3 * 2 'cm'", "6 'cm'"),
        ("12 'cm2' / 3 'cm'", "4 'cm'"),
        ("120 'm' / 60 's'", "2 'm/s'"),
        ("60 / 1 's'", "60 '/s'"),
        ("12 days * 45 'm'", ""),
        ("52 'cm'.toQuantity('m')", "0.52 'm'"),
        ("45.toQuantity('m')", "45 'm'"),
        ("24 'm'.toQuantity('kg')", ""),
        ("1 'a'.toQuantity('d')", "365.25 'd'"),
        ("182.5 days.toQuantity('a')", "0.5 'a'"),
        ("1 'cm' = 1 's'", ""),
        ("(1 'cm').unit | (1 'cm').value.toString()", "cm, 1"),
        ("1 year.unit", "year"),
        ("1 'kg' > 900 'g'", "true"),
        ("1 year = 1 'a'", ""),
        ("1 year ~ 1 'a'", "true"),
        ("1 year = 12 months", "true"),
        ("1 hour = 3600 's'", "true"),
        ("6 months > 1 year", "false"),
        ("21 'mm' ~ 2 'cm'", "true"),
        ("23 'Cel' = 73.4 '[degF]'", ""),
        ("37 'Cel' > 36.5 'Cel'", "true"),
        ("1 'm'.comparable(20 'cm')", "true"),
        ("1 year.comparable(1 'a')", "false"),
        ("1.comparable(2)", "true"),
        ("(1 'm' | 100 'cm').count()", "1"),
        ("(0.5 | 50 '%').count()", "1"),
        ("(5.5 'cm' | 4.7 'cm' | 4.8 'cm').avg()", "5.0 'cm'"),
        ("(-5.5 'mg').abs()", "5.5 'mg'"),
        ("2.7 'mg'.floor()", "2 'mg'"),
    ]);
}

#[test]
fn dates_follow_the_calendar() {
    check(&[
        ("birthDate + 18 years", "1992-12-25"),
        ("@2026-01-31 + 1 month", "2026-02-28"),
        ("@2019-03-01 + 24 months", "2021-03-01"),
        ("@2014 + 24 months", "2016"),
        ("@2014 + 23 months", "2015"),
        ("@2016 + 365 days", "2017"),
        ("@2026-02 + 5 weeks", "2026-03"),
        ("@2026-02 + 4 weeks", "2026-02"),
        ("@2014 - 1 month", "2014"),
        ("@2026-01-01T13:00:00 + 30 minutes", "2026-01-01T13:30:00"),
        ("@1973-12-25T00:00:00.000+10:00 + 42.53 seconds", "1973-12-25T00:00:42.530+10:00"),
        ("@2026-01-01T13:00:00 + 0.25 's'", "2026-01-01T13:00:00.25"),
        ("@T23:30:00 + 1 hour", "00:30:00"),
        ("@T01:00:00 - 2 hours", "23:00:00"),
        ("@2024-02-29 - 1 year", "2023-02-28"),
        ("today()", "2026-11-20"),
        ("now()", "2026-11-20T10:15:30.500+01:00"),
        ("timeOfDay()", "10:15:30.500"),
        ("now().yearOf() | now().monthOf() | now().dayOf() | now().hourOf()", "2026, 11, 20, 10"),
        ("@2012-01-01T12:30:00.002-07:00.millisecondOf()", "2"),
        ("@2012-01-01T12:30:00.000+08:45.timezoneOffsetOf()", "8.75"),
        ("@2012-01-01T12:30:00.000-07:00.timezoneOffsetOf()", "-7.0"),
        ("@2012.monthOf()", ""),
        ("now().dateOf()", "2026-11-20"),
        ("now().timeOf()", "10:15:30.500"),
        ("@2025-01-02.duration(@2025-01-07, 'week')", "0"),
        ("@2025-01-02.difference(@2025-01-07, 'week')", "1"),
        ("@2024-12-01.duration(@2025-09-01, 'year')", "0"),
        ("@2024-12-01.difference(@2025-09-01, 'year')", "1"),
        ("@2024-01-31.duration(@2024-02-29, 'month')", "1"),
        ("@2024-01-31.duration(@2024-02-28, 'month')", "0"),
        ("@2014-01-01T23:00:00Z.difference(@2014-01-02T01:00:00Z, 'hour')", "2"),
        ("'150124'.toDate('ddMMyy')", "2024-01-15"),
        ("'15-01-2024 05:07 PM'.toDateTime('dd-MM-yyyy hh:mm a')", "2024-01-15T17:07"),
        ("'12-27'.toDate('MM-yy')", "2027-12"),
        ("'2024-13-01'.toDate()", ""),
        ("@2024-01-15T23:30:00-05:00.toDate()", "2024-01-15"),
        ("@T10.highBoundary() | @T10:30.lowBoundary()", "10:59:59.999, 10:30:00.000"),
        ("@2014-02.lowBoundary() | @2014-02.highBoundary()", "2014-02-01, 2014-02-28"),
        ("@2014-02-01.highBoundary(4)", "2014"),
    ]);
}

#[test]
fn collections_follow_the_specification() {
    check(&[
        ("(1 | 2 | 3).aggregate($total + $this, 0)", "6"),
        ("(1 | 2 | 3).sum() | (1 | 2 | 3).min() | (1 | 2 | 4).max()", "6, 1, 4"),
        ("(1 | 2 | 4).avg()", "2.333333333333333333333333333"),
        ("(3 | 1 | 2).sort($this desc)", "3, 2, 1"),
        ("('c' | 'a' | 'b').sort()", "a, b, c"),
        ("name.sort(family desc).use", "maiden, official, usual"),
        ("name.sort(-family).use", "usual, maiden, official"),
        ("name.sort(family, use).use", "usual, official, maiden"),
        ("coalesce(name.where(use = 'nickname'), name.where(use = 'usual'), name).given", "Jim"),
        ("name.select($index)", "0, 1, 2"),
        ("name.where($index > 0).use", "usual, maiden"),
        ("name.given.first() | name.given[0]", "Peter"),
        ("name.skip(1).take(1).use", "usual"),
        ("name.tail().use", "usual, maiden"),
        ("name.given.distinct().count()", "4"),
        ("name.given.isDistinct()", "false"),
        ("name.family.subsetOf('Chalmers' | 'Windsor' | 'x')", "true"),
        ("'Windsor' in name.family", "true"),
        ("name.family contains 'x'", "false"),
        ("{} in name.family", ""),
        ("name.family.combine(name.family).count()", "4"),
        ("name.family.exclude('Windsor')", "Chalmers"),
        ("name.use.intersect('usual' | 'old')", "usual"),
        ("name.all(given.exists())", "true"),
        ("name.exists(family = 'Windsor')", "true"),
        ("descendants().where($this is Coding).code", "M, Z"),
        ("maritalStatus.children().children().where($this = 'M')", "M"),
        ("repeat(name | given).count()", "7"),
        ("{}.iif(true, 1, 2) | iif({}, 3, 4) | iif(name.count() = 3, 5)", "1, 4, 5"),
    ]);
    check(&[
        (
            "name.take(2).select(defineVariable('n').given.select(%n.use & ' ' & $this))",
            "official Peter, official James, usual Jim",
        ),
        ("name.take(1).defineVariable('a', 1).select(%a + 1)", "2"),
        ("%context.id & %resource.id & %rootResource.id", "p1p1p1"),
        ("%ucum | %loinc | %sct", "http://unitsofmeasure.org, http://loinc.org, http://snomed.info/sct"),
        (
            "%`vs-x` & ' ' & %'ext-y'",
            "http://hl7.org/fhir/ValueSet/x http://hl7.org/fhir/StructureDefinition/y",
        ),
    ]);
}

#[test]
fn texts_are_counted_in_characters() {
    check(&[
        ("'a🔥b'.indexOf('b') | 'a🔥b'.length()", "2, 3"),
        ("'abc abc'.lastIndexOf('a') | ''.lastIndexOf('')", "4, 0"),
        ("'abcdefg'.substring(1, 2)", "bc"),
        ("'abcdefg'.substring(3, 0) = ''", "true"),
        ("'abcdefg'.substring(7, 1)", ""),
        ("'a🔥c'.replace('', 'x')", "xax🔥xcx"),
        (
            "'11/30/1972'.replaceMatches('\\\\b(?<month>\\\\d{1,2})/(?<day>\\\\d{1,2})/(?<year>\\\\d{2,4})\\\\b', '${day}-${month}-${year}')",
            "30-11-1972",
        ),
        ("'first line\\nsecond line'.matches('^SECOND', 'im')", "true"),
        ("'http'.replaceMatches('.*', '-')", "--"),
        ("'abc'.replaceMatches('x*', '-')", "-a-b-c-"),
        ("'a1'.replaceMatches('([a-z])(?<digit>[0-9])', '${digit}$1$$$9.$')", "1a$.$"),
        ("'N8000123123'.matchesFull('N[0-9]{8}')", "false"),
        ("'a,,b'.split(',')", "a, , b"),
        ("name.family.join('+')", "Chalmers+Windsor"),
        ("'héllo'.upper() & 'HÉ'.lower()", "HÉLLOhé"),
        ("'é'.encode('hex').decode('hex')", "é"),
        ("'ff'.decode('hex')", ""),
        ("'<a & \"b\">'.escape('html').unescape('html')", "<a & \"b\">"),
        ("'tab\\t\"quote\"'.escape('json')", "tab\\t\\\"quote\\\""),
        ("'A b' ~ 'a\\tB'", "true"),
        ("'T'.toBoolean() | 'no'.toBoolean() | '2'.toBoolean()", "true, false"),
        ("5L + 2 | 5L div 2", "7, 2"),
        ("2147483647 + 1", ""),
        ("1 / 3", "0.3333333333333333333333333333"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("1.10.toString() | 1.toDecimal().toString()", "1.10, 1"),
        ("2.power(-1) | 4.sqrt() | 0.25.sqrt()", "0.5, 2"),
        ("(-2).power(3) | 10.log(100)", "-8, 0.5"),
        ("1.587.lowBoundary() | 1.587.highBoundary(0)", "1.58650000, 2"),
    ]);
}

#[test]
fn logic_has_three_values_and_does_not_look_further_than_needed() {
    check(&[
        ("false and (1 | 2)", "false"),
        ("true or (1 | 2)", "true"),
        ("false implies (1 | 2)", "true"),
        ("{} implies false", ""),
        ("{} and false", "false"),
        ("{} or true", "true"),
        ("true xor {}", ""),
        ("name.exists() and gender", "true"),
        ("1 and true", "true"),
        ("{} = {}", ""),
        ("{} ~ {}", "true"),
        ("(1 | 2) ~ (2 | 1)", "true"),
        ("name = name", "true"),
        ("name.first() = name.last()", "false"),
        ("'1' = 1", "false"),
        ("1 = 1.0", "true"),
        ("@2012-01 = @2012", ""),
        ("@2012-01 ~ @2012", "false"),
    ]);
}

#[test]
fn errors_name_the_character() {
    let table = [
        ("name.family + ' '", ErrorKind::NotSingle, 13),
        ("1 + 'a'", ErrorKind::WrongType, 3),
        ("name < 5", ErrorKind::NotSingle, 6),
        ("active < 5", ErrorKind::WrongType, 8),
        ("-name.family", ErrorKind::NotSingle, 1),
        ("name.first().startsWith('x')", ErrorKind::WrongType, 14),
        ("name.nope()", ErrorKind::UnknownFunction, 6),
        ("name.where()", ErrorKind::Arguments, 6),
        ("name.count(1)", ErrorKind::Arguments, 6),
        ("gender is Nonsense", ErrorKind::UnknownType, 11),
        ("%nobody", ErrorKind::UnknownVariable, 1),
        ("name.single()", ErrorKind::NotSingle, 6),
        ("now()", ErrorKind::NoService, 1),
        ("generalPractitioner.resolve()", ErrorKind::NoService, 21),
        ("gender.memberOf('urn:x')", ErrorKind::NoService, 8),
        ("conformsTo('urn:x')", ErrorKind::NoService, 1),
        ("name.elementDefinition()", ErrorKind::NoService, 6),
        ("name.slice('x', 'y')", ErrorKind::NoService, 6),
        ("'a'.matches('(')", ErrorKind::Pattern, 5),
        ("name.defineVariable('a').defineVariable('a')", ErrorKind::DuplicateVariable, 26),
        ("@9999-12-31 + 1 day", ErrorKind::Range, 13),
        ("@2014-01-01 + 1 'mo'", ErrorKind::WrongType, 13),
        ("@2014-01-01 + 1 hour", ErrorKind::WrongType, 13),
        ("3000000000", ErrorKind::Range, 1),
        ("1.log(0)", ErrorKind::Range, 3),
        ("(1 | 'a').sort()", ErrorKind::WrongType, 11),
    ];
    check_errors(Options::default(), &table);
    let strict = Options::default().context(schema().resource("Patient").unwrap()).strict(true).ordered(true);
    let table = [
        ("name.givn", ErrorKind::UnknownElement, 6),
        ("Patient.name.where(familie = 'x')", ErrorKind::UnknownElement, 20),
        ("Observation.code", ErrorKind::UnknownElement, 1),
        ("multipleBirthInteger", ErrorKind::UnknownElement, 1),
        ("iif('text', 1, 2)", ErrorKind::WrongType, 5),
        ("name.upper()", ErrorKind::WrongType, 6),
        ("name.family.count().startsWith('1')", ErrorKind::WrongType, 21),
        ("active.abs()", ErrorKind::WrongType, 8),
        ("birthDate.sqrt()", ErrorKind::WrongType, 11),
        ("gender.lowBoundary()", ErrorKind::WrongType, 8),
        ("multipleBirth.ofType(integer) + 'x'", ErrorKind::WrongType, 31),
        ("birthDate + 1", ErrorKind::WrongType, 11),
        ("name & 'x'", ErrorKind::WrongType, 6),
        ("active > false", ErrorKind::WrongType, 8),
        ("birthDate < 5 'mg'", ErrorKind::WrongType, 11),
        ("maritalStatus * 2", ErrorKind::WrongType, 15),
        ("children().first()", ErrorKind::Unordered, 12),
        ("name.given as string", ErrorKind::NotSingle, 12),
    ];
    check_errors(strict, &table);
    // What the strict checks let pass.
    for text in [
        "contained.name",
        "extension.value.unit",
        "name.given.extension.value",
        "Resource.id",
        "descendants().code",
        "multipleBirth + 1",
        "birthDate.substring(0, 4) & gender",
        "birthDate + 1 year < today() and birthDate < now()",
        "extension.value.abs()",
        "extension.value.ofType(Quantity) + 1 > 2 'cm'",
        "name.given.first().length() * 2.5 div 1",
        "{} + 1",
    ] {
        assert!(Expression::compile_with(text, schema(), strict).is_ok(), "{text}");
    }
}

#[test]
fn as_selects_unless_it_is_strict() {
    check(&[
        ("(name as HumanName).count()", "3"),
        ("name.as(HumanName).use", "official, usual, maiden"),
        ("(extension.value as Quantity).unit", "centimetre, cm"),
        ("birthDate.as(Date)", "1974-12-25"),
        ("gender.as(String)", "male"),
        ("gender.as(string)", ""),
    ]);
}

struct Practitioners(Document<'static>);

impl Resolver for Practitioners {
    fn resolve<'s>(&'s self, reference: &str) -> Result<Option<Node<'s>>, ServiceError> {
        match reference {
            "urn:uuid:broken" => Err("the network is down".into()),
            _ if reference.ends_with("Practitioner/9") || reference.starts_with("urn:uuid:") => {
                Ok(Some(JsonElement::resource(self.0.root(), schema()).into()))
            }
            _ => Ok(None),
        }
    }
}

#[test]
fn references_are_answered_from_their_text_and_then_from_the_resolver() {
    check(&[
        ("generalPractitioner.where(resolve() is Practitioner).reference", "Practitioner/9"),
        (
            "generalPractitioner.where(resolve() is Organization).reference",
            "http://example.org/fhir/Organization/7/_history/2",
        ),
        ("generalPractitioner.where(resolve() is PractitionerRole).identifier.value", "x"),
        ("generalPractitioner.where($this.resolve() is Patient).count()", "0"),
        ("managingOrganization.resolve().name", "Clinic"),
    ]);
    let json = br#"{"resourceType": "Practitioner", "id": "9", "name": [{"family": "Careful"}]}"#;
    let resolver = Practitioners(Document::from_text(String::from_utf8(json.to_vec()).unwrap()).unwrap());
    let environment = Environment::new().resolver(&resolver);
    let table = [
        ("generalPractitioner.resolve().name.family", "Careful, Careful"),
        ("generalPractitioner.where(resolve() is Practitioner).count()", "2"),
        ("managingOrganization.resolve().name", "Clinic"),
        ("managingOrganization.where(resolve() is Organization).reference", "#o1"),
        ("generalPractitioner.first().getReferenceKey()", "Practitioner/9"),
        ("getResourceKey()", "Patient/p1"),
    ];
    for (text, wanted) in table {
        with(text, &environment, Options::default(), |found| {
            assert_eq!(texts(&found.unwrap()), wanted, "{text}")
        });
    }
    with("'urn:uuid:broken'.resolve()", &environment, Options::default(), |found| {
        let error = found.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Service);
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the network is down");
    });
}

#[test]
fn elements_are_made() {
    check(&[
        ("Coding { system: 'urn:x', code: gender }.code", "male"),
        ("Coding { system: 'urn:x', code: gender }.code.type().name", "code"),
        ("FHIR.Identifier { system: 'urn:i', value: 'N1' } is Identifier", "true"),
        (
            "Identifier { type: CodeableConcept { coding: Coding { code: 'MR' } }, value: '1', period: Period { start: \
             @2001-05-06 } }.select(type.coding.code | value | period.start)",
            "MR, 1, 2001-05-06",
        ),
        ("Period {:}.exists() and Period {:}.children().empty()", "true"),
        ("Period { start: {} }.start", ""),
        ("code { value: 'final' }", "final"),
        ("decimal { value: 1.50 }.type().name", "decimal"),
        ("(decimal { value: 1.50 } + 1).toString()", "2.50"),
        ("CodeableConcept { coding: maritalStatus.coding | Coding { code: 'q' } }.coding.code", "M, Z, q"),
        ("Extension { url: 'urn:e', value: 5 'mg' }.value = 5 'mg'", "true"),
        ("Extension { url: 'urn:e', value: gender }.value is code", "true"),
        ("Extension { url: 'urn:e', value: birthDate }.value.extension.url", "urn:time"),
        ("HumanName { given: name[2].given }.given.extension.value", "x"),
        ("Patient { active: true, name: name[0] }.name.family", "Chalmers"),
        ("name.select(Coding { code: use, display: family }).where(code = 'maiden').display", "Windsor"),
        ("Coding { code: 'a' } = Coding { code: 'a' }", "true"),
        ("Patient.contact { gender: 'female' }.gender", "female"),
        ("{}.select(Coding { code: 'a' })", ""),
    ]);
    let table = [
        ("Coding { codes: 'x' }", ErrorKind::UnknownElement, 10),
        ("Codings { code: 'x' }", ErrorKind::UnknownType, 1),
        ("Resource { id: 'x' }", ErrorKind::UnknownType, 1),
        ("Coding { code: 'a' | 'b' }", ErrorKind::NotSingle, 1),
        ("Coding { userSelected: 5 }", ErrorKind::WrongType, 1),
        ("Coding { code 'x' }", ErrorKind::Syntax, 15),
        ("Coding { code: 'x'", ErrorKind::Syntax, 19),
        ("Extension { value: name }", ErrorKind::NotSingle, 1),
    ];
    check_errors(Options::default(), &table);
}

#[test]
fn elements_know_their_place() {
    check(&[
        ("name.given.pathname()[3]", "Patient.name[2].given[0]"),
        ("name[1].pathname(true)", "Patient.name[1]"),
        ("multipleBirth.pathname()", "Patient.multipleBirth[0]"),
        ("multipleBirth.pathname(true)", "Patient.multipleBirth"),
        ("contained.name.pathname()", "Patient.contained[0].name[0]"),
        ("birthDate.extension.value.pathname(true)", "Patient.birthDate.extension[0].value"),
        ("pathname()", "Patient"),
        ("(gender & 'x').pathname()", ""),
    ]);
}

/// Answers for one definition and one slice.
struct Definitions(Document<'static>);

impl Profiles for Definitions {
    fn conforms(&self, _: Node<'_>, _: &str) -> Result<bool, ServiceError> {
        Err("no profile is known".into())
    }

    fn element_definition<'s>(&'s self, node: Node<'_>) -> Result<Option<Node<'s>>, ServiceError> {
        let definition = schema().type_named("ElementDefinition").unwrap();
        Ok((node.type_name() == "HumanName").then(|| JsonElement::typed(self.0.root(), definition).into()))
    }

    fn in_slice(&self, node: Node<'_>, profile: &str, slice: &str) -> Result<bool, ServiceError> {
        let found = node.children("use").next().and_then(Node::text);
        Ok(profile == "urn:profile" && found == Some(slice))
    }
}

#[test]
fn definitions_and_slices_are_answered_by_the_profiles() {
    let json = r#"{"path": "Patient.name", "short": "A name"}"#;
    let profiles = Definitions(Document::from_text(json.to_owned()).unwrap());
    let environment = Environment::new().profiles(&profiles);
    let table = [
        ("name[0].elementDefinition().short", "A name"),
        ("birthDate.elementDefinition()", ""),
        ("name.slice('urn:profile', 'maiden').family", "Windsor"),
        ("name.slice('urn:other', 'maiden').family", ""),
    ];
    for (text, wanted) in table {
        with(text, &environment, Options::default(), |found| {
            assert_eq!(texts(&found.unwrap()), wanted, "{text}")
        });
    }
    with("conformsTo('urn:x')", &environment, Options::default(), |found| {
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Service);
    });
}

#[test]
fn codes_are_answered_by_the_terminology() {
    let mut terminology = MemoryTerminology::new();
    for json in [
        r#"{"resourceType": "CodeSystem", "url": "urn:m", "content": "complete", "concept": [{"code": "ANY",
            "concept": [{"code": "M"}, {"code": "S"}]}]}"#,
        r#"{"resourceType": "ValueSet", "url": "urn:vs", "compose": {"include": [{"system": "urn:m"}]}}"#,
        r#"{"resourceType": "ValueSet", "url": "urn:genders", "compose": {"include": [{"system": "urn:g",
            "concept": [{"code": "male"}, {"code": "female"}]}]}}"#,
    ] {
        terminology.add(Document::parse(json.as_bytes()).unwrap().root()).unwrap();
    }
    let environment = Environment::new().terminology(&terminology);
    let table = [
        ("gender.memberOf('urn:genders')", "true"),
        ("maritalStatus.memberOf('urn:vs')", "true"),
        ("maritalStatus.coding.select(memberOf('urn:vs'))", "true, false"),
        ("maritalStatus.coding.first().subsumes(maritalStatus.coding.first())", "true"),
        ("maritalStatus.coding.last().subsumedBy(maritalStatus.coding.first())", "false"),
        ("{}.memberOf('urn:vs')", ""),
    ];
    for (text, wanted) in table {
        with(text, &environment, Options::default(), |found| {
            assert_eq!(texts(&found.unwrap()), wanted, "{text}")
        });
    }
    with("gender.memberOf('urn:unknown')", &environment, Options::default(), |found| {
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Service);
    });
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Tracer for Heard {
    fn trace(&self, name: &str, items: &[Item<'_>]) {
        self.0.lock().unwrap().push(format!("{name}: {}", texts(items)));
    }
}

#[test]
fn traces_are_heard() {
    let heard = Heard::default();
    let environment = Environment::new().tracer(&heard);
    let text = "name.trace('names', use).given.trace('given').count()";
    with(text, &environment, Options::default(), |found| assert_eq!(texts(&found.unwrap()), "5"));
    let lines = heard.0.lock().unwrap().clone();
    assert_eq!(lines, ["names: official, usual, maiden", "given: Peter, James, Jim, Peter, <string>"]);
}

#[test]
fn plans_can_be_explained() {
    let expression = Expression::compile(
        "Patient.name.where(use = 'official').given.first() | (Patient.deceased as dateTime) | 1 + 1",
        schema(),
    )
    .unwrap();
    let wanted = "\
union of
  walk
    this, if it is Patient
    each name
    where use is the text 'official'
    each given
    first(), and stop there
  walk
    this, if it is Patient
    each deceased
    as FHIR.dateTime
  constant {2}
";
    assert_eq!(expression.explain(), wanted);
    assert_eq!(
        expression.paths(),
        ["Patient.deceased.ofType(dateTime)", "Patient.name.given", "Patient.name.use"]
    );
}

#[test]
fn expressions_and_results_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Expression>();
    shared::<Environment<'_>>();
    shared::<Collection<'_>>();
    shared::<Error>();
    // One environment serves many documents, each of which lives shorter.
    let environment = Environment::new();
    let expression = Expression::compile("name.family.first()", schema()).unwrap();
    for family in ["A", "B"] {
        let json = format!("{{\"resourceType\": \"Patient\", \"name\": [{{\"family\": \"{family}\"}}]}}");
        let document = Document::parse(json.as_bytes()).unwrap();
        let found =
            expression.evaluate(JsonElement::resource(document.root(), schema()), &environment).unwrap();
        assert_eq!(found[0].as_str(), Some(family));
    }
}

#[test]
fn debug_output_holds_no_values() {
    with(
        "name.family | birthDate | 1.5 | 'secret' | 4 'mg'",
        &Environment::new(),
        Options::default(),
        |found| {
            let found = found.unwrap();
            assert_eq!(
                format!("{found:?}"),
                "[Element(string), Element(string), Element(date), Decimal, String, Quantity]"
            );
        },
    );
}
