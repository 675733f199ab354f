"""VTEX Ads' bucket, in memory: a stand-in for boto3's client, and what the partner makes of the objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any, Literal

import pyarrow.parquet as pq
from botocore.exceptions import ClientError, ConnectionClosedError

from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.partners.rows import Cell
from audience_assets_tests.histories.partners.troubles import Troubles, random_kill

Fault = Literal["before", "after", "denied", "failing"]
REFUSALS = {"denied": ("AccessDenied", 403), "failing": ("InternalError", 500)}


@dataclass
class Bucket:
    """What was put, and the faults that wait for the next calls."""

    objects: dict[str, bytes] = field(default_factory=dict, repr=False)
    faults: list[Fault | None] = field(default_factory=list)
    puts: int = 0

    def put(self, key: str, content: bytes) -> Mapping[str, Any]:
        """A conditional PUT; a key never gets other bytes."""
        fault = self.faults.pop(0) if self.faults else None
        self.puts += 1
        if fault == "before":
            raise ConnectionClosedError(endpoint_url="bucket")
        if fault in REFUSALS:
            raise _refused(*REFUSALS[fault])
        if key in self.objects:
            assert self.objects[key] == content, "a key was sent again with other bytes"
            raise _refused("PreconditionFailed", 412)
        self.objects[key] = content
        if fault == "after":
            raise ConnectionClosedError(endpoint_url="bucket")
        return {"ETag": '"made up"'}

    def rows(self) -> dict[str, dict[str, Cell]]:
        """Each customer's newest row, objects taken in the order of their keys."""
        tables = [pq.read_table(BytesIO(content)) for _, content in sorted(self.objects.items())]
        return {row["CUSTOMER_ID"]: row for table in tables for row in table.to_pylist()}


@dataclass(frozen=True)
class BucketClient:
    """boto3's client as one life of the pipeline has it, each PUT an effect."""

    bucket: Bucket
    life: Faults

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """Create an object; only ever where there is none."""
        assert request["IfNoneMatch"] == "*"
        return self.life.effect("put", lambda: self.bucket.put(request["Key"], request["Body"].read()))

    def close(self) -> None:
        """There is no connection."""


def random_troubles(rng: Random) -> Troubles:
    """Answers that are lost, failures and refusals."""
    troubles = Troubles(kill=random_kill(rng))
    if rng.random() < 0.5:
        faults: tuple[Fault | None, ...] = (None, "before", "after", "after", "denied", "failing")
        troubles.faults = [rng.choice(faults) for _ in range(rng.choice((1, 2, 3)))]
        troubles.may_refuse = "denied" in troubles.faults
    return troubles


def _refused(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")
