"""A tour through the services on real input: Synthea patients, a CT image, messages of two devices.

Everything happens inside this process, on a folder that is removed at the end. It prints what it finds, in the same words
as examples/rust/tour.rs.

    pip install zstandard
    HYGEA_TEST_DATA=… HYGEA_PYDICOM_DATA=… python tour.py
"""

import json
import os
import tarfile
import tempfile
from pathlib import Path

import hygea
import zstandard

DATA = Path(os.environ.get("HYGEA_TEST_DATA", "../shared/data"))
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo"
WORKSPACE = f"{GROUP}/providers/Microsoft.HealthcareApis/workspaces/demo"
BLOOD_PRESSURE = "http://loinc.org|85354-9"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, hygea.Engine.open(folder, dev=True) as engine:
        patients(engine)
        blood_pressures(engine)
        images(engine)
        devices(engine)


def patients(engine: hygea.Engine) -> None:
    """Loads the Synthea bundles, each as one transaction; hospitals and practitioners first."""
    with (
        open(DATA / "fhir/patients/r4-synthea-20.tar.zst", "rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as archive,
        tarfile.open(fileobj=archive, mode="r|") as tar,
    ):
        bundles = {Path(member.name).name: tar.extractfile(member).read() for member in tar if member.name.endswith(".json")}
    order = sorted(bundles, key=lambda name: (not name.startswith("hospital"), not name.startswith("practitioner"), name))
    fhir = engine.fhir("demo", "r4")
    resources = sum(len(fhir.transaction(bundles[name])["entry"]) for name in order)
    print(f"loaded {resources} resources of {fhir.count('Patient')} patients in {len(order)} transactions")


def blood_pressures(engine: hygea.Engine) -> None:
    """Finds one patient's blood pressures, newest first."""
    fhir = engine.fhir("demo", "r4")
    patient = next(fhir.search("Patient", family="Lemke"))
    shown = []
    for observation in fhir.search("Observation", patient=patient.id, code=BLOOD_PRESSURE, _sort="-date"):
        systolic, diastolic = (
            observation.path(f"component.where(code.coding.code = '{code}').value.value")[0] for code in ("8480-6", "8462-4")
        )
        shown.append(f"{observation['effectiveDateTime'][:10]} {systolic}/{diastolic}")
    print(f"blood pressures: {len(shown)} of the patient, newest first: {', '.join(shown)}")


def images(engine: hygea.Engine) -> None:
    """Stores a CT image and finds it again by its attributes."""
    file = Path(os.environ["HYGEA_PYDICOM_DATA"], "data/test_files/CT_small.dcm").read_bytes()
    base = "/demo/dicom/images/v2"
    body = b"--tour\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n--tour--\r\n"
    media_type = 'multipart/related; type="application/dicom"; boundary=tour'
    engine.handle("POST", f"{base}/studies", {"content-type": media_type}, body).raise_for_status()
    [instance] = engine.handle("GET", f"{base}/instances?Modality=CT&includefield=Rows").raise_for_status().json()
    study, series, uid = (instance[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
    stored = engine.handle("GET", f"{base}/studies/{study}/series/{series}/instances/{uid}").raise_for_status()
    whole = file[132:] in stored.body
    rows = instance["00280010"]["Value"][0]
    print(f"CT instance found: {uid}, {rows} rows, file of {len(file)} bytes came back whole: {whole}")
    assert whole
    dataset = hygea.dicom.read(file, stop_before_pixels=True)
    print(f"  read by itself: modality {dataset.Modality}, {dataset.Rows} rows")


def devices(engine: hygea.Engine) -> None:
    """Gives a connector the mappings of the MedTech samples, posts the samples' messages, and reads what they became."""
    fhir = engine.fhir("demo", "r4")
    samples = DATA / "iomt/medtech-samples"
    before = measured(fhir)
    # What a hub says of a message, beside the message.
    hub = {
        "Properties": {"iothub-creation-time-utc": "2023-07-25T19:33:13.087Z"},
        "SystemProperties": {"iothub-connection-device-id": "sampleDeviceId"},
    }
    for connector, folder, messages, around in (
        ("conversions", "calculatedcontent/conversions-using-functions", ("testMessageA.json", "testMessageB.json"), {}),
        ("splitting", "iotjsonpathcontent/single-device-message-into-multiple-resources", ("testMessage.json",), hub),
    ):
        device = (samples / folder / "deviceMapping.json").read_text()
        mapping = (samples / folder / "fhirDestinationMapping.json").read_text()
        address = f"{WORKSPACE}/iotconnectors/{connector}"
        put(engine, address, f'{{"location": "local", "properties": {{"deviceMapping": {{"content": {device}}}}}}}')
        properties = {"resourceIdentityResolutionType": "Create", "fhirServiceResourceId": f"{WORKSPACE}/fhirservices/r4"}
        text = json.dumps(properties)[:-1] + f', "fhirMapping": {{"content": {mapping}}}}}'
        put(engine, f"{address}/fhirdestinations/records", f'{{"location": "local", "properties": {text}}}')
        for message in messages:
            body = (samples / folder / message).read_text()
            if around:
                body = json.dumps({"Body": json.loads(body), **around})
            target = f"/demo/iot/{connector}/messages?wait=true"
            answer = engine.handle("POST", target, {"content-type": "application/json"}, body).raise_for_status()
            for failure in answer.json()["failures"]:
                print(f"  not mapped, kept as a dead letter: {message}: {failure['reason']}")
        after = measured(fhir)
        print(f"observations from devices: {after - before} by connector {connector}")
        before = after
    for observation in list(fhir.search("Observation", **{"device:missing": "false"}))[:3]:
        print(f"  measured by {observation['device']['reference']}")


def measured(fhir: hygea.FhirService) -> int:
    """How many Observations name a device."""
    return fhir.count("Observation", **{"device:missing": "false"})


def put(engine: hygea.Engine, address: str, body: str) -> None:
    """Creates a managed resource."""
    headers = {"content-type": "application/json"}
    engine.handle("PUT", f"{address}?api-version=2024-03-31", headers, body).raise_for_status()


if __name__ == "__main__":
    main()
