"""Device messages to Observations.

>>> from hygea import iomt
>>> iomt.evaluate("$.heartRate", {"heartRate": 78}, language="JsonPath")
[78]
"""

from ._native import Mapper, evaluate_device_expression as evaluate

__all__ = ["Mapper", "evaluate"]
