"""FHIRPath over resources.

>>> from hygea import fhir, fhirpath
>>> patient = fhir.parse({"resourceType": "Patient", "name": [{"given": ["Ann", "Bea"]}]})
>>> fhirpath.evaluate("Patient.name.given.count()", patient)
[2]
"""

from ._native import Expression, compile, evaluate

__all__ = ["Expression", "compile", "evaluate"]
