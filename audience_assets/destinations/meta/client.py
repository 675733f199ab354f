"""Meta's Marketing API as typed calls for customer-file audiences. It knows one ad account and keeps no state of its own.

Source: Meta, Custom audiences from a customer file; paths and parameters are those of Meta's own client.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from audience_assets.destinations.meta.access import Access
from audience_assets.destinations.meta.answers import Call, MetaRefusedError
from audience_assets.destinations.meta.codes import INVALID_REQUEST, MISSING_OBJECT
from audience_assets.destinations.meta.graph import Graph
from audience_assets.destinations.meta.limits import Pace
from audience_assets.destinations.meta.payload import Payload
from audience_assets.destinations.meta.remote import (
    ACCOUNT_FIELDS,
    AUDIENCE_FIELDS,
    RemoteAccount,
    RemoteAudience,
    RemoteSession,
    UsersAnswer,
    read_account,
    read_audience,
    read_moment,
    read_permissions,
    read_session,
    read_users,
)
from audience_assets.http.connection import open_connection

__all__ = [
    "Access",
    "MetaClient",
    "Operation",
    "RemoteAccount",
    "RemoteAudience",
    "RemoteSession",
    "Session",
    "UsersAnswer",
    "connect",
]

PAGE_SIZE = 100
FIRST_BATCH = 1


@dataclass(frozen=True, slots=True)
class Session:
    """One batch's place in an upload: the id is ours and unique in the ad account, the first batch is 1."""

    session_id: int
    batch_seq: int
    last_batch: bool
    estimated_total: int

    def encoded(self) -> str:
        """The JSON value of the parameter `session`."""
        return json.dumps(
            {
                "session_id": self.session_id,
                "batch_seq": self.batch_seq,
                "last_batch_flag": self.last_batch,
                "estimated_num_total": self.estimated_total,
            },
            separators=(",", ":"),
        )


