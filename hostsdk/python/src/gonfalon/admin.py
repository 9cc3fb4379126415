"""The control plane's HTTP API, for programs that read and write flags. It needs the extra ``gonfalon[admin]``.

>>> with Admin("http://127.0.0.1:8080", token) as admin:
...     admin.enable_flag(env="default", key="new_checkout", body={"for_group": "staff"})
...     flag = admin.get_flag(env="default", key="new_checkout")
...     admin.put_flag(env="default", key="new_checkout", body={"gates": []}, if_match=flag.etag, on_behalf_of="ada")

Each operation of the API's OpenAPI document is a method: ``putFlag`` is ``put_flag``. It takes the document's parameters by
keyword, and ``body``. ``help(Admin.put_flag)`` describes one, and ``Admin.operations`` lists them all. Event streams have none,
because :class:`gonfalon.Gonfalon` follows them.

An answer that is no success raises :class:`ApiError`. Redirects are not followed, so that the token reaches nobody else.
"""

from __future__ import annotations

import inspect
import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import quote

import httpx
import yaml

from .endpoint import check as check_endpoint
from .secret import Secret
from .version import __version__

MAX_ANSWER_BYTES = 256 << 20  # more than any backup
TIMEOUT = 60.0  # seconds: an import or a backup takes longer than a flag
METHODS = ("get", "put", "post", "patch", "delete")
ENCODED = frozenset({"X-Gonfalon-On-Behalf-Of"})  # percent-encoded headers: names have letters that no header carries


class ApiError(Exception):
    """The control plane answered, but not with success. ``problem`` is its problem document; empty if it sent none."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        words = [str(problem[name]) for name in ("title", "detail") if problem.get(name)]
        super().__init__(f"{status} " + (": ".join(words) or httpx.codes.get_reason_phrase(status)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered. ``data`` is a JSON document as dicts and lists, other text as str, anything else as bytes; None
    where there is none. ``etag`` is the version, to be given as ``if_match`` of a change."""

    data: Any
    status: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the OpenAPI document."""

    name: str
    method: str
    path: str
    summary: str
    parameters: Mapping[str, tuple[str, str]]  # by Python's name: where it goes (path, query or header), and its name there
    required: frozenset[str]
    content_types: tuple[str, ...]  # of the body; empty if it takes none

    def request(self, http: httpx.Client | httpx.AsyncClient, given: Mapping[str, Any]) -> httpx.Request:
        """The request for these arguments. Raises TypeError for arguments that the document doesn't have, or that are missing."""
        known = self.parameters.keys() | ({"body"} if self.content_types else set())
        if odd := given.keys() - known:
            raise TypeError(f"{self.name}() has no {', '.join(sorted(odd))}; it has {', '.join(sorted(known)) or 'nothing'}")
        if missing := self.required - {name for name, value in given.items() if value is not None}:
            raise TypeError(f"{self.name}() needs {', '.join(sorted(missing))}")
        path, query, headers = self.path, {}, {}
        for name, (where, wire) in self.parameters.items():
            value = given.get(name)
            if value is None:
                continue
            if where == "path":
                path = path.replace("{" + wire + "}", _segment(name, str(value)))
            elif where == "query":
                query[wire] = value
            else:
                headers[wire] = quote(str(value), safe="") if wire in ENCODED else str(value)
        content = None
        if (body := given.get("body")) is not None:
            written = isinstance(body, (str, bytes))  # as it is, such as YAML
            content = body if written else json.dumps(body, allow_nan=False)
            headers["Content-Type"] = self.content_types[0] if written else "application/json"
        # The path is put behind the endpoint's by hand: joining it would resolve dots, and make another resource of it.
        url = http.base_url.copy_with(raw_path=http.base_url.raw_path.rstrip(b"/") + path.encode())
        return http.build_request(self.method, url, params=query or None, headers=headers, content=content)

    def signature(self) -> inspect.Signature:
        names = [*self.parameters, *(["body"] if self.content_types else [])]
        kind = inspect.Parameter.KEYWORD_ONLY
        defaults = [inspect.Parameter.empty if name in self.required else None for name in names]
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        return inspect.Signature([own, *(inspect.Parameter(n, kind, default=d) for n, d in zip(names, defaults, strict=True))])


class _Api:
    """What both clients are made of: one method for each operation."""

    #: Every operation, by its method's name.
    operations: ClassVar[Mapping[str, Operation]] = {}

    if TYPE_CHECKING:  # the methods come from the document

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


