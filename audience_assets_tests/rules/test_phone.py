"""The short way in SQL gives what libphonenumber gives, and the long way what docs/fields.md says."""

import random
from collections.abc import Iterator
from random import Random

import duckdb
import phonenumbers
import pyarrow as pa
import pytest

from audience_assets.rules import phone, phone_in_sql
from audience_assets_tests.reference import corpus_phones
from audience_assets_tests.reference.phone import phone as reference
from audience_assets_tests.reference.refusal import RefusedError
from audience_assets_tests.rules.conftest import Ask

GENERATED = 40_000
MARKS = ["", "", "", " ", "-", "(", ")", "+", ".", "0", "/", "x", "é", "\u00a0", "\u0663"]
SEPARATORS = ["", "", "", "", " ", "-", ".", "/", "(", ")", "  ", ") "]
PREFIXES = ["", "", "", "+", "+", "00", "00 ", "+ ", "(+", "0 0", "(00", "++", "0", "(0", "+0", "+00", "000"]
COUNTRIES = [
    "",
    "",
    "55",
    "55",
    "55",
    "1",
    "351",
    "34",
    "44",
    "39",
    "49",
    "598",
    "54",
    "52",
    "57",
    "7",
    "999",
    "0",
]
TRUNKS = ["", "", "", "0", "(0)", "015", "021", "041", "099", "010", "90", "9090"]
REGIONS = ["BR"] * 12 + ["US", "PT", "AR", "GB", "DE", "IT", "MX", "JP", "AQ"]
TAILS = [" ramal ", "ramal", " - R. ", " r.", " x", " ext. ", ".", ".0", ";ext="]


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


def pieced_together(count: int) -> Iterator[str]:
    """Strings of prefixes, country codes, trunks, area codes and local numbers, right or wrong, with marks between them."""
    chance = Random(7)  # noqa: S311 - the same strings on every run

    def digits(length: int) -> str:
        return "".join(chance.choices("0123456789", k=length))

    for number in range(count):
        if number % 4 == 0:
            yield corpus_phones.phone(chance)
            continue
        area = chance.choice([digits(2), "11", "55", "90", "5" + digits(1), "9" + digits(1), ""])
        local = chance.choice(
            [digits(9), "9" + digits(8), digits(8), digits(7), digits(chance.randint(0, 14))]
        )
        parts = [
            chance.choice(PREFIXES),
            chance.choice(COUNTRIES),
            chance.choice(TRUNKS),
            area,
            local[:4],
            local[4:],
        ]
        text = "".join(part + chance.choice(SEPARATORS) for part in parts)
        if chance.random() < 0.1:
            text += chance.choice(TAILS) + digits(chance.randint(0, 4))
        if chance.random() < 0.1:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(MARKS) + text[at + chance.choice([0, 1]) :]
        yield text


def said_by_library(text: str, region: str, *, ninth_digit: bool) -> str:
    try:
        return reference(text, region, brazil_ninth_digit=ninth_digit)
    except RefusedError as refused:
        return refused.reason


@pytest.mark.parametrize("ninth_digit", [True, False])
def test_the_short_way_gives_what_libphonenumber_gives(
    rules: duckdb.DuckDBPyConnection, *, ninth_digit: bool
) -> None:
    chance = Random(3)  # noqa: S311
    count = GENERATED if ninth_digit else GENERATED // 4
    raw = list(dict.fromkeys([*numbers(count // 2), *pieced_together(count // 2)]))
    rules.register("raw_phones", pa.table({"raw": raw, "region": [chance.choice(REGIONS) for _ in raw]}))
    rows = rules.sql(f"""
        with clean as (select clean_text(raw) as given, region from raw_phones),
        prepared as (select given, region, phone_text(given) as read from clean where given is not null)
        select given, region, read, plain_phone(read, region, {ninth_digit}) from prepared
    """).fetchall()
    rules.unregister("raw_phones")
    short = [row for row in rows if row[3] is not None]
    assert len(short) > len(rows) / 3
    assert {e164[:5] for *_, e164 in short} >= {"+5555", "+5511", "no ar", "too s", "too l", "not a", "unkno"}
    assert {e164[:2] for *_, e164 in short} >= {"+1", "+3", "+4"}
    differing = [
        (ascii(given), region, e164, said)
        for given, region, _, e164 in short
        if (said := said_by_library(given, region, ninth_digit=ninth_digit)) != e164
    ]
    assert differing == []
    rest = [
        (ascii(given), region, read)
        for given, region, read, e164 in rows
        if e164 is None
        and read != given
        and said_by_library(given, region, ninth_digit=ninth_digit)
        not in phone.to_e164(read, region, brazil_ninth_digit=ninth_digit)
    ]
    assert rest == []


def test_national_numbers_are_read_in_sql_for_brazil_only(ask: Ask) -> None:
    assert ask(
        "plain_phone(value, 'US', true)", ["11987654321", "123", "+5511987654321", "+12125551234"]
    ) == [
        None,
        None,
        "+5511987654321",
        "+12125551234",
    ]


@pytest.mark.parametrize("region", phone_in_sql.ABROAD)
def test_each_country_abroad_is_answered_for_its_example_number(ask: Ask, region: str) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert ask("plain_phone(value, 'BR', true)", [e164, f"00{e164[1:]}"]) == [e164, e164]


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("11 98765-4321", "+5511987654321"),
        ("+55 (11) 98765-4321", "+5511987654321"),
        ("55912345678", "+5555912345678"),
        ("5555912345678", "+5555912345678"),
        ("(55) 3222-1234", "+555532221234"),
        ("11 3456-7890", "+551134567890"),
        ("11 8765-4321", "+5511987654321"),
        ("011 98765-4321", "+5511987654321"),
        ("(0 21 11) 98765.4321", "+5511987654321"),
        ("0055 11 98765-4321", "+5511987654321"),
        ("+55 (0) 11 98765-4321", "+5511987654321"),
        ("(11) 3456-7890 ramal 12", "+551134567890"),
        ("11987654321.0", "+5511987654321"),
        ("+351 912 345 678", "+351912345678"),
        ("98765-4321", "no area code"),
        ("3456-7890", "no area code"),
        ("123", "too short"),
        ("11 98765-43210", "too long"),
        ("00000000000", "unknown country code"),
        ("n/a", "not a phone number"),
        ("não tem", "not a phone number"),
    ],
)
def test_everyday_phones_never_leave_sql(rules: duckdb.DuckDBPyConnection, text: str, e164: str) -> None:
    found = rules.execute(
        "select plain_phone(read, 'BR', true) from (select phone_text($text) as read)", {"text": text}
    ).fetchall()
    assert found == [(e164,)]
    assert said_by_library(text, "BR", ninth_digit=True) == e164


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
    assert ask("phone_text(value)", given) == ["11987654321", *["1134567890"] * 3]
