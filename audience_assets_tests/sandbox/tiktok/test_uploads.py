import hashlib
from pathlib import Path
from typing import Any

import pytest

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import AUDIENCES, Caller, answer_of, digest, lines, table

SEVERAL = "MULTIPLE_TYPES"
DEVICE = "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"


def test_a_file_gets_a_path_of_sixteen_characters(caller: Caller) -> None:
    answers = [caller.upload(lines("a"), name=name) for name in ("a.csv", "a.txt")]
    paths = {answer.data["file_path"] for answer in answers}
    assert [len(path) for path in paths] == [16, 16]


@pytest.mark.parametrize(
    ("content", "calculate_type"),
    [
        (lines("a", "b"), "PHONE_SHA256"),
        (lines("a") + b"\n", "EMAIL_SHA256"),
        (lines("a", "b").replace(b"\n", b"\r\n") + b"\r\n", "MAID_SHA256"),
        (hashlib.md5(b"a", usedforsecurity=False).hexdigest().encode(), "IDFA_MD5"),
        (table("email_SHA256", ["a"]), SEVERAL),
        (table("MAID,email_SHA256", ["", "a"], ["b", ""]), SEVERAL),
        (table("phone_SHA256,phone_SHA256,phone_SHA256,email_SHA256", ["a", "b", "c", ""]), SEVERAL),
        (f"email_SHA256,MAID\n,{DEVICE}".encode(), SEVERAL),
    ],
)
def test_a_well_formed_file_is_taken(caller: Caller, content: bytes, calculate_type: str) -> None:
    assert caller.upload(content, calculate_type=calculate_type).code == 0


@pytest.mark.parametrize(
    ("content", "calculate_type", "code"),
    [
        (b"", "EMAIL_SHA256", 40906),
        (b"\n", "EMAIL_SHA256", 40906),
        (b"email_SHA256\n" + lines("a"), "EMAIL_SHA256", 40062),
        (lines("a") + b"\n\n" + lines("b"), "EMAIL_SHA256", 40915),
        (lines("a").upper(), "EMAIL_SHA256", 40062),
        (b"mary@example.com", "EMAIL_SHA256", 40062),
        (lines("a") + b"\nmary@example.com", "EMAIL_SHA256", 40062),
        (b"z" * 64, "EMAIL_SHA256", 40062),
        (b" " + lines("a")[1:], "EMAIL_SHA256", 40062),
        (lines(""), "EMAIL_SHA256", 40062),
        (lines("a"), "IDFA_MD5", 40062),
        (DEVICE.encode(), "MAID_SHA256", 40062),
        (lines("a"), SEVERAL, 40915),
        (table("Email_SHA256", ["a"]), SEVERAL, 40915),
        (table("email_SHA256,", ["a", "b"]), SEVERAL, 40915),
        (table(",".join(["phone_SHA256"] * 4), ["a", "b", "c", "d"]), SEVERAL, 40915),
        (b"email_SHA256,MAID\n", SEVERAL, 40906),
        (table("email_SHA256,MAID", ["a", "b"], ["", ""]), SEVERAL, 40915),
        (table("email_SHA256,MAID", ["a", "b"], ["a"]), SEVERAL, 40915),
        (table("email_SHA256,MAID", ["a"], ["b", "c", "d"]), SEVERAL, 40915),
        (b"email_SHA256,MAID\nmary@example.com,", SEVERAL, 40062),
        (f"email_SHA256,MAID\n{DEVICE},".encode(), SEVERAL, 40062),
        (f"email_SHA256,MAID\n,{DEVICE.upper()}".encode(), SEVERAL, 40062),
        (f"email_SHA256,MAID\n,{digest('a').upper()}".encode(), SEVERAL, 40062),
    ],
)
def test_a_malformed_file_is_refused(caller: Caller, content: bytes, calculate_type: str, code: int) -> None:
    answer = caller.upload(content, calculate_type=calculate_type)
    assert answer.code == code
    assert caller.advertiser.files == {}
    assert not any(word in answer.message for word in ("mary", DEVICE, digest("a")))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"calculate_type": None}, 40002),
        ({"calculate_type": "EMAIL"}, 40909),
        ({"file_signature": None}, 40002),
        ({"file_signature": hashlib.md5(b"b", usedforsecurity=False).hexdigest()}, 40900),
        ({"advertiser_id": None}, 40002),
        ({"colour": "red"}, 40002),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_refused(
    caller: Caller, changed: dict[str, Any], code: int
) -> None:
    assert caller.upload(lines("a"), **changed).code == code


def test_the_signature_is_in_lower_case(caller: Caller) -> None:
    signature = hashlib.md5(lines("a"), usedforsecurity=False).hexdigest().upper()
    assert caller.upload(lines("a"), file_signature=signature).code == 40900


@pytest.mark.parametrize("name", ["people.parquet", "people.csv.gz", "people.CSV", "csv"])
def test_the_name_of_a_file_ends_in_csv_or_txt(caller: Caller, name: str) -> None:
    assert caller.upload(lines("a"), name=name).code == 40908


def test_a_file_above_the_limit_is_refused(caller: Caller, advertiser: Advertiser) -> None:
    assert advertiser.largest_file == 50 * 1024 * 1024
    advertiser.largest_file = 64
    assert caller.upload(lines("a")).code == 0
    assert caller.upload(lines("a") + b"\n").code == 40907


def test_an_upload_without_a_file_or_with_two_is_refused(caller: Caller) -> None:
    url = f"{AUDIENCES}/file/upload/"
    fields = {"advertiser_id": caller.advertiser.id, "calculate_type": "EMAIL_SHA256", "file_signature": "x"}
    none = caller.http.post(url, files=[(name, (None, value)) for name, value in fields.items()])
    assert answer_of(none).code == 40905
    two = caller.http.post(url, data=fields, files=[("file", ("a.csv", b"a")), ("file", ("b.csv", b"b"))])
    assert answer_of(two).code == 40002


def test_a_path_expires(caller: Caller, advertiser: Advertiser, clock: Clock) -> None:
    advertiser.file_seconds = 100
    path = caller.path(lines("a"))
    created = {"custom_audience_name": "A", "calculate_type": "EMAIL_SHA256", "file_paths": [path]}
    assert caller.post("create", **created).code == 0
    assert caller.post("create", **created).code == 0
    clock.advance(100)
    assert caller.post("create", **created).code == 40910


def test_the_sandbox_keeps_up_with_a_large_file(caller: Caller) -> None:
    content = "\n".join(f"{number:064x}" for number in range(200_000)).encode()
    assert caller.created(content).size() == 200_000


def test_the_log_has_no_line_of_a_file(caller: Caller, tiktok_log: Path) -> None:
    caller.upload(b"mary@example.com")
    caller.upload(lines("a"))
    log = tiktok_log.read_text(encoding="utf-8")
    assert "upload answered" in log
    assert "mary" not in log
    assert digest("a") not in log
    assert caller.advertiser.access_token not in log
