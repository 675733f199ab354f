"""Extracts on S3, read from a real server with the credentials that the settings name."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from audience_assets.customers import source
from audience_assets.errors import AudienceAssetsError, ExtractError, SettingsError
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.customers.extracts import DAY, MARKER, Extracts, parquet_of

Put = Callable[[str, bytes], None]
KEY = "TEST_SOURCE_KEY_ID"
SECRET = "TEST_SOURCE_SECRET"
HEADER = b"customer_id,social_id\n"


@pytest.fixture
def put(s3_server: S3Server, administrator: Any, bucket_prefix: str) -> Put:
    """Stores an object below the test's own prefix."""

    def store(key: str, content: bytes) -> None:
        administrator.put_object(Bucket=s3_server.bucket, Key=f"{bucket_prefix}/{key}", Body=content)

    return store


@pytest.fixture
def on_s3(
    extracts: Extracts, s3_server: S3Server, bucket_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Extracts]:
    """Lets the extract be read from a path below the test's own prefix."""
    monkeypatch.setenv(KEY, s3_server.administrator.access_key_id)
    monkeypatch.setenv(SECRET, s3_server.administrator.secret_access_key)

    def read_from(path: str, **s3: Any) -> Extracts:
        access = {
            "endpoint_url": s3_server.endpoint_url,
            "region": s3_server.region,
            "access_key_id": {"env": KEY},
            "secret_access_key": {"env": SECRET},
        }
        full = path if path.startswith("s3://") else f"s3://{s3_server.bucket}/{bucket_prefix}/{path}"
        extracts.source = {"path": full, "s3": access | s3}
        return extracts

    return read_from


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "json", "json.gz", "parquet"])
def test_every_format_is_read_by_a_pattern(put: Put, on_s3: Callable[..., Extracts], kind: str) -> None:
    for number in range(3):
        row = {"customer_id": f"00{number}", "social_id": "01234567890"}
        content = {
            "csv": HEADER + ",".join(row.values()).encode() + b"\n",
            "json": json.dumps(row).encode(),
            "parquet": parquet_of({name: [value] for name, value in row.items()}),
        }[kind.removesuffix(".gz")]
        put(f"day={DAY}/part [{number}].{kind}", gzip.compress(content) if kind.endswith("gz") else content)
    extracts = on_s3(f"day={{day}}/*.{kind}")
    customers = extracts.customers()
    assert set(customers) == {"000", "001", "002"}
    assert {row["social_id"] for row in customers.values()} == {"01234567890"}
    assert source.has_landed(extracts.pipeline.settings, DAY)


def test_one_object_of_many_rows(put: Put, on_s3: Callable[..., Extracts]) -> None:
    rows = b"".join(b"%d,01234567890\n" % number for number in range(200_000))
    put(f"{DAY}.csv", HEADER + rows)
    assert on_s3("{day}.csv").read().customers == 200_000


def test_a_query_may_read_s3(put: Put, on_s3: Callable[..., Extracts]) -> None:
    put(f"{DAY}/a.parquet", parquet_of({"customer_id": ["1"]}))
    extracts = on_s3("{day}")
    place = extracts.source.pop("path").removesuffix("{day}")
    extracts.source["query"] = f"from read_parquet('{place}' || $day || '/*.parquet')"
    assert extracts.read().customers == 1


@pytest.mark.parametrize("path", ["none/{day}.csv", "none/{day}/*.parquet"])
def test_a_day_without_objects_names_the_path(on_s3: Callable[..., Extracts], path: str) -> None:
    extracts = on_s3(path)
    said = extracts.refusal(ExtractError)
    assert path.format(day=DAY) in said
    assert not source.has_landed(extracts.pipeline.settings, DAY)


@pytest.mark.parametrize("name", ["{day}.csv", "{day}/*.csv"])
def test_a_missing_bucket_is_named(on_s3: Callable[..., Extracts], name: str) -> None:
    assert "s3://no-such-bucket/" in on_s3(f"s3://no-such-bucket/{name}").refusal(ExtractError)


@pytest.mark.parametrize("wrong", [KEY, SECRET])
@pytest.mark.parametrize("path", ["{day}.csv", "{day}*"])
def test_wrong_credentials_are_refused_without_showing_them(
    put: Put, on_s3: Callable[..., Extracts], monkeypatch: pytest.MonkeyPatch, wrong: str, path: str
) -> None:
    put(f"{DAY}.csv", HEADER + f"{MARKER},\n".encode())
    monkeypatch.setenv(wrong, f"wrong-{MARKER}")
    said = on_s3(path).refusal(SettingsError)
    assert "source.s3" in said
    assert f"{DAY}" in said


def test_credentials_without_the_right_to_read_are_refused(
    put: Put, on_s3: Callable[..., Extracts], s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(f"{DAY}.csv", HEADER)
    monkeypatch.setenv(KEY, s3_server.write_only.access_key_id)
    monkeypatch.setenv(SECRET, s3_server.write_only.secret_access_key)
    assert "source.s3" in on_s3("{day}.csv").refusal(SettingsError)


@pytest.mark.parametrize(
    ("s3", "says"),
    [
        ({"secret_access_key": {"env": "NOT_SET_ANYWHERE"}}, "NOT_SET_ANYWHERE"),
        ({"endpoint_url": "127.0.0.1:9"}, "endpoint_url"),
        ({"profile": "no-such-profile"}, "'no-such-profile'"),
    ],
)
def test_wrong_settings_are_named(on_s3: Callable[..., Extracts], s3: dict[str, Any], says: str) -> None:
    assert says in on_s3("{day}.csv", **s3).refusal(SettingsError)


def test_a_store_that_does_not_answer_is_named(on_s3: Callable[..., Extracts]) -> None:
    said = on_s3("{day}.csv", endpoint_url="http://127.0.0.1:9").refusal(AudienceAssetsError)
    assert "run again" in said


def test_broken_objects_are_refused(put: Put, on_s3: Callable[..., Extracts]) -> None:
    put(f"{DAY}.csv", HEADER + f"1,2\n{MARKER}\n".encode())
    put(f"{DAY}.json", f'{{"customer_id": "{MARKER}'.encode())
    put(f"{DAY}.parquet", MARKER.encode() * 20)
    assert "at line 3 " in on_s3("{day}.csv").refusal(ExtractError)
    assert "not valid JSON" in on_s3("{day}.json").refusal(ExtractError)
    assert "not a complete Parquet file" in on_s3("{day}.parquet").refusal(ExtractError)


def test_an_object_that_is_replaced_between_two_steps_is_refused(
    put: Put, on_s3: Callable[..., Extracts]
) -> None:
    put(f"{DAY}.csv", HEADER + b"1,\n")
    extracts = on_s3("{day}.csv")
    extracts.read()
    put(f"{DAY}.csv", HEADER + f"1,{MARKER}\n".encode())
    said = extracts.refusal(ExtractError, lambda: extracts.pipeline.normalize(DAY))
    assert "raw_customers" in said
