"""A plain HTTP caller of the sandbox's TikTok: it knows the wire and none of our own client."""

import hashlib
import json
import ssl
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import httpx2

from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser

ROOT = "/open_api/v1.3"
AUDIENCES = f"{ROOT}/dmp/custom_audience"
NO_AUTHORITIES = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # to load them for each test would take the most time


class Answer(NamedTuple):
    code: int
    message: str
    data: dict[str, Any]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digests(*texts: str) -> set[str]:
    return {digest(text) for text in texts}


def lines(*texts: str) -> bytes:
    """A file of one identifier a line: the digests of the texts."""
    return "\n".join(map(digest, texts)).encode()


def table(header: str, *rows: Iterable[str]) -> bytes:
    """A file of several identifiers a row; an empty text is an empty cell."""
    cells = [",".join(digest(cell) if cell else "" for cell in row) for row in rows]
    return "\n".join([header, *cells, ""]).encode()


def answer_of(response: httpx2.Response) -> Answer:
    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"code", "message", "request_id", "data"}
    return Answer(body["code"], body["message"], body["data"])


class Caller:
    """Calls one advertiser's part of the API with its token."""

    def __init__(self, base_url: str, advertiser: Advertiser) -> None:
        self.base_url = base_url
        self.advertiser = advertiser
        self.http = httpx2.Client(
            base_url=base_url,
            headers={"Access-Token": advertiser.access_token},
            timeout=20,
            trust_env=False,
            verify=NO_AUTHORITIES,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def upload(self, content: bytes, *, name: str = "people.csv", **changed: str | None) -> Answer:
        """Upload a file, with fields changed or left out (None)."""
        fields = {
            "advertiser_id": self.advertiser.id,
            "calculate_type": "EMAIL_SHA256",
            "file_signature": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }
        sent = {key: value for key, value in {**fields, **changed}.items() if value is not None}
        url = f"{AUDIENCES}/file/upload/"
        return answer_of(self.http.post(url, data=sent, files={"file": (name, content)}))

    def path(self, content: bytes, calculate_type: str = "EMAIL_SHA256") -> str:
        """The path of an uploaded file."""
        answer = self.upload(content, calculate_type=calculate_type)
        assert answer.code == 0, answer
        return str(answer.data["file_path"])

    def post(self, call: str, **params: object) -> Answer:
        body = {"advertiser_id": self.advertiser.id, **params}
        return answer_of(self.http.post(f"{AUDIENCES}/{call}/", json=body))

    def get(self, call: str, **params: object) -> Answer:
        query = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in {"advertiser_id": self.advertiser.id, **params}.items()
        }
        return answer_of(self.http.get(f"{AUDIENCES}/{call}/", params=query))

    def info(self, ids: str) -> Answer:
        """What the advertiser tells of itself."""
        return answer_of(self.http.get(f"{ROOT}/advertiser/info/", params={"advertiser_ids": ids}))

    def create(self, content: bytes, calculate_type: str = "EMAIL_SHA256", **more: object) -> Answer:
        params = {"custom_audience_name": "Buyers", "calculate_type": calculate_type, **more}
        return self.post("create", file_paths=[self.path(content, calculate_type)], **params)

    def created(self, content: bytes, calculate_type: str = "EMAIL_SHA256", **more: object) -> Audience:
        """A new audience, as the platform holds it."""
        answer = self.create(content, calculate_type, **more)
        assert answer.code == 0, answer
        return self.advertiser.audiences[answer.data["custom_audience_id"]]

    def update(self, audience: Audience, action: str, content: bytes) -> Answer:
        path = self.path(content, audience.calculate_type)
        return self.post("update", custom_audience_id=audience.id, action=action, file_paths=[path])

    def details(self, audience: Audience) -> dict[str, Any]:
        """What `get` tells of one audience."""
        (told,) = self.get("get", custom_audience_ids=[audience.id]).data["list"]
        details: dict[str, Any] = told["audience_details"]
        return details


def emails(audience: Audience) -> set[str]:
    """The digests of the addresses that an audience holds."""
    return {value for column, value in audience.identifiers() if column == "email_SHA256"}
