"""Multipart forms made of small texts and one large value or file, without the copying and escaping of urlencoding.

Urlencoding the digests of 10,000 people takes some ten times as long as making their JSON, and reading it again longer still.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Form:
    """A form ready to be sent, and to be sent again with the same bytes."""

    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FormFile:
    """A field that is a file. Its name is our own."""

    name: str
    content: bytes = field(repr=False)
    content_type: str


def form_of(fields: Mapping[str, str | bytes | FormFile]) -> Form:
    """The fields as multipart/form-data, in their order. Names are our own, so they need no escaping."""
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in fields.items():
        file = (
            f'; filename="{value.name}"\r\nContent-Type: {value.content_type}'
            if isinstance(value, FormFile)
            else ""
        )
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode())
        parts.append(_bytes_of(value))
        parts.append(b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return Form(f"multipart/form-data; boundary={boundary}", b"".join(parts))


def _bytes_of(value: str | bytes | FormFile) -> bytes:
    if isinstance(value, FormFile):
        return value.content
    return value.encode() if isinstance(value, str) else value
