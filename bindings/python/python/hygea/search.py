"""FHIR search without an index.

>>> from hygea import search
>>> search.matches("Patient", "family=smith", {"resourceType": "Patient", "name": [{"family": "Smith"}]})
True
"""

from ._native import matches

__all__ = ["matches"]
