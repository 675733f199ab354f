"""Requests come as JSON lines or as a table; what is wrong with one is told by its number, never by its values."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audience_assets.erasure import reading
from audience_assets.errors import ExtractError
from audience_assets.settings import Settings

DAY = datetime(2026, 1, 5, tzinfo=UTC).date()


def settings(folder: Path, path: str, **given: Any) -> Settings:
    """Settings whose requests are a file in the folder."""
    erasure = {"requests": {"path": path, **given}}
    return Settings.model_validate({"state_dir": folder / "state", "erasure": erasure}).under(folder)


def test_lines_may_name_a_person_in_any_way() -> None:
    lines = ['{"request": "a", "email": "x@example.com"}', " ", '{"request": "b", "customer_id": "c1"}']
    assert [(each.request, each.email, each.customer_id) for each in reading.from_lines(lines)] == [
        ("a", "x@example.com", None),
        ("b", None, "c1"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "not an object"),
        ('{"request": "a"}', "needs a customer_id, an email"),
        ('{"request": "a", "mail": "secret@example.com"}', "mail: Extra inputs"),
        ('{"email": "secret@example.com"}', "request: Field required"),
        ('{"request": "a", "email": ["secret@example.com"]}', "email: Input should be a valid string"),
        ('{"request": "a", "customer_id": "c1", "asked_at": "2026-01-01T00:00:00"}', "time zone"),
        ('{"request": "a", "customer_id": "c1", "asked_at": "secret@example.com"}', "asked_at"),
    ],
)
def test_a_line_that_is_no_request_is_named_without_its_values(line: str, words: str) -> None:
    with pytest.raises(ExtractError) as caught:
        list(reading.from_lines([line]))
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_table_is_read_with_its_own_column_names(tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text("ticket;mail;when\nT-1;x@example.com;2026-01-01T00:00:00+00:00\n")
    found = reading.from_table(
        settings(
            tmp_path,
            "requests.csv",
            columns={"request": "ticket", "email": "mail", "asked_at": "when"},
        ),
        DAY,
    )
    assert [(each.request, each.email, each.asked_at) for each in found] == [
        ("T-1", "x@example.com", datetime(2026, 1, 1, tzinfo=UTC))
    ]


def test_a_table_that_is_missing_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="there are no erasure requests at"):
        reading.from_table(settings(tmp_path, "requests.csv"), DAY)


def test_a_table_without_the_name_of_a_request_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text("ticket,email\nT-1,x@example.com\n")
    with pytest.raises(ExtractError, match="no column request"):
        reading.from_table(settings(tmp_path, "requests.csv"), DAY)


def test_nothing_is_asked_where_no_table_is_configured(tmp_path: Path) -> None:
    assert reading.from_table(Settings.model_validate({"state_dir": tmp_path}), DAY) == []
