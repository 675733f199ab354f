"""Proves that the partners hold what the generator says they should; it shares no rule with the pipeline."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.errors import StateError
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer

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


def compare_meta(server: MetaServer, directory: Path, days: list[date]) -> None:
    """Compare the e-mail digests that each custom audience holds with those of its members after the last day.

    Meta and VTEX Ads hash the same string for an e-mail address, so the truth that is written for one serves for both.

    Raises:
        StateError: They differ.
    """
    held = {
        audience.name: {value for key, value in audience.identifiers() if key == "EMAIL"}
        for audience in server.account.audiences.values()
    }
    due = _digests(directory, days, "EMAIL_HASHED")
    if {name: people for name, people in held.items() if people} != due:
        raise StateError(f"what Meta's custom audiences hold {NOT_THE_TRUTH}")


def compare_tiktok(server: TikTokServer, directory: Path, days: list[date], smallest: int) -> None:
    """Compare the phone digests that each TikTok audience holds with those of its members after the last day.

    TikTok and VTEX Ads hash the same string for a phone. Audiences that were too small on some day are left out.

    Raises:
        StateError: They differ.
    """
    held = {
        audience.name: {value for key, value in audience.identifiers() if key == "phone_SHA256"}
        for audience in server.advertiser.audiences.values()
    }
    due = _digests(directory, days, "PHONE_HASHED")
    large = {name for name, people in due.items() if len(people) > 2 * smallest}
    if not large <= held.keys() or any(held[name] != due[name] for name in large):
        raise StateError(f"what TikTok's audiences hold {NOT_THE_TRUTH}")


def _digests(directory: Path, days: list[date], column: str) -> dict[str, set[str]]:
    """The digests of an audience's members after the last day, by audience; those without a member are not named."""
    customers: dict[str, dict[str, Any]] = {}
    for day in days:
        customers |= {row["CUSTOMER_ID"]: row for row in truth_of(directory, day).to_pylist()}
    digests: dict[str, set[str]] = {}
    for row in customers.values():
        for audience in (row["AUDIENCES"] or "").split(";"):
            if audience and row[column]:
                digests.setdefault(audience, set()).add(row[column])
    return digests
