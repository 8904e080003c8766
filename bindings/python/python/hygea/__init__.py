"""Health data services that you embed: FHIR, DICOMweb, device mapping and workspaces in your own process.

>>> import hygea
>>> engine = hygea.Engine.open(dev=True)          # in memory; give a folder to keep the data
>>> patient = engine.fhir("demo", "r4").create({"resourceType": "Patient", "name": [{"family": "Smith"}]})
>>> patient.resource_type
'Patient'
"""

from . import dicom, fhir, fhirpath, iomt, search
from ._engine import Engine, FhirService, Response
from ._native import HygeaError, MappingError, ParseError, RequestError, StoreError, UnsupportedError, __version__

__all__ = [
    "Engine",
    "FhirService",
    "HygeaError",
    "MappingError",
    "ParseError",
    "RequestError",
    "Response",
    "StoreError",
    "UnsupportedError",
    "__version__",
    "dicom",
    "fhir",
    "fhirpath",
    "iomt",
    "search",
]
