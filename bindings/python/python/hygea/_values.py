"""What FHIRPath gives that plain Python values do not hold: dates and times of any precision, and quantities."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class Date(str):
    """A date as FHIRPath writes it: ``2026``, ``2026-11`` or ``2026-11-20``."""

    __slots__ = ()


class DateTime(str):
    """A date with a time as FHIRPath writes it, with the precision and the zone that it has."""

    __slots__ = ()


class Time(str):
    """A time of day as FHIRPath writes it."""

    __slots__ = ()


class Quantity(dict[str, Any]):
    """A number with a unit: the members of a FHIR Quantity, and ``str()`` as FHIRPath writes it: ``72.5 'kg'``."""

    __slots__ = ("_text",)

    def __init__(self, text: str, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self._text = text

    @property
    def value(self) -> int | Decimal:
        """The number."""
        value: int | Decimal = self["value"]
        return value

    @property
    def unit(self) -> str | None:
        """The unit for people; its code is in ``["code"]``."""
        return self.get("unit", self.get("code"))

    def __str__(self) -> str:
        return self._text
