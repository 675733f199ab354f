from hashlib import md5
from pathlib import Path

import pytest

from audience_assets.destinations.tiktok import columns, feeds, upload_file
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.errors import ContractError
from audience_assets_tests.destinations.tiktok.declared import settings
from audience_assets_tests.destinations.tiktok.planned import UUID, batch, digest

LARGE = 50 * 1024 * 1024
A, B, C = digest("a"), digest("b"), digest("c")


@pytest.mark.parametrize(
    ("column", "kind"),
    [(columns.EMAIL, "EMAIL_SHA256"), (columns.PHONE, "PHONE_SHA256"), (columns.MAID, "FIRST_SHA256")],
)
def test_one_kind_of_identifier_is_one_digest_a_line_without_a_header(
    tmp_path: Path, column: str, kind: str
) -> None:
    made = upload_file.read(batch(tmp_path, **{column: [A, None, B]}), LARGE)
    assert made.content == f"{A}\n{B}\n".encode()
    assert (made.rows, made.calculate_type) == (2, kind)
    assert made.md5 == md5(made.content, usedforsecurity=False).hexdigest()


def test_several_kinds_are_columns_under_tiktoks_header_with_empty_cells(tmp_path: Path) -> None:
    path = batch(
        tmp_path, email_SHA256=[A, None, None, C], phone_SHA256=[B, B, None, None], MAID=[C, None, None, None]
    )
    made = upload_file.read(path, LARGE)
    assert made.content.decode() == f"email_SHA256,phone_SHA256,MAID\n{A},{B},{C}\n,{B},\n{C},,\n"
    assert (made.rows, made.calculate_type) == (3, "MULTIPLE_TYPES")


def test_both_forms_of_a_phone_stand_under_one_header_twice(tmp_path: Path) -> None:
    path = batch(tmp_path, phone_SHA256=[A], phone_SHA256_digits=[B], MAID_plain=[UUID])
    assert (
        upload_file.read(path, LARGE).content.decode() == f"phone_SHA256,phone_SHA256,MAID\n{A},{B},{UUID}\n"
    )


def test_the_same_batch_makes_the_same_bytes_and_the_same_name(tmp_path: Path) -> None:
    path = batch(tmp_path, email_SHA256=[A, B], MAID=[None, C])
    first, second = upload_file.read(path, LARGE), upload_file.read(path, LARGE)
    assert first == second
    assert first.name == f"{first.md5[:16]}.csv"


def test_no_customer_id_leaves(tmp_path: Path) -> None:
    assert b"C0" not in upload_file.read(batch(tmp_path, email_SHA256=[A]), LARGE).content


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = batch(tmp_path, email_SHA256=[A, B])
    assert upload_file.read(path, 130).rows == 2
    with pytest.raises(ContractError, match="130 bytes and file_bytes allows 129"):
        upload_file.read(path, 129)


@pytest.mark.parametrize(
    "given",
    [
        {"email_SHA256": [A, "mary@example.com"]},
        {"email_SHA256": [A.upper()]},
        {"email_SHA256": [f"{A}\n"]},
        {"email_SHA256": [A], "MAID_plain": [C]},
        {"email_SHA256": [A], "name": [B]},
        {"email_SHA256": [""]},
    ],
)
def test_what_is_no_identifier_never_leaves(tmp_path: Path, given: dict[str, list[str | None]]) -> None:
    with pytest.raises(ContractError, match="holds something that is no identifier"):
        upload_file.read(batch(tmp_path, **given), LARGE)


def widest(rows: int) -> dict[str, list[str | None]]:
    return {name: [digest(f"{name}{number}") for number in range(rows)] for name in columns.WIDEST}


@pytest.mark.parametrize("file_bytes", [1024, 5000, 65_536])
def test_as_many_rows_as_are_planned_fit_even_with_every_column_and_one_more_does_not(
    tmp_path: Path, file_bytes: int
) -> None:
    rows = feeds.rows_per_file(settings(file_bytes=file_bytes))
    assert rows >= 1
    assert upload_file.read(batch(tmp_path, **widest(rows)), file_bytes).rows == rows
    with pytest.raises(ContractError, match="file_bytes"):
        upload_file.read(batch(tmp_path, **widest(rows + 1)), file_bytes)


@pytest.mark.parametrize("said", [settings(), settings(identifiers=["email"])])
def test_a_planned_file_is_checked_also_with_columns_that_the_settings_dropped(
    tmp_path: Path, said: TikTokSettings
) -> None:
    path = batch(tmp_path, email_SHA256=[A], MAID_plain=[UUID])
    upload_file.check(path, said, 1)
    with pytest.raises(ContractError, match="1 rows and should have 2"):
        upload_file.check(path, said, 2)


@pytest.mark.parametrize("given", [{"MAID": [C], "email_SHA256": [A]}, {"email_SHA256": [A], "odd": [B]}])
def test_columns_in_another_order_or_unknown_are_found(
    tmp_path: Path, given: dict[str, list[str | None]]
) -> None:
    with pytest.raises(ContractError, match="its columns are"):
        upload_file.check(batch(tmp_path, **given), settings(), 1)
