"""Where a VTEX Ads file stands at the partner: from the partition and the content, never from the clock."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audience_assets.destinations.sending import Answer
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets.ledger.records import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage import objects
from audience_assets.storage.objects import S3Objects, S3Target
from audience_assets_tests.destinations.tables import VTEX_ADS

DAY = date(2023, 9, 15)
DIGEST = "0123456789abcdef" * 4
DELIVERY = Delivery(
    1, "vtex_ads", "", DAY, 0, None, "due", DeliveryStatus.SENDING, 4, 0, 0, 4, None, datetime.now(UTC), None
)
KEYS = st.tuples(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
    st.integers(1, 12_000),
    st.binary(max_size=4).map(lambda content: sha256(content).hexdigest()),
)


class Nowhere:
    """A client of no server, for senders that only name keys."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        raise NotImplementedError(request)

    def close(self) -> None:
        """Nothing is open."""


def sender(prefix: str) -> VtexAdsSender:
    return VtexAdsSender(VTEX_ADS, S3Objects(S3Target(bucket="b"), Nowhere()), prefix)


def test_a_key_is_the_pages_pattern_with_the_content_in_its_name() -> None:
    key = sender("xyz").planned_key(DAY, 0, 1, DIGEST)
    assert key == "xyz/audiences/2023/09/15/1694736000-0123456789abcdef-0001.parquet.snappy"
    assert datetime(2023, 9, 15, tzinfo=UTC).timestamp() == 1694736000


@pytest.mark.parametrize(
    ("prefix", "begins"),
    [
        ("", "audiences/2023"),
        ("/", "audiences/2023"),
        ("xyz", "xyz/audiences/2023"),
        ("/xyz/", "xyz/audiences/2023"),
        ("a/b/", "a/b/audiences/2023"),
        ("//a/b", "a/b/audiences/2023"),
    ],
)
def test_a_prefix_may_have_slashes_around_it_or_not(prefix: str, begins: str) -> None:
    assert sender(prefix).planned_key(DAY, 0, 1, DIGEST).startswith(begins)


def test_a_correction_and_each_part_have_names_of_their_own() -> None:
    xyz = sender("xyz")
    keys = [xyz.planned_key(DAY, ordinal, part, DIGEST) for ordinal in (0, 1) for part in (1, 2)]
    assert len(set(keys)) == 4
    assert keys == sorted(keys)
    assert xyz.planned_key(DAY, 1, 1, DIGEST).startswith("xyz/audiences/2023/09/15/1694736001-")


@given(KEYS, KEYS)
def test_a_key_is_the_same_for_the_same_and_never_repeats_for_another(
    one: tuple[date, int, int, str], other: tuple[date, int, int, str]
) -> None:
    xyz = sender("xyz")
    assert (xyz.planned_key(*one) == xyz.planned_key(*other)) == (one == other)


@given(KEYS)
def test_every_key_stands_in_the_folder_of_its_partition(given_: tuple[date, int, int, str]) -> None:
    day, ordinal, _, digest = given_
    parsed = re.fullmatch(
        r"p/audiences/([0-9]{4})/([0-9]{2})/([0-9]{2})/([0-9]+)-([0-9a-f]{16})-[0-9]{4,}\.parquet\.snappy",
        sender("p").planned_key(*given_),
    )
    assert parsed is not None
    assert date(*map(int, parsed.groups()[:3])) == day
    assert datetime.fromtimestamp(int(parsed[4]) - ordinal, UTC) == datetime(
        day.year, day.month, day.day, tzinfo=UTC
    )
    assert digest.startswith(parsed[5])


def test_a_file_is_created_once_and_a_repeat_is_a_success(
    s3_server: S3Server, bucket_prefix: str, tmp_path: Path
) -> None:
    path = tmp_path / "part.parquet.snappy"
    path.write_bytes(b"rows")
    target = S3Target(
        bucket=s3_server.bucket,
        endpoint_url=s3_server.endpoint_url,
        region=s3_server.region,
        access_key_id=s3_server.write_only.access_key_id,
        secret_access_key=s3_server.write_only.secret_access_key,
    )
    digest = sha256(b"rows").hexdigest()
    with objects.connect(target) as bucket:
        partner = VtexAdsSender(VTEX_ADS, bucket, bucket_prefix)
        key = partner.planned_key(DAY, 0, 1, digest)
        batch = Batch(1, 1, "upsert", 4, "f", digest, key, BatchStatus.SENT, 1, None, None, None)
        assert partner.send(DELIVERY, batch, path) == Answer("created")
        assert partner.send(DELIVERY, replace(batch, attempts=2), path) == Answer("already there")
    client = s3_server.client("s3", s3_server.administrator)
    stored = client.get_object(Bucket=s3_server.bucket, Key=key)
    assert stored["Body"].read() == b"rows"
    assert stored["Metadata"] == {"sha256": digest, "rows": "4"}
    assert stored["ContentType"] == "application/vnd.apache.parquet"
    client.close()
