"""FHIR resources as lossless texts that can be asked.

>>> from hygea import fhir
>>> patient = fhir.parse('{"resourceType": "Patient", "name": [{"given": ["Ann"]}]}')
>>> patient.path("name.given.first()")
['Ann']
"""

from ._native import Resource, parse, validate

__all__ = ["Resource", "parse", "validate"]
