"""A plain HTTP caller of the sandbox's Meta: it knows the wire and none of our own client."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import httpx2

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account

VERSION = "v26.0"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def refusal(self) -> tuple[int, int | None] | None:
        """Code and subcode of a refusal; None for a success."""
        error = self.body.get("error")
        if error is None:
            assert self.status == 200
            return None
        assert self.status == 400
        return error["code"], error.get("error_subcode")


def answer_of(response: httpx2.Response) -> Answer:
    return Answer(response.status_code, response.json(), response.headers)


class Caller:
    """Calls one ad account's part of the API with its token."""

    def __init__(self, base_url: str, account: Account) -> None:
        self.base_url = base_url
        self.account = account
        self.http = httpx2.Client(
            headers={"Authorization": f"Bearer {account.access_token}"}, timeout=20, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def url(self, path: str) -> str:
        return f"{self.base_url}/{VERSION}/{path}"

    def get(self, path: str, **params: str | int) -> Answer:
        return answer_of(self.http.get(self.url(path), params=params))

    def post(self, path: str, **params: object) -> Answer:
        form = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()
        }
        return answer_of(self.http.post(self.url(path), data=form))

    def create(self, name: str = "Buyers", **more: object) -> Audience:
        """A new audience, as the platform holds it."""
        required = {"name": name, "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
        answer = self.post(f"{self.account.id}/customaudiences", **(required | more))
        assert answer.refusal is None, answer.body
        return self.account.audiences[answer.body["id"]]

    def add(self, audience: Audience, *rows: object, **more: Any) -> Answer:
        return self.post(f"{audience.id}/users", **upload(*rows, **more))

    def remove(self, audience: Audience, *rows: object, **more: Any) -> Answer:
        return self.post(f"{audience.id}/users", method="DELETE", **upload(*rows, **more))

    def replace(self, audience: Audience, *rows: object, **more: Any) -> Answer:
        return self.post(f"{audience.id}/usersreplace", **upload(*rows, **more))


def upload(
    *rows: object,
    schema: str | Sequence[str] = ("EMAIL",),
    session: Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
    **payload: object,
) -> dict[str, object]:
    """The parameters of an upload; without a list, each row is the address of a person."""
    if not isinstance(schema, str):
        rows = tuple([digest(row)] if isinstance(row, str) else row for row in rows)
    given = {"schema": schema, "data": rows, **payload}
    return {"payload": given, **({} if session is None else {"session": session}), **(params or {})}


def batch(session_id: int, seq: int, *, last: bool = False, **more: object) -> dict[str, object]:
    return {"session_id": session_id, "batch_seq": seq, "last_batch_flag": last, **more}


def emails(audience: Audience) -> set[object]:
    """The digests of the addresses that an audience holds."""
    return {value for key, value in audience.identifiers() if key == "EMAIL"}


def digests(*texts: str) -> set[str]:
    return {digest(text) for text in texts}
