"""The package as a whole: its examples run, its names are exported and typed, and no input ends the interpreter."""

import ast
import doctest
import importlib
import random
from functools import partial
from pathlib import Path

import hygea
import pytest
from hygea import dicom, fhir, fhirpath, iomt, search

MODULES = ("hygea", "hygea.dicom", "hygea.fhir", "hygea.fhirpath", "hygea.iomt", "hygea.search")
SAMPLE = '{"resourceType":"Patient","name":[{"given":["Ann"]}],"multipleBirthInteger":2,"birthDate":"1970-01-01"}'


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0 and found.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_all_that_is_exported_exists_and_is_documented(name):
    module = importlib.import_module(name)
    for exported in module.__all__:
        if exported != "__version__":
            assert getattr(module, exported).__doc__, exported


def test_the_stub_names_what_the_native_module_has():
    folder = Path(hygea.__file__).parent
    assert (folder / "py.typed").is_file()
    tree = ast.parse((folder / "_native.pyi").read_text())
    stated = {node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    native = importlib.import_module("hygea._native")
    names = {name for name in vars(native) if not name.startswith("_")} - {"annotations"}
    assert names == set(stated) - {"Issue"}
    for name, node in stated.items():
        if isinstance(node, ast.ClassDef) and hasattr(native, name):
            members = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            has = {member for member in vars(getattr(native, name)) if not member.startswith("_")}
            assert has == {member for member in members if not member.startswith("_")}, name


def test_exceptions_are_a_tree():
    assert issubclass(hygea.ParseError, (hygea.HygeaError,)) and issubclass(hygea.ParseError, ValueError)
    assert issubclass(hygea.StoreError, (hygea.HygeaError,)) and issubclass(hygea.StoreError, OSError)
    assert issubclass(hygea.RequestError, hygea.HygeaError)
    assert issubclass(hygea.UnsupportedError, hygea.HygeaError)
    assert issubclass(hygea.HygeaError, Exception)


def damaged(sample, rounds):
    """The sample with bytes changed, cut, doubled and put in, the same in each run."""
    chance = random.Random(7)
    for _ in range(rounds):
        data = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data) + 1)
            kind = chance.randrange(4)
            if kind == 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            elif kind == 1:
                del data[place : place + chance.randint(1, 9)]
            elif kind == 2:
                data[place:place] = data[place : place + 20]
            else:
                data[place:place] = chance.choice([b"\xff", b"[" * 200, b"\\u", b'"', b"9" * 400, b"1e999999999999999999999"])
        yield bytes(data)


def survives(work):
    try:
        work()
    except hygea.HygeaError:
        return 1
    return 0


def test_damaged_resources_raise_only_our_exceptions():
    def work(data):
        resource = fhir.parse(data)
        resource.to_dict()
        resource.path("descendants().count()")
        fhir.validate(resource)
        search.matches("Patient", "given=ann&birthdate=1970", resource)

    assert sum(survives(partial(work, data)) for data in damaged(SAMPLE.encode(), 2_000)) > 100


def test_damaged_expressions_and_queries_raise_only_our_exceptions():
    patient = fhir.parse(SAMPLE)
    expression = b"Patient.name.where(given = 'Ann').select(given.first() & 'x').count() + 1 > 0 and birthDate < today()"
    texts = [data.decode("latin-1") for data in damaged(expression, 1_000)]
    assert sum(survives(partial(fhirpath.evaluate, text, patient)) for text in texts) > 100
    queries = [data.decode("latin-1") for data in damaged(b"given=ann&birthdate=ge1970&_id=x,y", 1_000)]
    assert sum(survives(partial(search.matches, "Patient", query, patient)) for query in queries) > 100
    paths = [data.decode("latin-1") for data in damaged(b"$..name[?(@.given == 'x' && @.a > 1)].given[0,1]", 1_000)]
    assert sum(survives(partial(iomt.evaluate, path, SAMPLE)) for path in paths) > 100


def test_damaged_files_raise_only_our_exceptions():
    from test_dicom import SMALL, image

    def work(data):
        ds = dicom.read(data)
        for key in ds:
            ds[key]
        ds.to_json()
        ds.to_dict()
        list(ds.frames())

    for sample in (SMALL, image(frames=2, pixels=b"abcdefghijkl")):
        assert sum(survives(partial(work, data)) for data in damaged(sample, 1_000)) > 100


