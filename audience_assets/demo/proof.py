"""Proves that the partners hold what the generator says they should; it shares no rule with the pipeline."""

import io
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.errors import StateError
from audience_assets.sandbox.s3 import S3Server

NOT_THE_TRUTH = "is not the generator's truth; please report this as a bug"


def truth_of(directory: Path, day: date) -> pa.Table:
    """What VTEX Ads is due on a day, as the generator wrote it beside its extract."""
    return pq.ParquetFile(directory / f"crm/truth/delivered-{day}.parquet").read().sort_by("CUSTOMER_ID")


def compare_objects(server: S3Server, directory: Path, day: date) -> None:
    """Read the day's objects back from the S3 server and compare them with what is due.

    Raises:
        StateError: They differ.
    """
    client = server.client("s3", server.administrator)
    try:
        folder = f"{server.prefix}/audiences/{day:%Y/%m/%d}/"
        listed = client.list_objects_v2(Bucket=server.bucket, Prefix=folder).get("Contents", [])
        bodies = [client.get_object(Bucket=server.bucket, Key=each["Key"])["Body"].read() for each in listed]
    finally:
        client.close()
    due = truth_of(directory, day)
    tables = [pq.ParquetFile(io.BytesIO(body)).read() for body in bodies]
    delivered = pa.concat_tables(tables).sort_by("CUSTOMER_ID") if tables else due.slice(0, 0)
    if not delivered.equals(due.cast(delivered.schema)):
        raise StateError(f"what the S3 server holds for {day} {NOT_THE_TRUTH}")


class Audience(Protocol):
    """One of a partner's audiences in the sandbox."""

    name: str

    def identifiers(self) -> AbstractSet[tuple[str, Any]]:
        """Who is in it: what kind of identifier, and the digest."""
        ...


def compare_audiences(
    partner: str, audiences: Iterable[Audience], kind: str, due: Mapping[str, set[str]], smallest: int = 0
) -> None:
    """Compare the digests of a kind that a partner's audiences hold with those of their members after the last day.

    Those that may have been too small on some day, where the partner takes no audience below `smallest`, are left out.

    Raises:
        StateError: They differ.
    """
    large = {name: people for name, people in due.items() if len(people) > 2 * smallest}
    held = {
        audience.name: {value for of_kind, value in audience.identifiers() if of_kind == kind}
        for audience in audiences
        if audience.name not in due.keys() - large.keys()
    }
    if {name: people for name, people in held.items() if people} != large:
        raise StateError(f"what {partner}'s audiences hold {NOT_THE_TRUTH}")


def digests_due(directory: Path, days: list[date], column: str) -> dict[str, set[str]]:
    """The digests of an audience's members after the last day, by audience; those without a member are not named.

    They come from what VTEX Ads is due, which hashes the same string of an e-mail address as Meta and of a phone as TikTok.
    """
    customers: dict[str, dict[str, Any]] = {}
    for day in days:
        customers |= {row["CUSTOMER_ID"]: row for row in truth_of(directory, day).to_pylist()}
    digests: dict[str, set[str]] = {}
    for row in customers.values():
        for audience in (row["AUDIENCES"] or "").split(";"):
            if audience and row[column]:
                digests.setdefault(audience, set()).add(row[column])
    return digests
