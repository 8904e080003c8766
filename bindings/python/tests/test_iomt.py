"""Device messages: measurements, Observations, expressions, mappings with mistakes."""

import json
from decimal import Decimal

import hygea
import pytest
from hygea import iomt

DEVICE = {
    "templateType": "CollectionContent",
    "template": [
        {
            "templateType": "JsonPathContent",
            "template": {
                "typeName": "heartrate",
                "typeMatchExpression": "$..[?(@hr)]",
                "deviceIdExpression": "$.device",
                "patientIdExpression": "$.patient",
                "timestampExpression": "$.at",
                "values": [{"valueName": "hr", "valueExpression": "$.hr", "required": "true"}],
            },
        }
    ],
}
FHIR = {
    "templateType": "CollectionFhir",
    "template": [
        {
            "templateType": "CodeValueFhir",
            "template": {
                "typeName": "heartrate",
                "codes": [{"code": "8867-4", "system": "http://loinc.org", "display": "Heart rate"}],
                "periodInterval": 0,
                "value": {"valueType": "Quantity", "valueName": "hr", "unit": "/min"},
            },
        }
    ],
}


def message(rate, at="2026-11-20T10:00:00Z", device="d1"):
    return {"Body": {"hr": rate, "device": device, "patient": "p1", "at": at}}


@pytest.fixture
def mapper():
    device = json.loads(json.dumps(DEVICE).replace('"$.', '"$.Body.'))
    device["template"][0]["template"]["typeMatchExpression"] = "$..[?(@hr)]"
    return iomt.Mapper(device=device, fhir=FHIR)


def test_a_measurement_is_a_dict(mapper):
    # A template sees the whole message and, as `matchedToken`, what its match expression selected.
    wanted = {
        "Type": "heartrate",
        "OccurrenceTimeUtc": "2026-11-20T10:00:00Z",
        "DeviceId": "d1",
        "PatientId": "p1",
        "Properties": [{"Name": "hr", "Value": "61"}],
    }
    for event in (message(61), json.dumps(message(61)), json.dumps(message(61)).encode()):
        assert mapper.normalize(event) == [wanted]
    assert mapper.normalize({"Body": {"other": 1}}) == []


def test_the_root_is_not_wrapped():
    assert len(iomt.Mapper(device=DEVICE, fhir=FHIR).normalize({"at": "2026-11-20T10:00:00Z", "hr": 1, "device": "d"})) <= 1
    assert iomt.evaluate("$.hr", {"hr": 1}) == [1]
    assert iomt.evaluate("$.Body.hr", {"hr": 1}) == []


def test_many_messages_give_a_list_each(mapper):
    many = [json.dumps(message(rate)).encode() for rate in range(60, 70)] + [b'{"Body": {}}']
    made = mapper.normalize_many(many)
    assert [len(one) for one in made] == [1] * 10 + [0]
    assert made == [mapper.normalize(one) for one in many]
    with pytest.raises(hygea.HygeaError, match="message 1"):
        mapper.normalize_many([many[0], b"{"])


def test_observations_of_a_batch(mapper):
    first, second = mapper.observations([message(61), message(Decimal("62.50"), at="2026-11-20T10:00:01Z")])
    assert first.resource_type == "Observation" and first.id != second.id
    assert first.path("code.coding.where(system = 'http://loinc.org').code") == ["8867-4"]
    assert [one.path("value.value")[0] for one in (first, second)] == [61, Decimal("62.5")]
    assert first["status"] == "final" and first["subject"]["reference"].startswith("Patient/")
    assert hygea.fhir.validate(first) == []
    assert mapper.observations([]) == []
    again = mapper.observations([message(61)])
    assert again[0].id == first.id


@pytest.mark.parametrize("mode", ["compat", "strict"])
def test_the_default_mappings(mode):
    mapper = iomt.Mapper(mode=mode)
    assert mapper.mode == mode and mapper.warnings == []
    device, fhir = iomt.default_mappings()
    assert json.loads(device)["templateType"] == "CollectionContent"
    assert json.loads(fhir)["templateType"] == "CollectionFhir"
    body = {"deviceId": "d1", "patientId": "p1", "time": "2026-11-20T10:00:00Z", "systolic": 120, "diastolic": 80}
    [pressure] = mapper.observations([{"Body": body}])
    assert sorted(pressure.path("component.value.value")) == [80, 120]


def test_a_mapping_with_mistakes_names_member_and_line():
    lines = json.dumps(DEVICE, indent=1).replace("typeMatchExpression", "typeMatchExpresion")
    wanted = 1 + next(number for number, line in enumerate(lines.splitlines()) if "typeMatchExpresion" in line)
    with pytest.raises(hygea.ParseError) as refused:
        iomt.Mapper(device=lines, fhir=FHIR)
    assert f"line {wanted}," in str(refused.value)
    [issue] = [one for one in refused.value.issues if one["expression"].endswith("typeMatchExpresion")]
    assert f"line {wanted}," in issue["diagnostics"]
    with pytest.raises(hygea.ParseError):
        iomt.Mapper(device=DEVICE, fhir=b'{"templateType": "CollectionFhir", "template": 7}')
    with pytest.raises(hygea.HygeaError, match="compat"):
        iomt.Mapper(mode="other")


def test_expressions():
    event = {"inches": 72, "all": [1, 2.5, "x", None, {"a": True}]}
    assert iomt.evaluate("$.all[*]", event) == [1, Decimal("2.5"), "x", None, {"a": True}]
    assert iomt.evaluate("multiply(inches, `0.0254`)", event, language="JmesPath") == [Decimal("1.8288")]
    assert iomt.evaluate("$.none", event) == []
    for expression, language in (("$.[", "JsonPath"), ("nothing(", "JmesPath"), ("$", "XPath")):
        with pytest.raises(hygea.HygeaError):
            iomt.evaluate(expression, event, language=language)


SAMPLES = (
    ("calculatedcontent/conversions-using-functions", ("testMessageA.json", "testMessageB.json")),
    ("iotjsonpathcontent/single-device-message-into-multiple-resources", ("testMessage.json",)),
)


@pytest.mark.parametrize(("folder", "messages"), SAMPLES)
def test_the_medtech_samples(reference_data, folder, messages):
    folder = reference_data / "iomt/medtech-samples" / folder
    if not folder.is_dir():
        pytest.skip("the samples are not there")
    mapper = iomt.Mapper(
        device=(folder / "deviceMapping.json").read_bytes(), fhir=(folder / "fhirDestinationMapping.json").read_bytes()
    )
    for name in messages:
        payload = (folder / name).read_bytes()
        event = json.loads(payload)
        if not isinstance(event, dict) or set(event) != {"Body", "Properties", "SystemProperties"}:
            payload = b'{"Body": ' + payload + b', "Properties": {}, "SystemProperties": {}}'
        measurements = mapper.normalize(payload)
        assert measurements and all(one["DeviceId"] and one["Properties"] for one in measurements)
        observations = mapper.observations([payload])
        assert observations
        for observation in observations:
            assert hygea.fhir.validate(observation) == []
            assert observation["device"]["reference"].startswith("Device/")
