"""Device messages to Observations.

>>> from hygea import iomt
>>> iomt.evaluate("$.heartRate", {"heartRate": 78}, language="JsonPath")
[78]
>>> message = {"heartRate": 78, "deviceId": "d1", "patientId": "p1", "time": "2026-11-20T10:00:00Z"}
>>> [observation.path("value.value") for observation in iomt.Mapper().observations([{"Body": message}])]
[[Decimal('78')]]

A message that cannot be mapped raises :class:`hygea.MappingError`, whose ``.result`` holds what all the others gave: no
record is lost without a word.
"""

from ._native import Mapper, default_mappings
from ._native import evaluate_device_expression as evaluate

__all__ = ["Mapper", "default_mappings", "evaluate"]
