"""Who asks to be erased: the form of a request, and the keys and customers that it stands for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audience_assets import database
from audience_assets.errors import ExtractError
from audience_assets.ledger.erasures import Key
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Erasure
from audience_assets.rules import match_keys
from audience_assets.rules.match_keys import CUSTOMER_ID
from audience_assets.settings import Settings
from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import NORMALIZED, Layout

MOST = 5
"""How many customers one request may concern: a phone that is the shop's own stands for hundreds."""

LASTING = ("email", "social_id")
"""What keeps a person out besides what the request names and the customer_id: a phone may be a whole family's."""


class ErasureRequest(BaseModel):
    """A person's request; at least one identifier, in clear or as the SHA-256 of its canonical form.

    Attributes:
        request: Its name, such as a ticket's number; it must not tell who the person is.
        asked_at: When the person asked, with its zone; now unless it is said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    request: str = Field(min_length=1, max_length=200)
    customer_id: str | None = Field(default=None, repr=False)
    email: str | None = Field(default=None, repr=False)
    phone: str | None = Field(default=None, repr=False)
    social_id: str | None = Field(default=None, repr=False)
    country: str | None = None
    asked_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @model_validator(mode="after")
    def _names_somebody(self) -> "ErasureRequest":
        if not any((self.customer_id, self.email, self.phone, self.social_id)):
            raise ValueError("a request needs a customer_id, an email, a phone or a social_id")
        if self.asked_at.tzinfo is None:
            raise ValueError("asked_at needs a time zone, as in 2026-03-02T12:00:00-03:00")
        return self


@dataclass(frozen=True, slots=True)
class People:
    """Finds customers by keys, in everything that was normalized so far."""

    settings: Settings
    ledger: Ledger
    secret: bytes = field(repr=False)

    def register(self, request: ErasureRequest) -> Erasure:
        """Record a request with its tombstones: from now on nobody of its identifiers is delivered.

        Raises:
            ExtractError: No identifier is usable, or they stand for too many customers to be one person.
        """
        with database.connect(self.settings) as connection:
            match_keys.use_secret(connection, self.secret)
            named = _named_keys(connection, self.settings, request)
            if not named:
                raise ExtractError(
                    f"erasure request {request.request}: none of its identifiers is usable; audience-assets normalize"
                    " says why a value is refused"
                )
            found = self._found(connection, named)
        customers = {customer for customer, _ in found}
        if len(customers) > MOST:
            raise ExtractError(
                f"erasure request {request.request}: its identifiers stand for {len(customers)} customers, and one person"
                f" is at most {MOST}: name the customer_id"
            )
        lasting = {key for _, keys in found for key in keys if key[0] in (CUSTOMER_ID, *LASTING)}
        days = self.settings.erasure.deadline_days
        erasure = Erasure(
            request.request, request.asked_at, request.asked_at + timedelta(days=days), len(customers)
        )
        return self.ledger.erasures.record(erasure, {*named, *lasting})

    def customers(self, keys: Sequence[Key]) -> set[str]:
        """The ids of everybody whom these keys stand for, now or at any time that is still kept."""
        if not keys:
            return set()
        with database.connect(self.settings) as connection:
            match_keys.use_secret(connection, self.secret)
            return {customer for customer, _ in self._found(connection, keys)}

    def _found(
        self, connection: duckdb.DuckDBPyConnection, keys: Iterable[Key]
    ) -> list[tuple[str, list[Key]]]:
        """Each row of any segment's keys that has one of these, with its customer and all its keys."""
        layout = Layout(self.settings.state)
        kept = [
            file
            for segment in self.ledger.every_segment()
            if segment.keys_file is not None
            for file in Dataset.existing(layout.absolute(segment.keys_file), NORMALIZED).files
        ]
        listed = list(keys)
        wanted = pa.table({"kind": [kind for kind, _ in listed], "key": [key for _, key in listed]})
        connection.register("wanted_keys", wanted)
        dataset.read(connection, kept, match_keys.NO_KEYS).create_view("keys", replace=True)
        by_id = match_keys.key_sql(CUSTOMER_ID, f"sha256({CUSTOMER_ID})")
        known = [(CUSTOMER_ID, by_id), *((kind, kind) for kind in match_keys.KINDS)]
        found = " or ".join(
            f"{key} in (select key from wanted_keys where kind = '{kind}')" for kind, key in known
        )
        columns = ", ".join(f"{key} as {kind}_key" for kind, key in known)
        rows = connection.execute(f"select customer_id, {columns} from keys where {found}").fetchall()
        kinds = [kind for kind, _ in known]
        return [
            (customer, [(kind, bytes(key)) for kind, key in zip(kinds, theirs, strict=True) if key])
            for customer, *theirs in rows
        ]


def _named_keys(
    connection: duckdb.DuckDBPyConnection, settings: Settings, request: ErasureRequest
) -> list[Key]:
    """The keys of the identifiers that a request names."""
    given = {
        CUSTOMER_ID: request.customer_id,
        **{kind: getattr(request, kind) for kind in match_keys.KINDS},
        "country": request.country,
        "default_country": settings.rules.default_country,
        "date_order": settings.rules.date_order,
    }
    table = {name: pa.array([value], pa.string()) for name, value in given.items()}
    connection.register("request_arrow", pa.table(table | {"as_of": pa.array([date.min], pa.date32())}))
    connection.execute("create or replace temp table listing as select * from request_arrow")
    connection.unregister("request_arrow")
    return match_keys.of_listing(connection)
