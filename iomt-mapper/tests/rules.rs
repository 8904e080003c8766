//! The rules of the device mapping, chapter by chapter, as tables.
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

use hygea_iomt_mapper::{
    DeviceMapping, Error, ErrorKind, Event, FhirMapping, Limits, Mapper, Measurement, Mode, Period,
    default_device_mapping, default_fhir_mapping,
};
use serde_json::{Value, json};

/// A device mapping of one template.
fn device(kind: &str, template: &Value) -> String {
    json!({"templateType": "CollectionContent", "template": [{"templateType": kind, "template": template}]})
        .to_string()
}

fn calculated(changes: &Value) -> String {
    let mut template = json!({
        "typeName": "hr",
        "typeMatchExpression": "$..[?(@hr)]",
        "deviceIdExpression": "$.matchedToken.d",
        "timestampExpression": "$.matchedToken.t",
        "values": [{"valueName": "hr", "valueExpression": "$.matchedToken.hr", "required": true}],
    });
    for (name, value) in changes.as_object().unwrap() {
        template[name] = value.clone();
    }
    device("CalculatedContent", &template)
}

fn normalize(mapping: &str, message: &str, mode: Mode) -> (Vec<Measurement<'static>>, Option<Error>) {
    let mapping = DeviceMapping::new(mapping.as_bytes(), mode).unwrap_or_else(|error| panic!("{error}"));
    let event = Event::from_payload(message.as_bytes(), mode).unwrap();
    let mut out = Vec::new();
    let error = mapping.normalize(event.root(), &Limits::default(), &mut out).err();
    (out.into_iter().map(Measurement::into_owned).collect(), error)
}

/// Type, device, time and values in short, or the name of the error.
fn short(mapping: &str, message: &str, mode: Mode) -> String {
    let (measurements, error) = normalize(mapping, message, mode);
    let mut parts: Vec<String> = measurements.iter().map(describe).collect();
    parts.extend(error.map(|error| format!("{:?}", error.kind())));
    parts.join(" ; ")
}

fn describe(measurement: &Measurement<'_>) -> String {
    let mut text =
        format!("{} {} {}", measurement.type_name, measurement.device_id, measurement.occurrence_time);
    for (mark, id) in
        [("p", &measurement.patient_id), ("e", &measurement.encounter_id), ("c", &measurement.correlation_id)]
    {
        if let Some(id) = id {
            text.push_str(&format!(" {mark}:{id}"));
        }
    }
    for property in &measurement.properties {
        text.push_str(&format!(" {}={}", property.name, property.value));
    }
    text
}

const MESSAGE: &str = r#"{"hr":61,"d":"d1","t":"2024-03-05T10:00:07Z"}"#;
const MEASURED: &str = "hr d1 2024-03-05T10:00:07Z hr=61";

#[test]
fn names_of_template_types() {
    let template = json!({"typeName": "a", "typeMatchExpression": "$", "deviceIdExpression": "$.d",
        "timestampExpression": "$.t"});
    for (kind, accepted) in [
        ("JsonPathContent", true),
        ("JsonPathContentTemplate", true),
        ("jsonpathcontent", true),
        ("JSONPATHCONTENTTEMPLATE", true),
        ("IotJsonPathContent", true),
        ("IotJsonPathContentTemplate", true),
        ("IotCentralJsonPathContent", true),
        ("IotCentralJsonPathContentTemplate", false),
        ("CalculatedContent", true),
        ("calculatedcontent", true),
        ("CalculatedContentTemplate", false),
        ("CalculatedFunctionContent", false),
        ("CollectionContent", false),
        ("Template", false),
        ("", false),
    ] {
        let result = DeviceMapping::new(device(kind, &template).as_bytes(), Mode::Compat);
        assert_eq!(result.is_ok(), accepted, "{kind}");
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::UnknownTemplateType, "{kind}");
            assert_eq!(error.path(), "template[0].templateType");
        }
    }
    for (outer, accepted) in [
        ("CollectionContent", true),
        ("CollectionContentTemplate", true),
        ("collectioncontent", true),
        ("CollectionFhir", false),
        ("Collection", false),
    ] {
        let text = json!({"templateType": outer, "template": []}).to_string();
        assert_eq!(DeviceMapping::new(text.as_bytes(), Mode::Compat).is_ok(), accepted, "{outer}");
    }
    for (outer, accepted) in
        [("CollectionFhir", true), ("CollectionFhirTemplate", true), ("CollectionContent", false)]
    {
        let text = json!({"templateType": outer, "template": []}).to_string();
        assert_eq!(FhirMapping::new(text.as_bytes(), Mode::Compat).is_ok(), accepted, "{outer}");
    }
}

