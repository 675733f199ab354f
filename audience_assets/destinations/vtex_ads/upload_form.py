"""The form that Newtail hands out for one file: where it is posted, with which fields, and how large it may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from audience_assets.errors import DestinationRefusedError
from audience_assets.http.connection import LOOPBACK


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned S3 POST.

    Source: VTEX Ads, Integrating audiences (June 2026), upload-url's reply.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)
    """To be posted in this order, before the file."""
    key: str
    """Where the file will stand; Newtail chose it."""
    expires_in: float
    """Seconds from the reply on."""
    max_bytes: int


def read_form(body: Mapping[str, Any], what: str) -> UploadForm:
    """The form in a reply of upload-url; `what` says what was not done.

    Raises:
        DestinationRefusedError: The reply is not as documented, or the form leads to an address without TLS.
    """
    fields = body.get("fields")
    form = UploadForm(
        url=body.get("url", ""),
        fields=fields if isinstance(fields, dict) else {},
        key=body.get("key", ""),
        expires_in=body.get("expires_in", 0),
        max_bytes=body.get("max_bytes", 0),
    )
    wrong = [
        name
        for name, right in {
            "url": isinstance(form.url, str) and _is_safe(form.url),
            "fields": bool(form.fields) and all(isinstance(value, str) for value in form.fields.values()),
            "key": isinstance(form.key, str) and form.fields.get("key") == form.key,
            "expires_in": _is_positive(form.expires_in),
            "max_bytes": _is_positive(form.max_bytes),
        }.items()
        if not right
    ]
    if wrong:
        raise DestinationRefusedError(
            f"{what}: Newtail's upload form is not as documented, see its {', '.join(wrong)};"
            " ask your Newtail contact whether the API has changed"
        )
    return form


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_safe(url: str) -> bool:
    """Whether digests of customers may be sent there."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)
