"""Requests to TikTok's Business API for one advertiser: with the token in a header, paced, repeated as the answers ask.

Source: tiktok-business-api-sdk, paths and parameters of dmp/custom_audience. Every path ends in a slash.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import httpx2

from audience_assets import counting
from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.answers import Call, TikTokRefusedError, outcome_of
from audience_assets.destinations.tiktok.limits import Pace
from audience_assets.http.asking import Twice, Wish, ask
from audience_assets.http.form import Form, FormFile, form_of
from audience_assets.http.outcome import Done, Outcome, Refused, outcome_of_failure
from audience_assets.http.repeating import Patience

VERSION = "open_api/v1.3"
PAGE_SIZE = 100

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `twice` is whether doing it twice is wrong; every repeat sends the same bytes."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Form | None = None
    twice: Twice = "harmless"


@dataclass(frozen=True, slots=True)
class BusinessApi:
    """The API as one advertiser sees it."""

    access: Access
    http: httpx2.Client = field(repr=False)
    sleep: Callable[[float], None] = field(repr=False)
    pace: Pace = field(repr=False)

    def get(self, path: str, query: Mapping[str, str]) -> Request:
        """Something to read. A list in the query is written as JSON."""
        return Request("GET", path, query)

    def post(self, path: str, fields: Mapping[str, object], *, twice: Twice = "harmless") -> Request:
        """Something to change; the advertiser is added."""
        content = json.dumps({"advertiser_id": self.access.advertiser_id, **fields}, ensure_ascii=False)
        return Request("POST", path, body=Form("application/json", content.encode()), twice=twice)

    def upload(self, path: str, fields: Mapping[str, str | FormFile]) -> Request:
        """A file with what belongs to it; the advertiser is added. An upload that nobody uses changes nothing."""
        return Request("POST", path, body=form_of({"advertiser_id": self.access.advertiser_id, **fields}))

    def ask(self, request: Request, call: Call, read: Callable[[Mapping[str, Any]], Result]) -> Result:
        """What `read` finds in the answer's `data`; an answer that it cannot read is no success.

        Raises:
            TikTokRefusedError: TikTok will refuse again.
            AudienceBusyError: TikTok takes no change of the audience now.
            UnknownOutcomeError: it may be done, and must not be done twice.
            DeliveryInterruptedError: the patience of this call is used up.
        """

        def attempt() -> Outcome:
            if seconds := self.pace.seconds_of_the_rate():
                self.sleep(seconds)
            outcome = self._send(request, call)
            if isinstance(outcome, Done):
                self.pace.went_well()
            return outcome

        patience = Patience(self.access.patience_seconds, self.sleep)
        wish = Wish("TikTok", call.what, request.twice)
        return ask(wish, attempt, lambda body: read(body.get("data") or {}), patience)

    def pages(
        self, path: str, query: Mapping[str, str], call: Call, read: Callable[[Mapping[str, Any]], Result]
    ) -> Iterator[Result]:
        """What `read` finds in the objects of all pages."""

        def read_page(data: Mapping[str, Any]) -> tuple[list[Result], int]:
            return [read(each) for each in data["list"]], int(data["page_info"]["total_page"])

        number, last = 1, 1
        while number <= last:
            paged = {**query, "page": str(number), "page_size": str(PAGE_SIZE)}
            with counting.unforetold(when=number > 1):
                found, last = self.ask(self.get(path, paged), call, read_page)
            yield from found
            number += 1

    def _send(self, request: Request, call: Call) -> Outcome:
        url = f"{self.access.base_url.rstrip('/')}/{VERSION}/{request.path}/"
        headers = {"Access-Token": self.access.access_token}
        content = None
        if request.body is not None:
            headers["Content-Type"], content = request.body.content_type, request.body.body
        counting.made(request, len(content or b""))
        try:
            response = self.http.request(
                request.method, url, params=request.query or None, headers=headers, content=content
            )
        except httpx2.RequestError as failure:
            return _of_the_account(outcome_of_failure(failure, f"could not {call.what}"))
        return outcome_of(response, call, self.pace.seconds_of_the_limit)


def _of_the_account(outcome: Outcome) -> Outcome:
    """A connection that nobody can make stops everything of the advertiser."""
    if isinstance(outcome, Refused):
        return Refused(TikTokRefusedError(str(outcome.error), code=None, scope="account"))
    return outcome
