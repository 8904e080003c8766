"""The engine as Python programmers call it."""

import gc
import threading
from decimal import Decimal

import hygea
import pytest

PATIENT = {"resourceType": "Patient", "name": [{"family": "Smith", "given": ["Ann"]}], "birthDate": "1970-01-01"}


@pytest.fixture(params=["memory", "folder"])
def fhir(request, tmp_path):
    path = None if request.param == "memory" else tmp_path / "data"
    with hygea.Engine.open(path, dev=True) as engine:
        yield engine.fhir("demo", "r4")


def test_what_is_created_can_be_read_updated_found_and_deleted(fhir):
    created = fhir.create(PATIENT)
    assert created.id and created["meta"]["versionId"] == "1"
    assert fhir.read("Patient", created.id) == created
    changed = {**created.to_dict(), "birthDate": "1971-02-03"}
    updated = fhir.update(changed, if_match="1")
    assert updated["meta"]["versionId"] == "2"
    with pytest.raises(hygea.RequestError) as refused:
        fhir.update(changed, if_match="1")
    assert refused.value.status == 412
    assert [found.id for found in fhir.search("Patient", family="smith", birthdate="1971-02-03")] == [created.id]
    fhir.delete("Patient", created.id)
    with pytest.raises(hygea.RequestError) as gone:
        fhir.read("Patient", created.id)
    assert gone.value.status == 410


def test_search_goes_through_all_pages(fhir):
    patient = fhir.create(PATIENT)
    for value in range(45):
        fhir.create(
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
                "subject": {"reference": f"Patient/{patient.id}"},
                "valueQuantity": {"value": Decimal(value) / 2},
            }
        )
    found = list(fhir.search("Observation", patient=patient.id, code="http://loinc.org|8867-4", _count=10))
    assert len({observation.id for observation in found}) == 45
    assert fhir.count("Observation", patient=f"Patient/{patient.id}") == 45


def test_decimals_keep_their_digits(fhir):
    text = (
        '{"resourceType": "Observation", "status": "final", "code": {"text": "x"}, '
        '"valueQuantity": {"value": 1.50}}'
    )
    created = fhir.create(text)
    assert '"value":1.50' in created.to_json()
    assert created["valueQuantity"]["value"].as_tuple() == Decimal("1.50").as_tuple()


def test_a_refused_request_says_why(fhir):
    with pytest.raises(hygea.RequestError, match="given"):
        fhir.create({"resourceType": "Patient", "name": [{"given": "Ann"}]})


def test_the_folder_keeps_the_data(tmp_path):
    with hygea.Engine.open(tmp_path, dev=True) as engine:
        created = engine.fhir("demo", "r4").create(PATIENT)
    with hygea.Engine.open(tmp_path, dev=True) as engine:
        assert engine.fhir("demo", "r4").read("Patient", created.id) == created


def test_the_rest_api_without_a_socket():
    engine = hygea.Engine.open(dev=True)
    response = engine.handle("GET", "/demo/fhir/r4/metadata")
    assert response.status == 200
    assert response.json()["fhirVersion"] == "4.0.1"
    assert response.headers["content-type"].startswith("application/fhir+json")
    assert engine.handle("GET", "/nowhere").status == 404


def test_threads_share_an_engine():
    engine = hygea.Engine.open(dev=True)
    fhir = engine.fhir("demo", "r4")
    failures = []

    def work():
        try:
            for _ in range(20):
                fhir.read("Patient", fhir.create(PATIENT).id)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert fhir.count("Patient") == 160
    del fhir, engine
    gc.collect()
