"""The short way for Brazilian numbers gives what libphonenumber gives, and the long way what docs/fields.md says."""

import random
from collections.abc import Iterator

import pytest

from audience_assets.rules import phone
from audience_assets_tests.rules.conftest import Ask

GENERATED = 100_000
MARKS = ["", "", "", " ", "-", "(", ")", "+", ".", "0"]


def numbers(count: int) -> Iterator[str]:
    """Strings in and around the everyday shapes: area code 55, prefixes, ninth digits, landlines, a mark too many."""
    chance = random.Random(5)  # noqa: S311 - the same strings on every run

    def digits(length: int, first: str) -> str:
        return chance.choice(first) + "".join(chance.choices("0123456789", k=length - 1))

    for _ in range(count):
        area = chance.choice([digits(2, "123456789"), "55", "11", "21"])
        local = chance.choice([digits(9, "9"), digits(8, "2345"), digits(8, "6789"), digits(9, "0123456789")])
        prefix = chance.choice(["", "", "", "+55", "+55 ", "55", "55 ", "0055", "0", "+1", "055"])
        around = chance.choice([area, f"({area})", f"({area}", f"{area})", f"({area}) ", f"{area} "])
        cut = chance.choice([4, 5, len(local) - 4])
        text = f"{prefix}{around}{local[:cut]}{chance.choice(['', '-', ' ', '', '-'])}{local[cut:]}"
        if chance.random() < 0.3:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(MARKS) + text[at + chance.choice([0, 1]) :]
        yield text


def test_the_short_way_gives_what_libphonenumber_gives(ask: Ask) -> None:
    given = list(dict.fromkeys(numbers(GENERATED)))
    short = ask("plain_brazilian_phone(value, 'BR')", given)
    answered = [(text, e164) for text, e164 in zip(given, short, strict=True) if e164 is not None]
    assert len(answered) > 15_000
    assert {e164[:5] for _, e164 in answered} >= {"+5555", "+5511"}
    assert [(text, e164) for text, e164 in answered if phone.to_e164(text, "BR") != (e164, None)] == []


def test_the_short_way_needs_no_ninth_digit_setting(ask: Ask) -> None:
    given = list(numbers(2_000))
    for text, e164 in zip(given, ask("plain_brazilian_phone(value, 'BR')", given), strict=True):
        assert e164 is None or phone.to_e164(text, "BR", brazil_ninth_digit=False) == (e164, None)


def test_the_short_way_is_for_brazil_only(ask: Ask) -> None:
    assert ask("plain_brazilian_phone(value, 'US')", ["11 98765-4321", "+55 11 98765-4321"]) == [None, None]


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("11 98765-4321", "+5511987654321"),
        ("+55 (11) 98765-4321", "+5511987654321"),
        ("55912345678", "+5555912345678"),
        ("5555912345678", "+5555912345678"),
        ("(55) 3222-1234", "+555532221234"),
        ("11 3456-7890", "+551134567890"),
    ],
)
def test_everyday_numbers_never_leave_sql(ask: Ask, text: str, e164: str) -> None:
    assert ask("plain_brazilian_phone(value, 'BR')", [text]) == [e164]
    assert phone.to_e164(text, "BR") == (e164, None)


@pytest.mark.parametrize(
    ("text", "region", "e164", "refusal"),
    [
        ("11 8765-4321", "BR", "+5511987654321", None),
        ("0055 11 98765-4321", "BR", "+5511987654321", None),
        ("0 11 98765-4321", "BR", "+5511987654321", None),
        ("98765-4321", "BR", None, "no area code"),
        ("3456-7890", "BR", None, "no area code"),
        ("123", "BR", None, "too short"),
        ("+55 11 98765-43210", "BR", None, "too long"),
        ("(212) 555-1234", "US", "+12125551234", None),
        ("+52 1 55 1234 5678", "BR", "+525512345678", None),
        ("06 6982 1234", "IT", "+390669821234", None),
        ("+999 1234567", "BR", None, "unknown country code"),
        ("telefone", "BR", None, "not a phone number"),
    ],
)
def test_what_libphonenumber_reads_is_e164_or_has_a_reason(
    text: str, region: str, e164: str | None, refusal: str | None
) -> None:
    assert phone.to_e164(text, region) == (e164, refusal)


def test_the_ninth_digit_is_given_only_when_the_setting_says_so() -> None:
    assert phone.to_e164("11 8765-4321", "BR", brazil_ninth_digit=False) == ("+551187654321", None)


def test_extensions_and_spreadsheet_zeros_are_dropped_before_parsing(ask: Ask) -> None:
    given = ["11987654321.0", "11 3456-7890 ramal 12", "11 3456-7890 R. 12", "11 3456-7890 Ramal: 3"]
    assert ask("phone_text(value)", given) == ["11987654321", *["11 3456-7890 "] * 3]
