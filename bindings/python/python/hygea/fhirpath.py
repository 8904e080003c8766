"""FHIRPath over resources.

>>> from hygea import fhir, fhirpath
>>> patient = fhir.parse({"resourceType": "Patient", "name": [{"given": ["Ann", "Bea"]}]})
>>> fhirpath.evaluate("Patient.name.given.count()", patient)
[2]
>>> fhirpath.evaluate("Patient.name.given.where($this = %wanted)", patient, {"wanted": "Bea"})
['Bea']

Booleans, integers, decimals and strings become ``bool``, ``int``, ``Decimal`` and ``str``; dates, times and quantities
:class:`Date`, :class:`DateTime`, :class:`Time` and :class:`Quantity`, whose ``str()`` is their FHIRPath text; resources
``Resource``; all other elements ``dict``. ``resolve()`` finds what is contained or in the same Bundle.
"""

from ._native import Expression, compile, evaluate
from ._values import Date, DateTime, Quantity, Time

__all__ = ["Date", "DateTime", "Expression", "Quantity", "Time", "compile", "evaluate"]
