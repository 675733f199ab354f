"""Requests to Meta's Graph API for one ad account: signed, paced, repeated as the answers ask, paged through.

The token goes in a header and large or secret parameters in the body, since URLs end up in the logs of proxies.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

import httpx2

from audience_assets import counting
from audience_assets.destinations.meta.access import Access
from audience_assets.destinations.meta.answers import Call, MetaRefusedError, outcome_of
from audience_assets.destinations.meta.codes import NOT_THERE_YET
from audience_assets.destinations.meta.limits import Pace
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.http.asking import Twice, Wish, ask, minutes
from audience_assets.http.form import Form, form_of
from audience_assets.http.outcome import Outcome, Refused, outcome_of_failure
from audience_assets.http.repeating import PassingError, Patience

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `twice` is whether doing it twice is wrong; `waits_for_object`, whether it may be too early for it."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Form | None = None
    twice: Twice = "harmless"
    waits_for_object: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """The API as one ad account sees it."""

    access: Access
    http: httpx2.Client = field(repr=False)
    sleep: Callable[[float], None] = field(repr=False)
    pace: Pace = field(repr=False)

    def get(self, path: str, query: Mapping[str, str], *, waits_for_object: bool = False) -> Request:
        """Something to read. The API takes a reading's proof in the query only."""
        return Request("GET", path, {**query, **self.access.proof}, waits_for_object=waits_for_object)

    def post(
        self,
        path: str,
        fields: Mapping[str, str | bytes],
        *,
        twice: Twice = "harmless",
    ) -> Request:
        """Something to change; every repeat sends the same bytes."""
        return Request("POST", path, form=form_of({**fields, **self.access.proof}), twice=twice)

    def ask(self, request: Request, call: Call, read: Callable[[Mapping[str, Any]], Result]) -> Result:
        """What `read` finds in the answer; an answer that it cannot read is no success.

        Raises:
            MetaRefusedError: Meta will refuse again.
            UnknownOutcomeError: it may be done, and must not be done twice.
            DeliveryInterruptedError: the patience of this call is used up.
        """
        patience = Patience(self.access.patience_seconds, self.sleep)

        def attempt() -> Outcome:
            self._wait_for_turn(call, patience)
            outcome = self._send(request, call)
            if request.waits_for_object and _is_not_there_yet(outcome):
                raise PassingError(f"could not {call.what}: Meta does not find it yet; run again")
            return outcome

        return ask(Wish("Meta", call.what, request.twice), attempt, read, patience)

    def pages(
        self, path: str, query: Mapping[str, str], call: Call, read: Callable[[Mapping[str, Any]], Result]
    ) -> Iterator[Result]:
        """What `read` finds in the objects of all pages.

        By cursor, since the addresses of next pages that Meta gives hold the token.
        """
        after: Mapping[str, str] = {}
        while True:
            with counting.unforetold(when=bool(after)):
                found, cursor = self.ask(self.get(path, {**query, **after}), call, partial(_read_page, read))
            yield from found
            if cursor is None or cursor == after.get("after"):
                return
            after = {"after": cursor}

    def _wait_for_turn(self, call: Call, patience: Patience) -> None:
        seconds = self.pace.seconds_of_the_limit()
        if not patience.pause(seconds, f"the limits of {self.access.account} at Meta are nearly used up"):
            raise DeliveryInterruptedError(
                f"could not {call.what}: the limits of {self.access.account} at Meta are nearly used up;"
                f" run again in {minutes(seconds)}"
            )
        if rate := self.pace.seconds_of_the_rate():
            self.sleep(rate)

    def _send(self, request: Request, call: Call) -> Outcome:
        url = f"{self.access.base_url.rstrip('/')}/{self.access.api_version}/{request.path}"
        headers = {"Authorization": f"Bearer {self.access.access_token}"}
        body = None
        if request.form is not None:
            headers["Content-Type"], body = request.form.content_type, request.form.body
        counting.made(request, len(body or b""))
        try:
            response = self.http.request(
                request.method, url, params=request.query or None, headers=headers, content=body
            )
        except httpx2.RequestError as failure:
            return _of_the_account(outcome_of_failure(failure, f"could not {call.what}"))
        self.pace.saw(response.headers)
        return outcome_of(response, call)


def _is_not_there_yet(outcome: Outcome) -> bool:
    return (
        isinstance(outcome, Refused)
        and isinstance(outcome.error, MetaRefusedError)
        and outcome.error.code == NOT_THERE_YET
    )


def _of_the_account(outcome: Outcome) -> Outcome:
    """A connection that nobody can make stops everything of the account."""
    if isinstance(outcome, Refused):
        return Refused(MetaRefusedError(str(outcome.error), code=None, subcode=None, scope="account"))
    return outcome


def _read_page(
    read: Callable[[Mapping[str, Any]], Result], body: Mapping[str, Any]
) -> tuple[list[Result], str | None]:
    paging = body.get("paging") or {}
    following = str(paging["cursors"]["after"]) if "next" in paging else None
    return [read(each) for each in body["data"]], following
