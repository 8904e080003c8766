"""Resources: parsing, validating, asking."""

from decimal import Decimal

import hygea
import pytest
from hygea import fhir, fhirpath, search

OBSERVATION = (
    '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},'
    '"effectiveDateTime":"2026-11-20T10:00:00Z","valueQuantity":{"value":72.50,"unit":"/min"}}'
)


@pytest.mark.parametrize("data", [OBSERVATION, OBSERVATION.encode(), fhir.parse(OBSERVATION).to_dict()])
def test_bytes_text_and_dict_are_read_without_loss(data):
    resource = fhir.parse(data)
    assert resource.to_json() == OBSERVATION
    assert resource.resource_type == "Observation"
    assert resource.to_dict()["valueQuantity"]["value"] == Decimal("72.50")
    assert "code" in resource and "subject" not in resource


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ('{"resourceType": "Patient", "name": [}', "name[0]"),
        ('{"resourceType": "Patient", "gender": "male", "gender": "female"}', "gender"),
        ('{"resourceType": "Nothing"}', "resourceType"),
        ("{}", "resourceType"),
    ],
)
def test_what_cannot_be_read_says_where(data, place):
    with pytest.raises(hygea.ParseError) as refused:
        fhir.parse(data)
    assert refused.value.issues[0]["expression"] == place


def test_strict_reading_lists_what_is_wrong():
    with pytest.raises(hygea.ParseError) as refused:
        fhir.parse({"resourceType": "Patient", "name": [{"given": "Ann"}], "birthDate": "1970-13-01"}, strict=True)
    assert {issue["expression"] for issue in refused.value.issues} == {"Patient.name[0].given", "Patient.birthDate"}


def test_validate_gives_issues():
    issues = fhir.validate(fhir.parse({"resourceType": "Observation", "status": "final"}))
    assert any("code" in issue["expression"] or "code" in issue["diagnostics"] for issue in issues)
    assert fhir.validate(fhir.parse(OBSERVATION)) == []


@pytest.mark.parametrize("data", [b"\xff", "", "[1]", "null", 7, {"resourceType": "Patient", "x": object()}, {"a": float("nan")}])
def test_no_input_ends_the_interpreter(data):
    with pytest.raises(hygea.HygeaError):
        fhir.parse(data)


def test_fhirpath_gives_python_values():
    observation = fhir.parse(OBSERVATION)
    table = {
        "Observation.status": ["final"],
        "value.value": [Decimal("72.50")],
        "code.coding.count()": [1],
        "code.coding.exists()": [True],
        "effective": ["2026-11-20T10:00:00Z"],
        "subject": [],
    }
    for expression, wanted in table.items():
        found = [value if not isinstance(value, str) else str(value) for value in observation.path(expression)]
        assert found == wanted, expression
    compiled = fhirpath.compile("code.coding.code")
    assert compiled.evaluate(observation) == ["8867-4"]
    with pytest.raises(hygea.HygeaError):
        fhirpath.evaluate("name.(", observation)


def test_search_without_an_index():
    assert search.matches("Observation", "code=http://loinc.org|8867-4&date=2026-11-20", OBSERVATION)
    assert not search.matches("Observation", "code=other", OBSERVATION)
    with pytest.raises(hygea.HygeaError):
        search.matches("Observation", "nothing=1", OBSERVATION)
