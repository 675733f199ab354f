"""The partner's side: reads its bucket as VTEX Ads would, objects applied in the order of their keys."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq

from audience_assets_tests.histories.model import Delivered

COLUMNS = [
    *(
        "CUSTOMER_ID",
        "EMAIL_HASHED",
        "PHONE_HASHED",
        "SOCIAL_ID_HASHED",
        "FIRST_NAME_HASHED",
        "LAST_NAME_HASHED",
    ),
    *("GENDER", "AGE", "CEP", "COUNTRY", "STATE", "CITY", "NEIGHBORHOOD"),
    *("AUDIENCES", "NBO_PRODUCTS", "NBO_CATEGORIES"),
]
KEY = re.compile(
    r"/audiences/([0-9]{4}/[0-9]{2}/[0-9]{2})/([0-9]{10})-([0-9a-f]{16})-[0-9]{4}[.]parquet[.]snappy"
)


@dataclass
class Partner:
    """One prefix of the bucket, read with the administrator's rights."""

    client: Any
    bucket: str
    prefix: str
    objects: dict[str, list[Delivered]] = field(default_factory=dict)
    _etags: dict[str, str] = field(default_factory=dict)

    def look(self) -> list[str]:
        """Read what is new; return its keys. A known key must still have its bytes."""
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        assert not listed["IsTruncated"]
        found = {each["Key"]: each["ETag"] for each in listed.get("Contents", [])}
        assert found.items() >= self._etags.items(), "a key changed its content or went away"
        new = sorted(found.keys() - self._etags.keys())
        for key in new:
            self.objects[key] = self._read(key)
        self._etags = found
        return new

    @property
    def rows_received(self) -> int:
        """Rows in all objects together."""
        return sum(map(len, self.objects.values()))

    @property
    def holds(self) -> dict[str, Delivered]:
        """Each customer's newest row."""
        return {row["CUSTOMER_ID"]: row for key in sorted(self.objects) for row in self.objects[key]}

    @property
    def deliveries(self) -> dict[str, list[str]]:
        """The customers of each delivery, by its timestamp."""
        customers: dict[str, list[str]] = {}
        for key, rows in sorted(self.objects.items()):
            customers.setdefault(_parsed(key)[2], []).extend(row["CUSTOMER_ID"] for row in rows)
        return customers

    def _read(self, key: str) -> list[Delivered]:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        day, timestamp, digest = _parsed(key).groups()
        midnight = datetime.strptime(day, "%Y/%m/%d").replace(tzinfo=UTC).timestamp()
        assert 0 <= int(timestamp) - midnight < 100
        assert sha256(content).hexdigest().startswith(digest)
        table = pq.read_table(BytesIO(content))
        assert table.column_names == COLUMNS
        rows: list[Delivered] = table.to_pylist()
        return rows


def _parsed(key: str) -> re.Match[str]:
    parsed = KEY.search(key)
    assert parsed is not None, key
    return parsed