#[test]
fn shapes_of_containers() {
    use ErrorKind::{Json, MissingMember, UnknownTemplateType, WrongType};
    for (text, kind) in [
        ("", Json),
        ("{", Json),
        ("[]", WrongType),
        ("5", WrongType),
        ("{}", MissingMember),
        (r#"{"templateType":"CollectionContent"}"#, MissingMember),
        (r#"{"templateType":"CollectionContent","template":null}"#, MissingMember),
        (r#"{"templateType":"CollectionContent","template":{}}"#, WrongType),
        (r#"{"templateType":"CollectionContent","template":""}"#, WrongType),
        (r#"{"templateType":[],"template":[]}"#, WrongType),
        (r#"{"templateType":"CollectionContent","template":[5]}"#, WrongType),
        (
            r#"{"templateType":"CollectionContent","template":[{"templateType":"JsonPathContent","template":[]}]}"#,
            WrongType,
        ),
        (r#"{"templateType":"CollectionContent","template":[{"template":{}}]}"#, MissingMember),
        (r#"{"templateType":"x","template":[]}"#, UnknownTemplateType),
    ] {
        let error = DeviceMapping::new(text.as_bytes(), Mode::Compat).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
    }
    // Names without regard to case, and the last of two members counts.
    let text = r#"{"TEMPLATETYPE":"CollectionContent","templateType":"collectionContent","Template":[]}"#;
    assert!(DeviceMapping::new(text.as_bytes(), Mode::Compat).is_ok());
    let twice = r#"{"templateType":"x","templateType":"CollectionContent","template":[]}"#;
    assert!(DeviceMapping::new(twice.as_bytes(), Mode::Compat).is_ok());
    assert_eq!(DeviceMapping::new(twice.as_bytes(), Mode::Strict).unwrap_err().kind(), ErrorKind::Json);
    let lenient = "// a comment\n{'templateType':'CollectionContent', template: [],}";
    assert!(DeviceMapping::new(lenient.as_bytes(), Mode::Compat).is_ok());
    assert!(DeviceMapping::new(lenient.as_bytes(), Mode::Strict).is_err());
}

#[test]
fn mistakes_in_device_templates() {
    use ErrorKind::{
        ExpressionSyntax, InvalidValue, MissingMember, UnknownFunction, UnknownMember, WrongArity, WrongType,
    };
    let good = json!({});
    assert!(DeviceMapping::new(calculated(&good).as_bytes(), Mode::Strict).is_ok());
    for (changes, kind, path) in [
        (json!({"typeName": null}), MissingMember, "typeName"),
        (json!({"typeName": []}), WrongType, "typeName"),
        (json!({"typeMatchExpression": null}), MissingMember, "typeMatchExpression"),
        (json!({"deviceIdExpression": null}), MissingMember, "deviceIdExpression"),
        (json!({"timestampExpression": null}), MissingMember, "timestampExpression"),
        (json!({"unit": "x"}), UnknownMember, "unit"),
        (json!({"values": {}}), WrongType, "values"),
        (json!({"values": [5]}), WrongType, "values[0]"),
        (json!({"values": [{"valueName": "a"}]}), MissingMember, "values[0].valueExpression"),
        (json!({"values": [{"valueExpression": "a"}]}), MissingMember, "values[0].valueName"),
        (
            json!({"values": [{"valueName": "a", "valueExpression": "b", "unit": 1}]}),
            UnknownMember,
            "values[0].unit",
        ),
        (
            json!({"values": [{"valueName": "a", "valueExpression": "b", "required": "x"}]}),
            WrongType,
            "values[0].required",
        ),
        (json!({"defaultExpressionLanguage": "XPath"}), InvalidValue, "defaultExpressionLanguage"),
        (json!({"deviceIdExpression": {"language": "JsonPath"}}), MissingMember, "deviceIdExpression.value"),
        (
            json!({"deviceIdExpression": {"value": "a", "language": "x"}}),
            InvalidValue,
            "deviceIdExpression.language",
        ),
        (json!({"deviceIdExpression": ["a"]}), WrongType, "deviceIdExpression"),
        (
            json!({"deviceIdExpression": {"value": "a b", "language": "JmesPath"}}),
            ExpressionSyntax,
            "deviceIdExpression",
        ),
        (
            json!({"deviceIdExpression": {"value": "f(a)", "language": "JmesPath"}}),
            UnknownFunction,
            "deviceIdExpression",
        ),
        (
            json!({"deviceIdExpression": {"value": "add(a)", "language": "JmesPath"}}),
            WrongArity,
            "deviceIdExpression",
        ),
    ] {
        let error = DeviceMapping::new(calculated(&changes).as_bytes(), Mode::Compat).unwrap_err();
        assert_eq!(error.kind(), kind, "{changes}: {error}");
        assert_eq!(error.path(), format!("template[0].template.{path}"), "{changes}");
        assert!(error.position().is_some(), "{changes}");
        assert!(error.others().is_empty(), "{changes}: {error}");
    }
    // Expressions as objects belong to CalculatedContent alone, and so does the default language.
    let plain = json!({"typeName": "a", "typeMatchExpression": "$", "deviceIdExpression": {"value": "$.d"},
        "timestampExpression": "$.t"});
    let error = DeviceMapping::new(device("JsonPathContent", &plain).as_bytes(), Mode::Compat).unwrap_err();
    assert_eq!((error.kind(), error.path()), (WrongType, "template[0].template.deviceIdExpression"));
    let plain = json!({"typeName": "a", "typeMatchExpression": "$", "deviceIdExpression": "$.d",
        "timestampExpression": "$.t", "defaultExpressionLanguage": "JsonPath"});
    let error = DeviceMapping::new(device("JsonPathContent", &plain).as_bytes(), Mode::Compat).unwrap_err();
    assert_eq!(error.kind(), UnknownMember);
}

#[test]
fn what_device_templates_may_leave_out_or_write_otherwise() {
    for (changes, expected) in [
        (json!({}), MEASURED),
        (json!({"values": null}), "hr d1 2024-03-05T10:00:07Z"),
        (json!({"values": []}), "hr d1 2024-03-05T10:00:07Z"),
        (json!({"typeName": 5}), "5 d1 2024-03-05T10:00:07Z hr=61"),
        (
            json!({"values": [{"valueName": "a", "valueExpression": "$.matchedToken.hr", "required": "TRUE"},
                {"valueName": "a", "valueExpression": "$.Body.d", "required": 0},
                {"valueName": "b", "valueExpression": "$.none", "required": "false"}]}),
            "hr d1 2024-03-05T10:00:07Z a=61 a=d1",
        ),
        (json!({"deviceIdExpression": {"value": "Body.d", "language": "jmespath", "note": 1}}), MEASURED),
        (
            json!({"defaultExpressionLanguage": "JMESPATH", "typeMatchExpression": "[Body][?hr]",
                "deviceIdExpression": "matchedToken.d", "timestampExpression": "Body.t",
                "values": [{"valueName": "hr", "valueExpression": {"value": "$.matchedToken.hr", "language": "JsonPath"}}]}),
            MEASURED,
        ),
        (
            json!({"patientIdExpression": " ", "encounterIdExpression": "", "correlationIdExpression": "  "}),
            MEASURED,
        ),
        (
            json!({"patientIdExpression": "$.Body.d", "encounterIdExpression": "$.Body.hr"}),
            "hr d1 2024-03-05T10:00:07Z p:d1 e:61 hr=61",
        ),
    ] {
        assert_eq!(short(&calculated(&changes), MESSAGE, Mode::Compat), expected, "{changes}");
    }
}

#[test]
fn what_expressions_see() {
    let plain = |changes: &Value| {
        let mut template = json!({"typeName": "hr", "typeMatchExpression": "$..[?(@hr)]", "deviceIdExpression": "$.d",
            "timestampExpression": "$.t", "values": [{"valueName": "hr", "valueExpression": "$.hr", "required": true}]});
        for (name, value) in changes.as_object().unwrap() {
            template[name] = value.clone();
        }
        template
    };
    // The matched token is the root of the plain templates: nothing above it is in sight.
    let nested = r#"{"d":"outer","readings":[{"hr":61,"d":"d1","t":"2024-03-05T10:00:07Z"},{"hr":62,"t":"2024-03-05T10:00:08Z"}]}"#;
    assert_eq!(
        short(&device("JsonPathContent", &plain(&json!({}))), nested, Mode::Compat),
        format!("{MEASURED} ; MissingValue")
    );
    assert_eq!(short(&device("JsonPathContent", &plain(&json!({}))), nested, Mode::Strict), "MissingValue");
    // CalculatedContent sees the message and the match.
    let both = calculated(&json!({"deviceIdExpression": "$.Body.d"}));
    assert_eq!(
        short(&both, nested, Mode::Compat),
        "hr outer 2024-03-05T10:00:07Z hr=61 ; hr outer 2024-03-05T10:00:08Z hr=62"
    );
    // A member of the message with the reserved name is hidden while expressions run.
    let reserved = r#"{"Body":{"hr":61,"d":"d1","t":"2024-03-05T10:00:07Z"},"matchedToken":{"d":"wrong"}}"#;
    let mapping = DeviceMapping::new(calculated(&json!({})).as_bytes(), Mode::Compat).unwrap();
    let event = Event::from_root(reserved.as_bytes(), Mode::Compat).unwrap();
    let mut out = Vec::new();
    mapping.normalize(event.root(), &Limits::default(), &mut out).unwrap();
    assert_eq!(out.iter().map(describe).collect::<Vec<_>>(), [MEASURED]);
    // The match may be made up.
    let made = calculated(&json!({
        "typeMatchExpression": {"value": "Body.list[].{hr: v, d: to_string(i), t: '2024-03-05T10:00:07Z'}", "language": "JmesPath"},
    }));
    let message = r#"{"list":[{"v":61,"i":1},{"v":62.50,"i":2}]}"#;
    let expected = "hr 1 2024-03-05T10:00:07Z hr=61 ; hr 2 2024-03-05T10:00:07Z hr=62.5";
    assert_eq!(short(&made, message, Mode::Compat), expected);
    assert_eq!(short(&made, message, Mode::Strict), expected.replace("62.5", "62.50"));
    // Hubs bring the device and the time.
    let hub = device(
        "IotJsonPathContent",
        &json!({"typeName": "hr", "typeMatchExpression": "$..[?(@Body.hr)]",
        "deviceIdExpression": "$.Body.d", "values": [{"valueName": "hr", "valueExpression": "$.Body.hr"}]}),
    );
    let enveloped = |properties: &str| {
        format!(
            r#"{{"Body":{{"hr":61,"d":"other"}},"Properties":{properties},
            "SystemProperties":{{"iothub-connection-device-id":"d1","iothub-enqueuedtime":"2024-03-05T10:00:09Z"}}}}"#
        )
    };
    assert_eq!(
        short(&hub, &enveloped(r#"{"iothub-creation-time-utc":"2024-03-05T10:00:07Z"}"#), Mode::Compat),
        MEASURED
    );
    let enqueued = "hr d1 2024-03-05T10:00:09Z hr=61";
    assert_eq!(short(&hub, &enveloped("{}"), Mode::Compat), enqueued);
    assert_eq!(
        short(&hub, &enveloped(r#"{"iothub-creation-time-utc":"yesterday"}"#), Mode::Compat),
        enqueued
    );
    let central = device(
        "IotCentralJsonPathContent",
        &json!({"typeName": "hr", "typeMatchExpression": "$..[?(@telemetry.hr)]",
        "values": [{"valueName": "hr", "valueExpression": "$.telemetry.hr"}]}),
    );
    let message = r#"{"deviceId":"d1","enqueuedTime":"2024-03-05T10:00:07Z","telemetry":{"hr":61}}"#;
    assert_eq!(short(&central, message, Mode::Compat), MEASURED);
}

#[test]
fn required_and_optional_fields() {
    use ErrorKind::{Evaluation, Incompatible, MissingValue, SeveralValues};
    let field = |name: &str, expression: Value| calculated(&json!({name: expression}));
    let value = |expression: &str, language: &str, required: bool| {
        calculated(&json!({"values": [{"valueName": "v", "required": required,
            "valueExpression": {"value": expression, "language": language}}]}))
    };
    let message = r#"{"hr":61,"d":"d1","t":"2024-03-05T10:00:07Z","null":null,"empty":"","blank":"  ","list":[1,2],
        "one":[1],"object":{},"big":12345678901234567890,"text":"abc","rows":[{"x":1},{"x":2}],"row":[{"x":1}],"none":[]}"#;
    let base = "hr d1 2024-03-05T10:00:07Z";
    for (expression, language, required, expected) in [
        ("$.Body.text", "JsonPath", true, Ok("abc")),
        ("$.Body.missing", "JsonPath", true, Err(MissingValue)),
        ("$.Body.missing", "JsonPath", false, Ok("-")),
        ("$.Body.null", "JsonPath", true, Err(MissingValue)),
        ("$.Body.null", "JsonPath", false, Ok("-")),
        ("$.Body.empty", "JsonPath", true, Err(MissingValue)),
        ("$.Body.empty", "JsonPath", false, Ok("")),
        ("$.Body.blank", "JsonPath", true, Err(MissingValue)),
        ("$.Body.blank", "JsonPath", false, Ok("  ")),
        ("$.Body.object", "JsonPath", true, Err(Incompatible)),
        ("$.Body.object", "JsonPath", false, Ok("-")),
        ("$.Body.list", "JsonPath", false, Ok("-")),
        ("$.Body.big", "JsonPath", true, Err(Incompatible)),
        ("$.Body.big", "JsonPath", false, Ok("-")),
        // Several tokens and failing functions are errors even where a value is optional.
        ("$.Body.list[*]", "JsonPath", false, Err(SeveralValues)),
        ("$.Body.one[*]", "JsonPath", false, Ok("1")),
        ("$.Body.list[-1]", "JsonPath", false, Err(Evaluation)),
        ("$.Body[", "JsonPath", false, Err(ErrorKind::ExpressionSyntax)),
        ("Body.missing", "JmesPath", true, Err(MissingValue)),
        ("Body.null", "JmesPath", false, Ok("-")),
        ("add(Body.missing, `1`)", "JmesPath", false, Err(Evaluation)),
        ("Body.rows[].x", "JmesPath", false, Err(SeveralValues)),
        // A projection of one or none is a list, which has no text.
        ("Body.row[].x", "JmesPath", true, Err(Incompatible)),
        ("Body.row[].x", "JmesPath", false, Ok("-")),
        ("Body.none[].x", "JmesPath", false, Ok("-")),
        ("Body.row[].x | [0]", "JmesPath", true, Ok("1")),
    ] {
        let found = short(&value(expression, language, required), message, Mode::Compat);
        let expected = match expected {
            Ok("-") => base.to_owned(),
            Ok(text) => format!("{base} v={text}"),
            Err(kind) => format!("{kind:?}"),
        };
        assert_eq!(found, expected, "{expression} required: {required}");
    }
    for (name, expression, expected) in [
        ("deviceIdExpression", "$.Body.missing", "MissingValue"),
        ("deviceIdExpression", "$.Body.empty", "MissingValue"),
        ("deviceIdExpression", "$.Body.list", "Incompatible"),
        ("deviceIdExpression", "  ", "MissingValue"),
        ("timestampExpression", "$.Body.missing", "MissingValue"),
        ("timestampExpression", "$.Body.null", "MissingValue"),
        ("timestampExpression", "$.Body.text", "Incompatible"),
        ("timestampExpression", "$.Body.hr", "Incompatible"),
        ("correlationIdExpression", "$.Body.missing", "MissingValue"),
        ("correlationIdExpression", "$.Body.text", "hr d1 2024-03-05T10:00:07Z c:abc hr=61"),
        ("patientIdExpression", "$.Body.missing", MEASURED),
        ("patientIdExpression", "$.Body.list", MEASURED),
        ("typeMatchExpression", "$..[?(@none == 'x')]", ""),
        ("typeMatchExpression", " ", "MissingValue"),
        ("typeMatchExpression", "$[", "ExpressionSyntax"),
    ] {
        assert_eq!(
            short(&field(name, json!(expression)), message, Mode::Compat),
            expected,
            "{name}: {expression}"
        );
    }
    // An error names the member and its place, and no value.
    let (_, error) = normalize(&field("deviceIdExpression", json!("$.Body.list")), message, Mode::Compat);
    let error = error.unwrap();
    assert_eq!(error.path(), "template[0].template.deviceIdExpression");
    assert!(error.position().is_some());
    assert!(!error.to_string().contains("d1"));
}

#[test]
fn values_become_texts() {
    let mapping = calculated(&json!({"values": [{"valueName": "v", "valueExpression": "$.Body.v"}]}));
    for (value, compat, strict) in [
        ("\"abc\"", "abc", "abc"),
        ("61", "61", "61"),
        ("-0", "0", "-0"),
        ("60.0", "60", "60.0"),
        ("98.60", "98.6", "98.60"),
        ("1e2", "100", "1e2"),
        ("0.00001", "1E-05", "0.00001"),
        ("1000000000000000000000.0", "1E+21", "1000000000000000000000.0"),
        ("true", "True", "true"),
        ("false", "False", "false"),
        ("\"2019-02-01T22:46:01.875Z\"", "02/01/2019 22:46:01", "2019-02-01T22:46:01.875Z"),
        ("\"2019-02-01T22:46:01+02:00\"", "02/01/2019 20:46:01", "2019-02-01T22:46:01+02:00"),
        ("\"2019-02-01 22:46:01\"", "2019-02-01 22:46:01", "2019-02-01 22:46:01"),
        ("\"/Date(0)/\"", "01/01/1970 00:00:00", "/Date(0)/"),
    ] {
        let message = format!(r#"{{"hr":61,"d":"d1","t":"2024-03-05T10:00:07Z","v":{value}}}"#);
        let expected = |text: &str| format!("hr d1 2024-03-05T10:00:07Z v={text}");
        assert_eq!(short(&mapping, &message, Mode::Compat), expected(compat), "{value}");
        assert_eq!(short(&mapping, &message, Mode::Strict), expected(strict), "{value}");
    }
    let message = r#"{"hr":61,"d":"2019-02-01T22:46:01Z","t":"2024-03-05T10:00:07Z"}"#;
    assert!(short(&mapping, message, Mode::Compat).starts_with("hr 02/01/2019 22:46:01 "), "device ids too");
}

#[test]
fn texts_become_instants() {
    for (time, compat, strict) in [
        ("\"2024-03-05T10:00:07Z\"", "2024-03-05T10:00:07Z", true),
        ("\"2024-03-05T10:00:07.1234567Z\"", "2024-03-05T10:00:07.1234567Z", true),
        ("\"2024-03-05T12:00:07+02:00\"", "2024-03-05T10:00:07Z", true),
        ("\"2024-03-05T10:00:07\"", "2024-03-05T10:00:07Z", false),
        ("\"2024-03-05\"", "2024-03-05T00:00:00Z", false),
        ("\"3/5/2024 10:00:07 AM\"", "2024-03-05T10:00:07Z", false),
        ("\"Tue, 05 Mar 2024 10:00:07 GMT\"", "2024-03-05T10:00:07Z", false),
        ("\"soon\"", "Incompatible", false),
        ("1709632807", "Incompatible", false),
        ("true", "Incompatible", false),
        ("null", "MissingValue", false),
        ("[]", "Incompatible", false),
    ] {
        let message = format!(r#"{{"hr":61,"d":"d1","t":{time}}}"#);
        let found = short(&calculated(&json!({})), &message, Mode::Compat);
        let expected =
            if compat.starts_with('2') { format!("hr d1 {compat} hr=61") } else { compat.to_owned() };
        assert_eq!(found, expected, "{time}");
        let found = short(&calculated(&json!({})), &message, Mode::Strict);
        assert_eq!(found == expected && strict, strict, "{time}: {found}");
        assert!(strict || found == "Incompatible" || found == "MissingValue", "{time}: {found}");
    }
    let unix = calculated(&json!({"timestampExpression":
        {"value": "fromUnixTimestampMs(matchedToken.t)", "language": "JmesPath"}}));
    for mode in [Mode::Compat, Mode::Strict] {
        let message = r#"{"hr":61,"d":"d1","t":1709632807250}"#;
        assert_eq!(short(&unix, message, mode), "hr d1 2024-03-05T10:00:07.25Z hr=61");
    }
}

#[test]
fn every_template_is_tried_in_order() {
    let one = |name: &str, path: &str, device: &str| {
        json!({"templateType": "JsonPathContent", "template": {"typeName": name, "typeMatchExpression": path,
            "deviceIdExpression": device, "timestampExpression": "$.t",
            "values": [{"valueName": "v", "valueExpression": format!("$.{name}")}]}})
    };
    let mapping = |templates: Vec<Value>| {
        json!({"templateType": "CollectionContent", "template": templates}).to_string()
    };
    let message =
        r#"[{"a":1,"d":"d1","t":"2024-03-05T10:00:07Z"},{"b":2,"a":3,"d":"d2","t":"2024-03-05T10:00:08Z"}]"#;
    let three = mapping(vec![
        one("b", "$..[?(@b)]", "$.d"),
        one("x", "$..[?(@x)]", "$.d"),
        one("a", "$..[?(@a)]", "$.d"),
    ]);
    assert_eq!(
        short(&three, message, Mode::Compat),
        "b d2 2024-03-05T10:00:08Z v=2 ; a d1 2024-03-05T10:00:07Z v=1 ; a d2 2024-03-05T10:00:08Z v=3"
    );
    // A failing template keeps what came before and hides what comes after; strict keeps nothing.
    let failing = mapping(vec![
        one("b", "$..[?(@b)]", "$.d"),
        one("x", "$..[?(@a)]", "$.none"),
        one("a", "$..[?(@a)]", "$.d"),
        one("y", "$..[?(@y)]", "$.d"),
    ]);
    assert_eq!(short(&failing, message, Mode::Compat), "b d2 2024-03-05T10:00:08Z v=2 ; MissingValue");
    assert_eq!(short(&failing, message, Mode::Strict), "MissingValue");
    assert_eq!(short(&three, "{}", Mode::Compat), "");
}

#[test]
fn the_root_must_be_an_object() {
    let mapping = DeviceMapping::new(calculated(&json!({})).as_bytes(), Mode::Compat).unwrap();
    for text in ["[]", "5", "null", "\"x\""] {
        let event = Event::from_root(text.as_bytes(), Mode::Compat).unwrap();
        let error = mapping.normalize(event.root(), &Limits::default(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAnObject, "{text}");
    }
}

#[test]
fn a_message_costs_no_more_than_its_limits() {
    let mapping = DeviceMapping::new(calculated(&json!({})).as_bytes(), Mode::Strict).unwrap();
    let message = format!("[{}]", vec![MESSAGE; 50].join(","));
    let event = Event::from_payload(message.as_bytes(), Mode::Strict).unwrap();
    let mut limits = Limits::default();
    let mut out = Vec::new();
    mapping.normalize(event.root(), &limits, &mut out).unwrap();
    assert_eq!(out.len(), 50);
    limits.measurements = 49;
    let error = mapping.normalize(event.root(), &limits, &mut out).unwrap_err();
    assert_eq!((error.kind(), out.len()), (ErrorKind::Budget, 50));
    limits = Limits::default();
    limits.steps = 500;
    let error = mapping.normalize(event.root(), &limits, &mut out).unwrap_err();
    assert_eq!((error.kind(), out.len()), (ErrorKind::Budget, 50));
}

#[test]
fn mistakes_in_fhir_templates() {
    use ErrorKind::{DuplicateTemplate, InvalidValue, MissingMember, UnknownMember, WrongType};
    let fhir = |changes: &Value| {
        let mut template = json!({"typeName": "hr", "codes": [{"code": "8867-4", "system": "http://loinc.org"}],
            "value": {"valueType": "Quantity", "valueName": "hr", "unit": "/min"}});
        for (name, value) in changes.as_object().unwrap() {
            template[name] = value.clone();
        }
        json!({"templateType": "CollectionFhir", "template": [{"templateType": "CodeValueFhir", "template": template}]})
    };
    for (changes, kind, path) in [
        (json!({"typeName": null}), MissingMember, "typeName"),
        (json!({"typeName": "  "}), InvalidValue, "typeName"),
        (json!({"codes": null}), MissingMember, "codes"),
        (json!({"codes": {}}), WrongType, "codes"),
        (json!({"codes": [{"code": "a", "version": "b"}]}), UnknownMember, "codes[0].version"),
        (json!({"unit": "x"}), UnknownMember, "unit"),
        (json!({"periodInterval": "weekly"}), InvalidValue, "periodInterval"),
        (json!({"periodInterval": 1.5}), InvalidValue, "periodInterval"),
        (json!({"value": {"valueName": "hr"}}), MissingMember, "value.valueType"),
        (json!({"value": {"valueType": "Range", "valueName": "hr"}}), InvalidValue, "value.valueType"),
        (
            json!({"value": {"valueType": "SampledData", "defaultPeriod": "soon"}}),
            WrongType,
            "value.defaultPeriod",
        ),
        (json!({"components": [{"codes": []}]}), MissingMember, "components[0].value"),
        (
            json!({"components": [{"code": [], "value": {"valueType": "String"}}]}),
            UnknownMember,
            "components[0].code",
        ),
        (json!({"category": [{"text": "x", "code": "y"}]}), UnknownMember, "category[0].code"),
    ] {
        let error = FhirMapping::new(fhir(&changes).to_string().as_bytes(), Mode::Compat).unwrap_err();
        assert_eq!(error.kind(), kind, "{changes}: {error}");
        assert_eq!(error.path(), format!("template[0].template.{path}"), "{changes}");
        assert!(error.position().is_some(), "{changes}");
    }
    for changes in [
        json!({}),
        json!({"value": null, "codes": []}),
        // Members that a value does not define are passed over.
        json!({"value": {"valueType": "quantity", "valueName": "hr", "lowerLimit": 1, "codes": [{"x": 1}]}}),
        json!({"category": [{"text": "x"}]}),
        json!({"components": [{"value": {"valueType": "STRING"}}]}),
    ] {
        assert!(FhirMapping::new(fhir(&changes).to_string().as_bytes(), Mode::Strict).is_ok(), "{changes}");
    }
    for (interval, period) in [
        (json!(0), Period::Single),
        (json!(60), Period::Hourly),
        (json!(1440), Period::Daily),
        (json!(-1), Period::Correlation),
        (json!("60"), Period::Hourly),
        (json!("daily"), Period::Daily),
        (json!("CorrelationId"), Period::Correlation),
        (json!(5), Period::Unsupported),
        (Value::Null, Period::Single),
    ] {
        let text = fhir(&json!({"periodInterval": interval})).to_string();
        let mapping = FhirMapping::new(text.as_bytes(), Mode::Compat).unwrap();
        assert_eq!(mapping.template("HR").unwrap().period(), period, "{interval}");
    }
    let mut twice = fhir(&json!({}));
    let mut second = twice["template"][0].clone();
    second["template"]["typeName"] = json!("HR");
    twice["template"].as_array_mut().unwrap().push(second);
    let error = FhirMapping::new(twice.to_string().as_bytes(), Mode::Compat).unwrap_err();
    assert_eq!((error.kind(), error.path()), (DuplicateTemplate, "template[1].template.typeName"));
}

#[test]
fn warnings_name_what_messages_will_lose() {
    let device = json!({"templateType": "CollectionContent", "template": [
        {"templateType": "JsonPathContent", "template": {"typeName": "hr", "typeMatchExpression": "$[", "deviceIdExpression": "$.d",
            "timestampExpression": "$.t", "values": [{"valueName": "hr", "valueExpression": "$.hr"},
            {"valueName": "extra", "valueExpression": "$.x"}]}},
        {"templateType": "JsonPathContent", "template": {"typeName": "lost", "typeMatchExpression": "$", "deviceIdExpression": "$.d",
            "timestampExpression": "$.t"}}]});
    let fhir = json!({"templateType": "CollectionFhir", "template": [{"templateType": "CodeValueFhir",
        "template": {"typeName": "HR", "codes": [], "value": {"valueType": "Quantity", "valueName": "hr"}}}]});
    let mapper =
        Mapper::new(device.to_string().as_bytes(), fhir.to_string().as_bytes(), Mode::Compat).unwrap();
    let found: Vec<(ErrorKind, String)> =
        mapper.warnings().iter().map(|warning| (warning.kind(), warning.path().to_owned())).collect();
    assert_eq!(
        found,
        [
            (ErrorKind::ExpressionSyntax, "template[0].template.typeMatchExpression".to_owned()),
            (ErrorKind::UnusedValue, "template[0].template.values[1].valueExpression".to_owned()),
            (ErrorKind::TemplateNotFound, "template[1].template.typeName".to_owned()),
        ]
    );
    let error =
        Mapper::new(device.to_string().as_bytes(), fhir.to_string().as_bytes(), Mode::Strict).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpressionSyntax, "strict refuses the path at once");
    let mapper =
        Mapper::new(default_device_mapping().as_bytes(), default_fhir_mapping().as_bytes(), Mode::Strict)
            .unwrap();
    assert!(mapper.warnings().is_empty());
}

#[test]
fn explanations_say_what_fed_what() {
    let mapper =
        Mapper::new(default_device_mapping().as_bytes(), default_fhir_mapping().as_bytes(), Mode::Strict)
            .unwrap();
    let message = r#"{"deviceId":"d1","patientId":"p1","readings":[
        {"time":"2024-03-05T10:00:07Z","heartRate":61},{"heartRate":62,"systolic":120}]}"#;
    let event = mapper.event(message.as_bytes()).unwrap();
    let explanations = mapper.explain(event.root());
    assert_eq!(explanations.len(), 8);
    let hr = &explanations[0];
    assert_eq!((hr.type_name.as_str(), hr.template.as_str()), ("heartRate", "template[0].template"));
    assert_eq!(hr.matches.len(), 2);
    let first = &hr.matches[0];
    let text = |span: &Option<std::ops::Range<usize>>| span.clone().map(|span| &event.text()[span]);
    assert_eq!(text(&first.span), Some(r#"{"time":"2024-03-05T10:00:07Z","heartRate":61}"#));
    assert_eq!(
        describe(first.measurement.as_ref().unwrap()),
        "heartRate d1 2024-03-05T10:00:07Z p:p1 heartRate=61"
    );
    let fed: Vec<(&str, Option<&str>)> = first
        .fields
        .iter()
        .map(|field| (field.member.rsplit("template.").next().unwrap(), text(&field.span)))
        .collect();
    assert_eq!(
        fed,
        [
            ("deviceIdExpression", Some("\"d1\"")),
            ("timestampExpression", Some("\"2024-03-05T10:00:07Z\"")),
            ("patientIdExpression", Some("\"p1\"")),
            ("encounterIdExpression", None),
            ("values[0].valueExpression", Some("61")),
        ]
    );
    let error = hr.matches[1].measurement.as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.path()),
        (ErrorKind::MissingValue, "template[0].template.timestampExpression")
    );
    assert!(
        explanations[4].matches.is_empty() && explanations[4].error.is_none(),
        "no diastolic, no blood pressure"
    );
}

#[test]
fn a_mapper_serves_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Mapper>();
    shared::<Event>();
    shared::<Measurement<'static>>();
    shared::<Error>();
}
