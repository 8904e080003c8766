"""What `fhir.resources` makes of each file of a folder, for `tests/peers/python.rs` to compare.

Arguments: a version (stu3, r4b, r5), a folder of `.json` files, a folder for what comes out: for each file `FILE.json` as
the package writes the resource, or `FILE.error` with the kind of failure.
"""

import importlib
import json
import pathlib
import sys

PACKAGES = {"stu3": "fhir.resources.STU3", "r4b": "fhir.resources.R4B", "r5": "fhir.resources"}


def model(package: str, name: str):
    """The class of a resource type."""
    return getattr(importlib.import_module(f"{package}.{name.lower()}"), name)


def main(version: str, source: str, target: str) -> None:
    package = PACKAGES[version]
    out = pathlib.Path(target)
    for file in sorted(pathlib.Path(source).iterdir()):
        text = file.read_text(encoding="utf-8-sig")
        try:
            kind = json.loads(text)["resourceType"]
            written = model(package, kind).model_validate_json(text).model_dump_json()
            (out / f"{file.name}.json").write_text(written, encoding="utf-8")
        except Exception as failure:  # the failure is the answer
            report = f"{type(failure).__name__}: {failure}"
            (out / f"{file.name}.error").write_text(report, encoding="utf-8")


main(*sys.argv[1:])
