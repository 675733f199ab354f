"""TikTok's Business API as typed calls for customer-file audiences. It knows one advertiser and keeps no state of its own.

Source: tiktok-business-api-sdk, dmp/custom_audience and advertiser/info.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, Self

from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.answers import Call, TikTokRefusedError
from audience_assets.destinations.tiktok.api import BusinessApi
from audience_assets.destinations.tiktok.codes import MISSING, WRONG_SIGNATURE, Scope, meaning_of
from audience_assets.destinations.tiktok.limits import Pace
from audience_assets.destinations.tiktok.remote import (
    RemoteAdvertiser,
    RemoteAudience,
    RemoteChange,
    read_advertiser,
    read_audience,
    read_details,
)
from audience_assets.http.connection import open_connection
from audience_assets.http.form import FormFile

__all__ = [
    "FILES_PER_CALL",
    "Access",
    "Action",
    "RemoteAdvertiser",
    "RemoteAudience",
    "RemoteChange",
    "TikTokClient",
    "connect",
]

FILES_PER_CALL = 50
"""How many files one call should name at most; TikTok takes 500 and advises fewer than 50 "to ensure stability"."""

HISTORY_SIZE = 20
IDS_PER_CALL = 100
ADVERTISER_FIELDS = ("advertiser_id", "name", "status")


class Action(StrEnum):
    """What is done with the people of uploaded files. TikTok replaces everybody when it is told no action."""

    APPEND = "APPEND"
    REMOVE = "REMOVE"
    REPLACE = "REPLACE"


DOING = {Action.APPEND: "append to", Action.REMOVE: "remove from", Action.REPLACE: "replace"}
"""Each action in a sentence, with the audience behind it."""


@dataclass(frozen=True, slots=True)
class TikTokClient:
    """The calls, made by `connect`. Each waits and repeats by itself as TikTok's answers ask.

    Every call raises:
        TikTokRefusedError: TikTok will refuse again; its scope says what to stop.
        DeliveryInterruptedError: TikTok did not answer or is failing, longer than the patience of one call: run again.
    """

    api: BusinessApi

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.api.http.close()

    def upload(self, content: bytes, *, name: str, md5: str, calculate_type: str) -> str:
        """Bring a file to TikTok, which changes no audience yet, and return the path by which TikTok knows it.

        `name` ends in .csv or .txt, `md5` is the signature of the content in hex. A file that arrives damaged is sent
        once more.
        """
        fields = {"calculate_type": calculate_type, "file_signature": md5}
        file = FormFile(name, content, "text/csv")
        request = self.api.upload("dmp/custom_audience/file/upload", {**fields, "file": file})
        call = Call(f"upload the file {name}", "audience")
        try:
            return self.api.ask(request, call, _file_path)
        except TikTokRefusedError as error:
            if error.code != WRONG_SIGNATURE:
                raise
        return self.api.ask(request, call, _file_path)

    def create(
        self,
        *,
        name: str,
        calculate_type: str,
        file_paths: Sequence[str],
        retention_in_days: int | None = None,
    ) -> str:
        """Create an audience with the people of uploaded files and return its id.

        Two audiences may have one name, so it is asked again only when TikTok says that it did nothing. All files must be
        of the audience's `calculate_type`. With `retention_in_days` the audience ends so long after it was created,
        whatever is done with it; without, 365 days after it was last used or changed.

        Raises:
            ExpiredFileError: a file must be uploaded again.
            TooFewPeopleError: the files have fewer people than TikTok takes.
            UnknownOutcomeError: it may have been created: look with `audiences_named` before asking again.
        """
        retention = {} if retention_in_days is None else {"retention_in_days": retention_in_days}
        fields = {
            "custom_audience_name": name,
            "calculate_type": calculate_type,
            "file_paths": list(file_paths),
            **retention,
        }
        request = self.api.post("dmp/custom_audience/create", fields, twice="wrong")
        call = Call(f"create the audience {name!r} of {self._advertiser}", "account")
        return self.api.ask(request, call, lambda data: str(data["custom_audience_id"]))

    def update(self, audience_id: str, action: Action, file_paths: Sequence[str]) -> None:
        """Add or remove the people of uploaded files, or put them in place of everybody.

        Adding and removing twice is the same as once. Replacing is asked again only when TikTok says that it did nothing,
        since it takes one a day.

        Raises:
            AudienceBusyError: an earlier change is still being processed: nothing was done.
            ExpiredFileError: a file must be uploaded again.
            TooFewPeopleError: fewer people would be left than TikTok takes.
            UnknownOutcomeError: a replacing may have begun: look at the audience's history before going on.
        """
        fields = {
            "custom_audience_id": audience_id,
            "action": action.value,
            "file_paths": list(file_paths),
        }
        request = self.api.post(
            "dmp/custom_audience/update",
            fields,
            twice="wrong" if action is Action.REPLACE else "harmless",
        )
        call = Call(f"{DOING[action]} audience {audience_id}", "audience")
        self.api.ask(request, call, lambda _: None)

    def rename(self, audience_id: str, name: str) -> None:
        """Give an audience another name; giving the same twice is the same as once."""
        fields = {"custom_audience_id": audience_id, "custom_audience_name": name}
        request = self.api.post("dmp/custom_audience/update", fields)
        self.api.ask(request, Call(f"rename audience {audience_id} to {name!r}", "audience"), lambda _: None)

    def delete(self, audience_ids: Sequence[str]) -> None:
        """Delete audiences; one that is gone already is no error when it is the only one asked for."""
        for start in range(0, len(audience_ids), IDS_PER_CALL):
            ids = list(audience_ids[start : start + IDS_PER_CALL])
            request = self.api.post("dmp/custom_audience/delete", {"custom_audience_ids": ids})
            try:
                self.api.ask(request, Call(f"delete audience {', '.join(ids)}", "audience"), lambda _: None)
            except TikTokRefusedError as error:
                if error.code != MISSING or len(ids) > 1:
                    raise

    def audience(self, audience_id: str) -> RemoteAudience:
        """The audience as it stands, with its newest changes."""
        query = {
            "advertiser_id": self.api.access.advertiser_id,
            "custom_audience_ids": json.dumps([audience_id]),
            "history_size": str(HISTORY_SIZE),
        }
        call = Call(f"read audience {audience_id}", "audience")
        found = self.api.ask(self.api.get("dmp/custom_audience/get", query), call, read_details)
        return found or _missing(call)

    def audiences_named(self, name: str) -> list[RemoteAudience]:
        """Every audience of the advertiser with exactly this name, without history. All are read and compared here."""
        query = {"advertiser_id": self.api.access.advertiser_id}
        call = Call(f"list the audiences of {self._advertiser}", "account")

        def read(body: Mapping[str, Any]) -> RemoteAudience | None:
            return read_audience(body) if body["name"] == name else None

        found = self.api.pages("dmp/custom_audience/list", query, call, read)
        return [each for each in found if each is not None]

    def read_a_page_of_audiences(self) -> None:
        """Read the shortest page of the advertiser's audiences, to find out whether the token may."""
        query = {"advertiser_id": self.api.access.advertiser_id, "page": "1", "page_size": "1"}
        call = Call(f"list the audiences of {self._advertiser}", "account")
        self.api.ask(self.api.get("dmp/custom_audience/list", query), call, lambda data: len(data["list"]))

    def advertiser(self) -> RemoteAdvertiser:
        """The advertiser, to find out whether it is there and the token has access to it."""
        query = {
            "advertiser_ids": json.dumps([self.api.access.advertiser_id]),
            "fields": json.dumps(ADVERTISER_FIELDS),
        }
        call = Call(f"read {self._advertiser}", "account")
        found = self.api.ask(self.api.get("advertiser/info", query), call, read_advertiser)
        return found or _missing(call)

    @property
    def _advertiser(self) -> str:
        return f"advertiser {self.api.access.advertiser_id}"


@contextmanager
def connect(
    access: Access,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[TikTokClient]:
    """Open one advertiser; `sleep` and `now` (seconds, never back) are for tests with a clock of their own.

    Raises:
        SettingsError: base_url is not an address, or would send credentials in clear to another machine.
    """
    http = open_connection(access.base_url, access.timeout_seconds)
    with TikTokClient(BusinessApi(access, http, sleep, Pace(access.tier, now))) as client:
        yield client


def _file_path(data: Mapping[str, Any]) -> str:
    return str(data["file_path"])


def _missing(call: Call) -> NoReturn:
    """TikTok answered with an empty list."""
    scope: Scope = call.about
    advice = meaning_of(MISSING, scope).advice
    raise TikTokRefusedError(f"could not {call.what}: {advice}", code=MISSING, scope=scope)
