"""Brings a request to one form: parameters from the query, from JSON or from a multipart form, and the file."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from audience_assets.sandbox.tiktok.answers import bad_parameter

LARGEST_FIELD = 1 << 20


@dataclass(frozen=True)
class GivenFile:
    """A file as it was uploaded."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Call:
    """A call in canonical form; the token stands apart from the parameters."""

    method: str
    path: str
    params: dict[str, Any] = field(repr=False)
    file: GivenFile | None
    size: int

    @property
    def rows(self) -> int:
        """How many lines the uploaded file has."""
        return 0 if self.file is None else len(self.file.content.splitlines())


async def read_call(request: Request) -> Call:
    """The call in a request.

    Raises:
        TikTokError: The parameters cannot be decoded (40002).
    """
    query = request.scope["query_string"].decode("latin-1")
    body = await request.body()
    file = None
    if request.method == "GET":
        params: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    elif _kind(request) == "multipart/form-data":
        params, file = await _read_form(request)
    else:
        params = _read_json(request, body)
    return Call(request.method, request.url.path, params, file, size=len(query) + len(body))


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _read_json(request: Request, body: bytes) -> dict[str, Any]:
    if _kind(request) != "application/json":
        raise bad_parameter("The body must be JSON")
    try:
        given = json.loads(body)
    except ValueError as error:
        raise bad_parameter("The body cannot be decoded") from error
    if not isinstance(given, dict):
        raise bad_parameter("The body must be a JSON object")
    return given


async def _read_form(request: Request) -> tuple[dict[str, Any], GivenFile | None]:
    try:
        async with request.form(max_files=1, max_part_size=LARGEST_FIELD) as form:
            names = [name for name, _ in form.multi_items()]
            if len(set(names)) != len(names):
                raise bad_parameter("The form has a field twice")
            params: dict[str, Any] = {
                name: value for name, value in form.items() if not isinstance(value, UploadFile)
            }
            file = form.get("file")
            if isinstance(file, UploadFile):
                return params, GivenFile(file.filename or "", await file.read())
            return params, None
    except HTTPException as error:
        raise bad_parameter("The form cannot be decoded") from error