class Operation(StrEnum):
    """What is done with the people of a batch."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class MetaClient:
    """The calls, made by `connect`. Each waits and repeats by itself as Meta's answers ask.

    Every call raises:
        MetaRefusedError: Meta will refuse again; its scope says what to stop.
        DeliveryInterruptedError: Meta did not answer or is failing, longer than the patience of one call: run again.
    """

    graph: Graph

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.graph.http.close()

    def create_audience(
        self, *, name: str, description: str, customer_file_source: str, value_based: bool
    ) -> str:
        """Create an empty audience and return its id.

        Two audiences may have one name, so it is asked again only when Meta says that it did nothing.

        Raises:
            UnknownOutcomeError: it may have been created: look with `audiences_named` before asking again.
        """
        fields = {
            "name": name,
            "subtype": "CUSTOM",
            "description": description,
            "customer_file_source": customer_file_source,
            **({"is_value_based": "true"} if value_based else {}),
        }
        request = self.graph.post(f"{self._account}/customaudiences", fields, twice="wrong")
        call = Call(f"create the audience {name!r} in {self._account}", "account")
        return self.graph.ask(request, call, lambda body: str(body["id"]))

    def describe_audience(self, audience_id: str, *, name: str | None, description: str | None) -> None:
        """Give an audience another name or description; giving the same twice is the same as once."""
        given = {"name": name, "description": description}
        fields = {key: text for key, text in given.items() if text is not None}
        call = Call(f"rename or describe audience {audience_id}", "audience")
        self.graph.ask(self.graph.post(audience_id, fields), call, lambda _: None)

    def delete_audience(self, audience_id: str) -> None:
        """Delete an audience; one that is gone already is no error. Ads that use it stop running."""
        request = self.graph.post(audience_id, {"method": "DELETE"})
        try:
            self.graph.ask(request, Call(f"delete audience {audience_id}", "audience"), lambda _: None)
        except MetaRefusedError as error:
            if (error.code, error.subcode) != (INVALID_REQUEST, MISSING_OBJECT):
                raise

    def audiences_named(self, name: str) -> list[RemoteAudience]:
        """Every audience of the account with exactly this name.

        All are read and compared here: how Meta's own filter treats case and spaces is not documented.
        """
        query = {"fields": ",".join(AUDIENCE_FIELDS), "limit": str(PAGE_SIZE)}
        call = Call(f"list the audiences of {self._account}", "account")

        def read(body: Mapping[str, Any]) -> RemoteAudience | None:
            return read_audience(body) if body["name"] == name else None

        found = self.graph.pages(f"{self._account}/customaudiences", query, call, read)
        return [each for each in found if each is not None]

    def audience(self, audience_id: str, *, just_created: bool = False) -> RemoteAudience:
        """The audience as it stands; one that was just created may need some seconds to be found, which are waited."""
        query = {"fields": ",".join(AUDIENCE_FIELDS)}
        request = self.graph.get(audience_id, query, waits_for_object=just_created)
        return self.graph.ask(request, Call(f"read audience {audience_id}", "audience"), read_audience)

    def change_users(
        self, audience_id: str, operation: Operation, payload: Payload, session: Session
    ) -> UsersAnswer:
        """Add, remove or replace the people of one batch; repeating it with the same session and number is harmless.

        Except for a replacing's first batch: Meta asks not to send number 1 twice, since it begins the replacing. So it
        is asked again only when Meta says that it did nothing.

        Raises:
            ReplaceError: the replacing cannot go on as it is; its subcode says how it can.
            UnknownOutcomeError: a replacing may have begun: look at the audience's status before going on.
        """
        edge = "usersreplace" if operation is Operation.REPLACE else "users"
        method = {"method": "DELETE"} if operation is Operation.REMOVE else {}
        begins = operation is Operation.REPLACE and session.batch_seq == FIRST_BATCH
        request = self.graph.post(
            f"{audience_id}/{edge}",
            {**method, **_people(payload, session)},
            twice="wrong" if begins else "harmless",
        )
        call = Call(f"{operation} batch {session.batch_seq} of audience {audience_id}", "audience")
        return self.graph.ask(request, call, read_users)

    def remove_everywhere(self, payload: Payload, session: Session) -> UsersAnswer:
        """Remove these people from all audiences of the ad account."""
        path = f"{self._account}/usersofanyaudience"
        request = self.graph.post(path, {"method": "DELETE", **_people(payload, session)})
        call = Call(f"remove batch {session.batch_seq} from every audience of {self._account}", "account")
        return self.graph.ask(request, call, read_users)

    def sessions(self, audience_id: str) -> list[RemoteSession]:
        """The upload sessions that Meta still knows of an audience."""
        call = Call(f"list the sessions of audience {audience_id}", "audience")
        return list(self.graph.pages(f"{audience_id}/sessions", {}, call, read_session))

    def account(self) -> RemoteAccount:
        """The ad account, and whether its customer-list terms are accepted."""
        request = self.graph.get(self._account, {"fields": ",".join(ACCOUNT_FIELDS)})
        return self.graph.ask(request, Call(f"read {self._account}", "account"), read_account)

    def permissions(self) -> dict[str, bool]:
        """The permissions of the access token's user, and whether each is granted."""
        call = Call("read the access token's permissions", "account")
        return self.graph.ask(self.graph.get("me/permissions", {}), call, read_permissions)

    def token_expires_at(self) -> datetime | None:
        """When the access token ends; None when it never does, or when Meta does not tell.

        Sent as POST with method=GET, since the token that is asked about would otherwise stand in the URL.
        """
        fields = {"method": "GET", "input_token": self.graph.access.access_token}
        call = Call("read when the access token ends", "account")
        try:
            return self.graph.ask(
                self.graph.post("debug_token", fields),
                call,
                lambda body: read_moment(body["data"].get("expires_at")),
            )
        except MetaRefusedError:
            return None

    @property
    def _account(self) -> str:
        return self.graph.access.account


@contextmanager
def connect(
    access: Access,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[MetaClient]:
    """Open one ad account; `sleep` and `now` (seconds, never back) are for tests with a clock of their own.

    Raises:
        SettingsError: base_url is not an address, or would send credentials in clear to another machine.
    """
    http = open_connection(access.base_url, access.timeout_seconds)
    with MetaClient(Graph(access, http, sleep, Pace(access.calls_per_second, now))) as client:
        yield client


def _people(payload: Payload, session: Session) -> dict[str, str | bytes]:
    consent = {"customer_consent": "true"} if payload.customer_consent else {}
    return {"payload": payload.encoded(), "session": session.encoded(), **consent}