class Admin(_Api):
    """A client for programs with threads. Nothing is sent before the first call.

    :param endpoint: the control plane's address, such as ``https://flags.example.com``.
    :param token: a token whose role may do what is asked: viewer, editor or admin.
    :param tls: for a private authority or a client certificate.
    """

    def __init__(self, endpoint: str, token: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.Client(base_url=check_endpoint(endpoint), headers=_headers(token), timeout=TIMEOUT, verify=tls or True)

    def _send(self, request: httpx.Request) -> Answer:
        response = self._http.send(request, stream=True)
        try:
            content = bytearray()
            for part in response.iter_bytes():
                _gather(content, part)
        finally:
            response.close()
        return _answer(response, bytes(content))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncAdmin(_Api):
    """A client for asyncio: its methods are those of :class:`Admin`, and are awaited."""

    def __init__(self, endpoint: str, token: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=check_endpoint(endpoint), headers=_headers(token), timeout=TIMEOUT, verify=tls or True
        )

    async def _send(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, stream=True)
        try:
            content = bytearray()
            async for part in response.aiter_bytes():
                _gather(content, part)
        finally:
            await response.aclose()
        return _answer(response, bytes(content))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _headers(token: str) -> dict[str, str]:
    if not all("!" <= character <= "~" for character in token):
        raise ValueError("the token has characters that no token has")  # which errors of HTTP would show, with all of it
    return {"Authorization": f"Bearer {token}", "User-Agent": f"gonfalon-python/{__version__}"}


def _segment(name: str, value: str) -> str:
    """A value as one part of a path. Dots and nothing would name another resource, which a DELETE might then delete."""
    if value in ("", ".", ".."):
        raise ValueError(f"{name} is {value!r}, which no path can have")
    return quote(value, safe="")


def _gather(content: bytearray, part: bytes) -> None:
    content += part
    if len(content) > MAX_ANSWER_BYTES:
        raise ValueError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")


def _answer(response: httpx.Response, content: bytes) -> Answer:
    status, kind = response.status_code, response.headers.get("content-type", "").partition(";")[0].strip()
    data: Any = None
    if kind == "application/json" or kind.endswith("+json"):
        try:
            data = json.loads(content) if content else None
        except (ValueError, RecursionError) as error:
            raise ApiError(status, {"title": "an answer that isn't JSON", "detail": str(error)}) from error
    elif content:
        data = content.decode("utf-8", "replace") if kind.startswith("text/") or kind.endswith("yaml") else content
    if not response.is_success and status != httpx.codes.NOT_MODIFIED:
        token = Secret(response.request.headers["Authorization"].removeprefix("Bearer "))
        # Which a server may send back, anywhere, and errors are logged.
        problem = json.loads(token.without(json.dumps(data if isinstance(data, dict) else {})))
        raise ApiError(status, problem)
    return Answer(data, status, response.headers.get("etag"))


def _read(document: Mapping[str, Any]) -> dict[str, Operation]:
    """The operations of an OpenAPI document, by their methods' names."""

    def follow(node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    operations = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if (written := item.get(method)) is None:
                continue
            answers = [follow(answer).get("content", {}) for answer in written["responses"].values()]
            if any("text/event-stream" in content for content in answers):
                continue
            found = [follow(parameter) for parameter in (*item.get("parameters", ()), *written.get("parameters", ()))]
            body = follow(written.get("requestBody", {}))
            parameters: dict[str, tuple[str, str]] = {}
            for one in found:  # the first, where a query and a header say the same
                parameters.setdefault(_snake(one["name"]), (one["in"], one["name"]))
            required = [_snake(one["name"]) for one in found if one.get("required")] + ["body"] * bool(body.get("required"))
            operation = Operation(
                _snake(written["operationId"]),
                method.upper(),
                path,
                written["summary"],
                parameters,
                frozenset(required),
                tuple(body.get("content", ())),
            )
            operations[operation.name] = operation
    return operations


def _snake(name: str) -> str:
    """``putFlag``, ``If-Match`` and our own ``X-Gonfalon-Env`` as Python writes them: ``put_flag``, ``if_match``, ``env``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removeprefix("X-Gonfalon-")).replace("-", "_").lower()


def _method(operation: Operation) -> Callable[..., Any]:
    def method(self: Any, **arguments: Any) -> Any:
        return self._send(operation.request(self._http, arguments))

    method.__name__, method.__qualname__ = operation.name, f"Admin.{operation.name}"
    method.__doc__ = f"{operation.summary}.\n\n``{operation.method} {operation.path}``"
    method.__signature__ = operation.signature()  # type: ignore[attr-defined]
    return method


def _document() -> Mapping[str, Any]:
    """The OpenAPI document as it is shipped."""
    written = (resources.files("gonfalon") / "openapi.yaml").read_text("utf-8")
    document: Mapping[str, Any] = yaml.load(written, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


_Api.operations = _read(_document())
for _operation in _Api.operations.values():
    setattr(_Api, _operation.name, _method(_operation))
