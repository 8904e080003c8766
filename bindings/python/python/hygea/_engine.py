"""The engine and the services in it, as Python programmers call them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from . import _native
from ._native import RequestError, Resource
from .fhir import parse

_FHIR_JSON = "application/fhir+json"

Searched = str | int | list[str] | tuple[str, ...]


class Response:
    """The answer to one request."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, native: _native.Response) -> None:
        self.status: int = native.status
        self.headers: dict[str, str] = native.headers
        self.body: bytes = native.body

    def json(self) -> Any:
        """The body as JSON, with decimals as ``Decimal``."""
        from decimal import Decimal

        return json.loads(self.body, parse_float=Decimal)

    def raise_for_status(self) -> Response:
        """Raises :class:`hygea.RequestError` for a status of 400 or more; gives itself back otherwise."""
        if self.status < 400:
            return self
        error = RequestError(f"status {self.status}: {self._why()}")
        error.status = self.status
        error.outcome = self.body
        raise error

    def _why(self) -> str:
        try:
            body = json.loads(self.body)
        except ValueError:
            return "no reason was given"
        issues = body.get("issue") if isinstance(body, dict) else None
        if issues:
            return "; ".join(issue.get("diagnostics", issue.get("code", "?")) for issue in issues)
        error = body.get("error") if isinstance(body, dict) else None
        return str(error.get("message", "?")) if isinstance(error, dict) else "no reason was given"

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.body)} bytes)"


class Engine:
    """All services of all workspaces over one folder of files.

    An engine may be used from any number of threads. Open it after ``fork``, not before.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Engine) -> None:
        self._native = native

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None, *, dev: bool = False) -> Engine:
        """Opens the engine in a folder, which is made if absent; without a folder everything is in memory.

        ``dev=True`` asks for no token, lets every caller do everything, and provides the workspace ``demo``.
        """
        return cls(_native.Engine.open(path, dev=dev))

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> Response:
        """Answers one request: the whole REST API without a socket. ``target`` is path and query."""
        if isinstance(body, str):
            body = body.encode()
        return Response(self._native.handle(method, target, dict(headers or {}), body))

    def fhir(self, workspace: str, service: str) -> FhirService:
        """A FHIR service of a workspace."""
        return FhirService(self, workspace, service)

    def close(self) -> None:
        """Writes what is queued and closes all stores."""
        self._native.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FhirService:
    """The resources of one FHIR service."""

    __slots__ = ("_base", "_engine")

    def __init__(self, engine: Engine, workspace: str, service: str) -> None:
        self._engine = engine
        self._base = f"/{workspace}/fhir/{service}"

    def create(self, resource: Resource | dict[str, Any] | str | bytes) -> Resource:
        """Stores a new resource and gives it back with its id and version."""
        given = parse(resource)
        return self._send("POST", given.resource_type, given)

    def read(self, resource_type: str, id: str) -> Resource:
        """The current version of a resource."""
        return parse(self._ask("GET", f"{resource_type}/{id}").body)

    def update(self, resource: Resource | dict[str, Any] | str | bytes, *, if_match: str | None = None) -> Resource:
        """Stores the next version of a resource; ``if_match`` is the ``versionId`` that it must replace."""
        given = parse(resource)
        headers = {"if-match": f'W/"{if_match}"'} if if_match else {}
        return self._send("PUT", f"{given.resource_type}/{given.id}", given, headers)

    def delete(self, resource_type: str, id: str) -> None:
        """Deletes a resource; its history stays."""
        self._ask("DELETE", f"{resource_type}/{id}")

    def transaction(self, bundle: Resource | dict[str, Any] | str | bytes) -> Resource:
        """Carries out a Bundle of type transaction or batch."""
        return self._send("POST", "", parse(bundle))

    def search(self, resource_type: str, **parameters: Searched) -> Iterator[Resource]:
        """The resources that a search finds, page by page as they are asked for.

        A parameter with a list stands several times (all must hold). Names that Python does not allow, such as
        ``name:exact``, go into a dict: ``search("Patient", **{"name:exact": "Smith"})``. A bare id is enough for
        ``patient=`` and ``subject=``.
        """
        pairs: list[tuple[str, str]] = []
        for name, value in parameters.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            pairs.extend((name, str(item)) for item in values)
        target: str | None = f"{resource_type}?{urlencode(pairs)}"
        while target is not None:
            bundle = self._ask("GET", target).json()
            for entry in bundle.get("entry", ()):
                if entry.get("search", {}).get("mode") == "match":
                    yield parse(entry["resource"])
            target = self._next(bundle)

    def count(self, resource_type: str, **parameters: Searched) -> int:
        """How many resources a search finds, exactly."""
        pairs = [(name, str(value)) for name, value in parameters.items()] + [("_summary", "count")]
        return int(self._ask("GET", f"{resource_type}?{urlencode(pairs)}").json()["total"])

    def _next(self, bundle: Any) -> str | None:
        for link in bundle.get("link", ()):
            if link["relation"] == "next":
                parts = urlsplit(link["url"])
                path = parts.path.removeprefix(self._base).removeprefix("/")
                return f"{path}?{parts.query}"
        return None

    def _ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> Response:
        address = f"{self._base}/{target}" if target else self._base
        return self._engine.handle(method, address, headers, body).raise_for_status()

    def _send(self, method: str, target: str, resource: Resource, headers: Mapping[str, str] | None = None) -> Resource:
        headers = {"content-type": _FHIR_JSON, **(headers or {})}
        return parse(self._ask(method, target, headers, resource.to_json()).body)
