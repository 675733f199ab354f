"""Brings a request to one form, whether its parameters came in the query, a form or JSON."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from audience_assets.sandbox.meta.answers import GraphError, bad_parameter

LARGEST_BODY = 256 * 1024 * 1024
JSON_PARAMS = ("payload", "session", "filtering")
METHODS = frozenset({"GET", "POST", "DELETE"})

_VERSIONED = re.compile(r"/v([0-9]{1,3})\.([0-9])/(.+?)/?")


@dataclass(frozen=True)
class Call:
    """A call in canonical form; token and proof stand apart from the other parameters."""

    version: tuple[int, int]
    method: str
    path: str
    params: dict[str, Any] = field(repr=False)
    token: str | None = field(repr=False)
    proof: str | None = field(repr=False)
    payload_digest: str = field(repr=False)
    size: int

    @property
    def node(self) -> str:
        """The id that the call is about."""
        return self.path.partition("/")[0]

    @property
    def edge(self) -> str:
        """What stands behind the id; empty for the node itself."""
        return self.path.partition("/")[2]

    @property
    def rows(self) -> int:
        """How many entries the payload carries."""
        payload = self.params.get("payload")
        data = payload.get("data") if isinstance(payload, dict) else None
        return len(data) if isinstance(data, list) else 0


async def read_call(request: Request) -> Call:
    """The call in a request.

    Raises:
        GraphError: The path has no version, or the body cannot be read.
    """
    found = _VERSIONED.fullmatch(request.url.path)
    if found is None:
        raise GraphError(2500, "Unknown path components: a path begins with a version such as v26.0")
    params, size = await read_params(request)
    method = str(params.pop("method", request.method)).upper() if request.method == "POST" else request.method
    if method not in METHODS:
        raise bad_parameter("Unsupported method")
    digest = _digest(params.get("payload"))
    for name in JSON_PARAMS:
        params[name] = _decoded(params.get(name))
    token = bearer(request) or params.get("access_token")
    proof = params.get("appsecret_proof")
    return Call(
        version=(int(found[1]), int(found[2])),
        method=method,
        path=found[3],
        params={
            name: value
            for name, value in params.items()
            if value is not None and name not in {"access_token", "appsecret_proof"}
        },
        token=None if token is None else str(token),
        proof=None if proof is None else str(proof),
        payload_digest=digest,
        size=size,
    )


async def read_params(request: Request) -> tuple[dict[str, Any], int]:
    """The parameters of query and body, and the bytes that they took."""
    params: dict[str, Any] = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    if body:
        params |= await _read_body(request, body)
    return params, len(request.url.query) + len(body)


def bearer(request: Request) -> str | None:
    """The token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


async def _read_body(request: Request, body: bytes) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            given = json.loads(body)
            if isinstance(given, dict):
                return given
        elif kind == "application/x-www-form-urlencoded":
            return dict(
                parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict")
            )
        elif kind == "multipart/form-data":
            form = await request.form(max_files=0, max_part_size=LARGEST_BODY)
            return dict(form)
    except (ValueError, HTTPException) as error:
        raise bad_parameter("the body cannot be decoded") from error
    raise bad_parameter("the body is neither a form nor a JSON object")


def _decoded(value: object) -> object:
    """The value itself, or what its JSON says; text that is no JSON stays and is refused where it is used."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _digest(payload: object) -> str:
    text = payload if isinstance(payload, str) else json.dumps(payload, sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
