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
    return iomt.Mapper(device=DEVICE, fhir=FHIR)


def test_a_measurement_is_a_dict(mapper):
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
    assert iomt.evaluate("$.hr", {"hr": 1}) == [1]
    assert iomt.evaluate("$.Body.hr", {"hr": 1}) == []


def test_many_messages_give_a_list_each(mapper):
    many = [json.dumps(message(rate)).encode() for rate in range(60, 70)] + [b'{"Body": {}}']
    made = mapper.normalize_many(many)
    assert [len(one) for one in made] == [1] * 10 + [0]
    assert made == [mapper.normalize(one) for one in many]
    with pytest.raises(hygea.MappingError, match="message 1") as refused:
        mapper.normalize_many([many[0], b"{", many[1], b'{"Body": {"hr": 1}}'])
    assert refused.value.result == [made[0], [], made[1], []]
    assert [issue["diagnostics"].split(":")[0] for issue in refused.value.issues] == ["message 1", "message 3"]


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


def test_what_fails_takes_nothing_else_along(mapper):
    with pytest.raises(hygea.MappingError) as refused:
        mapper.observations([message(60), message("high", device="d2"), {"Body": {"hr": 1}}, message(61, device="d3")])
    assert [one.path("value.value") for one in refused.value.result] == [[60], [61]]
    places = [issue["diagnostics"].split(":")[0] for issue in refused.value.issues]
    assert sorted(places) == ["message 1", "message 2"]
    assert "high" not in str(refused.value.issues)
    with pytest.raises(hygea.MappingError) as refused:
        mapper.normalize({"Body": {"hr": 1}})
    assert refused.value.result == []


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


def sample(reference_data, name):
    folder = reference_data / "iomt/medtech-samples" / name
    if not folder.is_dir():
        pytest.skip("the samples are not there")
    device, rules = (folder / f"{part}Mapping.json" for part in ("device", "fhirDestination"))
    return folder, iomt.Mapper(device=device.read_bytes(), fhir=rules.read_bytes())


def test_the_sample_of_conversions(reference_data):
    folder, mapper = sample(reference_data, "calculatedcontent/conversions-using-functions")
    first, second = ({"Body": json.loads((folder / f"testMessage{name}.json").read_bytes())} for name in "AB")
    assert [len(one) for one in mapper.normalize_many([json.dumps(one).encode() for one in (first, second)])] == [1, 3]
    [observation] = mapper.observations([first])
    assert sorted(observation.path("component.value.value")) == [Decimal("1000.0463616"), Decimal("1.8288")][::-1]
    # The sample's own template takes one value an hour, and the second message has three.
    with pytest.raises(hygea.MappingError, match="Quantity") as refused:
        mapper.observations([first, second])
    assert [one.id for one in refused.value.result] == [observation.id]


def test_the_sample_of_a_hub(reference_data):
    folder, mapper = sample(reference_data, "iotjsonpathcontent/single-device-message-into-multiple-resources")
    event = {
        "Body": json.loads((folder / "testMessage.json").read_bytes()),
        "Properties": {"iothub-creation-time-utc": "2023-07-25T19:33:13.087Z"},
        "SystemProperties": {"iothub-connection-device-id": "sampleDeviceId"},
    }
    observations = mapper.observations([event])
    assert len(observations) == 5
    values = [value for one in observations for value in one.path("value.value | component.value.value")]
    assert values == [78, 30, 12, Decimal("98.6"), 80, 120]
    assert all(hygea.fhir.validate(one) == [] for one in observations)