def test_damaged_mappings_raise_only_our_exceptions():
    device, rules = iomt.default_mappings()
    for name, text in (("device", device), ("fhir", rules)):
        assert sum(survives(partial(iomt.Mapper, **{name: data})) for data in damaged(text.encode(), 300)) > 100


def cycle():
    endless = {"resourceType": "Patient"}
    endless["contained"] = [endless]
    return endless


@pytest.mark.parametrize(
    "value",
    [
        cycle(),
        {"resourceType": "Patient", "id": "\ud800"},
        {"resourceType": "Patient", 7: "x"},
        {"resourceType": "Patient", "x": {1, 2}},
        {"resourceType": "Patient", "x": float("inf")},
        {"resourceType": "Patient", "x": 10**5000},
        "\ud800",
        bytearray(b"\x80"),
        None,
    ],
)
def test_hostile_values_raise_our_exception(value):
    with pytest.raises(hygea.HygeaError):
        fhir.parse(value)
    with pytest.raises(hygea.HygeaError):
        fhirpath.evaluate("1", value)


def test_numbers_of_any_size_come_back():
    for number in ("12345678901234567890123", "-0", "0.10", "1E+2", "1e-400", "9" * 1000):
        text = '{"resourceType":"Patient","x":' + number + "}"
        resource = fhir.parse(text)
        assert resource.to_json() == text
        assert str(resource["x"]).replace("E-", "e-") == number
    assert isinstance(fhir.parse('{"resourceType":"Patient","x":12345678901234567890123}')["x"], int)
    with pytest.raises(hygea.HygeaError):
        fhir.parse('{"resourceType":"Patient","x":1e9999999999999999999999}').to_dict()


def test_variables_and_values_of_fhirpath():
    observation = fhir.parse(
        '{"resourceType":"Observation","status":"final","code":{"text":"x"},"effectiveDateTime":"2026-11-20",'
        '"valueQuantity":{"value":72.50,"unit":"kilogram","system":"http://unitsofmeasure.org","code":"kg"},'
        '"contained":[{"resourceType":"Patient","id":"p"}]}'
    )
    [weight] = observation.path("value")
    assert str(weight) == "72.50 'kg'" and weight["unit"] == weight.unit == "kilogram" and str(weight.value) == "72.50"
    assert isinstance(weight, fhirpath.Quantity) and isinstance(weight, dict)
    [day] = observation.path("effective")
    assert day == "2026-11-20" and isinstance(day, fhirpath.DateTime)
    assert [str(one) for one in observation.path("3 days | @2026 | @T10:00")] == ["3 days", "2026", "10:00"]
    [contained] = observation.path("contained")
    assert isinstance(contained, fhir.Resource) and contained.id == "p"
    assert observation.path("$this")[0] == observation
    assert observation.path("code") == [{"text": "x"}]
    assert observation.path("today() = now().toString().substring(0, 10).toDate()") == [True]
    table = [
        ("%a + 1", {"a": 1}, [2]),
        ("%a", {"%a": [True, "x", None]}, None),
        ("%a.count()", {"a": [1, "x", False]}, [3]),
        ("%a.exists()", {"a": None}, [False]),
        ("%a > 1 'kg'", {"a": weight}, [True]),
        ("%a = @2026-11-20", {"a": fhirpath.Date("2026-11-20")}, [True]),
        ("%a.name.family", {"a": {"resourceType": "Patient", "name": [{"family": "S"}]}}, ["S"]),
        ("%a.id", {"a": contained}, ["p"]),
    ]
    for expression, variables, wanted in table:
        if wanted is None:
            with pytest.raises(hygea.HygeaError):
                fhirpath.evaluate(expression, observation, variables)
        else:
            assert fhirpath.evaluate(expression, observation, variables) == wanted, expression
    with pytest.raises(hygea.HygeaError):
        fhirpath.evaluate("Observation.nothing", observation, strict=True)
    assert fhirpath.evaluate("Observation.nothing", observation) == []
    with pytest.raises(hygea.ParseError) as refused:
        fhirpath.compile("a.")
    assert refused.value.issues[0]["expression"].startswith("line 1")
