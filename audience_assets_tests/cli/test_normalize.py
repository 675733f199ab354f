"""`audience-assets normalize`: each JSON line comes back with what the partner would get, or why it would get nothing."""

import json
import time
from typing import Any

import pytest

from audience_assets_tests.cli.conftest import Ask, Command
from audience_assets_tests.reference.refusal import REASONS


def question(field: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"destination": "vtex_ads", "field": field, "value": value, **more}


def digested(answer: dict[str, Any]) -> tuple[Any, Any, Any]:
    return answer["normalized"], answer["sha256"], answer["reason"]


PARTNER_S_EXAMPLES: list[tuple[dict[str, Any], str, str | None]] = [
    (question("CUSTOMER_ID", "C-001"), "C-001", None),
    (
        question("EMAIL_HASHED", " Mary@Example.com "),
        "mary@example.com",
        "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79",
    ),
    (
        question("PHONE_HASHED", "212 555-1234", country="US"),
        "+12125551234",
        "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82",
    ),
    (
        question("PHONE_HASHED", "11 98765-4321", country="BR"),
        "+5511987654321",
        "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441",
    ),
    (
        question("SOCIAL_ID_HASHED", "529.982.247-25"),
        "52998224725",
        "7281dfb5e8becca0a1c5e77c1268baacb0f983572b8c204fd8df72b24175b231",
    ),
    (
        question("FIRST_NAME_HASHED", " Allan "),
        "allan",
        "5fd726bc56c3e86906cba8814a9b97d97f2ab209c48d2441ca5ac9e52b09e630",
    ),
    (
        question("FIRST_NAME_HASHED", "JOSE\u0301"),
        "jos\u00e9",
        "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866",
    ),
    (
        question("LAST_NAME_HASHED", "da Silva"),
        "dasilva",
        "3d05da4b552607e09bdc258939666d6b32fedc74392e38ea504c83a06ab3ec44",
    ),
    (question("GENDER", "feminino"), "F", None),
    (question("AUDIENCES", ["vip", "churn risk"]), "vip;churn risk", None),
    (
        question("NBO_CATEGORIES", ["Tablets", "Beverages > Non-Alcoholic Beverages"]),
        "Tablets;Beverages > Non-Alcoholic Beverages",
        None,
    ),
]


def test_the_partner_s_own_examples_come_out_with_the_partner_s_digests(ask: Ask) -> None:
    answers = ask([asked for asked, _, _ in PARTNER_S_EXAMPLES])
    assert [digested(answer) for answer in answers] == [
        (normalized, sha256, None) for _, normalized, sha256 in PARTNER_S_EXAMPLES
    ]


DIGEST = "F1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
BAD: dict[tuple[str, str], dict[str, str]] = {
    ("customer_id", "CUSTOMER_ID"): {"no customer_id": " \u00a0"},
    ("email", "EMAIL_HASHED"): {
        "no @": "mary",
        "more than one @": "a@b@c",
        "nothing before @": "@x",
        "nothing after @": "x@",
    },
    ("phone", "PHONE_HASHED"): {
        "too short": "123",
        "too long": "11 98765-43219999",
        "no area code": "98765-4321",
        "unknown country code": "+999 123456789",
        "not a phone number": "none",
    },
    ("social_id", "SOCIAL_ID_HASHED"): {
        "unexpected character": "529x98224725",
        "wrong length": "1234567",
        "repeated digit": "111.111.111-11",
        "wrong check digits": "529.982.247-26",
    },
    ("first_name", "FIRST_NAME_HASHED"): {},
    ("gender", "GENDER"): {"unknown word": "azul"},
    ("birth_date", "AGE"): {
        "not a date": "soon",
        "two-digit year": "01/02/87",
        "no such day": "30/02/1987",
        "before 1900": "31/12/1899",
        "in the future": "2027-01-01",
    },
    ("age", "AGE"): {"not a whole number": "3.5", "out of range": "131"},
    ("postal_code", "CEP"): {"not a CEP": "123"},
    ("country", "COUNTRY"): {"unknown country": "Atlantis"},
}


def test_every_reason_that_the_docs_give_is_given_and_then_nothing_else(ask: Ask) -> None:
    asked, due = [], []
    for (field, column), values in BAD.items():
        digest = {"already hashed": DIGEST} if "already hashed" in REASONS[field] else {}
        assert set(values | digest) == REASONS.get(field, set()) | set(digest)
        for reason, value in (values | digest).items():
            asked.append(question(column, value, **{"from": field}, as_of="2026-01-31"))
            due.append((None, None, reason))
    assert [digested(answer) for answer in ask(asked)] == due


def test_what_is_asked_wrongly_is_said_in_its_line_and_the_others_are_answered(ask: Ask) -> None:
    answers = ask(
        [
            question("CITY", " Rio "),
            "{not JSON",
            "[1]",
            '{"value": "\\ud800"}',
            '{"value": NaN}',
            '{"value": %s}' % ("9" * 5_000),
            "[" * 100_000,
            {"destination": "orkut", "field": "CITY", "value": "Rio"},
            question("city", "Rio"),
            question("CITY", {"name": "Rio"}),
            question("CITY", ["Rio"]),
            question("AGE", "30", **{"from": "email"}),
            question("AGE", "30", as_of="yesterday"),
            {"destination": "vtex_ads", "field": "CITY"},
            question("CITY", "Rio\u0000"),
        ]
    )
    reasons = [answer["reason"] or "" for answer in answers]
    assert digested(answers[0]) == ("Rio", None, None)
    assert reasons[1] == "the line is not JSON in UTF-8"
    assert reasons[2] == "the line is not a JSON object"
    assert set(reasons[3:7]) == {"the line is not JSON in UTF-8"}
    assert reasons[7] == "unknown destination; there is vtex_ads"
    assert reasons[8].startswith("unknown field; vtex_ads has CUSTOMER_ID, EMAIL_HASHED, ")
    assert reasons[9] == reasons[10] == "value must be text, or a list of texts where the field is one"
    assert reasons[11] == "from must be one of birth_date, age for AGE"
    assert reasons[12] == "as_of must be a date such as 2026-01-31"
    assert reasons[13] == "blank"
    assert len(answers) == 15


def test_order_and_whatever_else_a_line_says_come_back_and_blank_lines_do_not(program: Command) -> None:
    asked = [question("CITY", f" {number}", id=number, note={"a": [1.5, None]}) for number in range(50)]
    asked += [
        question("EMAIL_HASHED", f"{number}@x.y", id=number, note="\u00e7\u2028") for number in range(50, 99)
    ]
    asked.sort(key=lambda each: each["id"] * 37 % 100)
    lines = "\ufeff" + "\r\n \r\n\n".join(json.dumps(each, ensure_ascii=False) for each in asked) + "\n\n"
    ended = program("normalize", stdin=lines.encode(), PYTHONIOENCODING="latin-1", LC_ALL="C")
    answers = [json.loads(line) for line in ended.stdout.decode("utf-8").split("\n")[:-1]]
    added = ("normalized", "sha256", "reason")
    assert [
        {name: value for name, value in answer.items() if name not in added} for answer in answers
    ] == asked
    assert {tuple(answer)[-3:] for answer in answers} == {added}


def test_bytes_that_are_not_utf_8_spoil_only_their_line(command: Command) -> None:
    line = b'{"destination":"vtex_ads","field":"CITY","value":"S\xe3o"}\n'
    ended = command("normalize", stdin=line + line.replace(b"\xe3", b"\xc3\xa3"))
    answers = [json.loads(each) for each in ended.stdout.splitlines()]
    assert [answer["reason"] for answer in answers] == ["the line is not JSON in UTF-8", None]
    assert answers[1]["normalized"] == "S\u00e3o"


def test_context_bends_the_answer(ask: Ask) -> None:
    born, either = "02/03/1987", "3/4/1987"
    answers = ask(
        [
            question("AGE", born, as_of="2026-03-01"),
            question("AGE", born, as_of="2026-03-02"),
            question("AGE", either, as_of="2026-03-15"),
            question("AGE", either, as_of="2026-03-15", date_order="dmy"),
            question("AGE", either, as_of="2026-03-15", date_order="MM/DD/YYYY"),
            question("AGE", "36", **{"from": "age"}),
            question("AGE", "1987-01-01", **{"from": "age"}),
            question("CEP", "1310100", country="Brasil"),
            question("CEP", "sw1a 1aa", country="GB"),
            question("STATE", "s\u00e3o paulo"),
            question("STATE", "S\u00e3o Paulo", country="PT"),
            question("PHONE_HASHED", "(212) 555-1234", country="United States"),
        ]
    )
    assert [answer["normalized"] for answer in answers] == [
        *(38, 39, 38, 38, 39, 36, None),
        *("01310100", "SW1A 1AA", "SP", "S\u00e3o Paulo", "+12125551234"),
    ]


def test_numbers_keep_their_digits(ask: Ask) -> None:
    lines = [
        '{"destination": "vtex_ads", "field": "SOCIAL_ID_HASHED", "value": 52998224725.0}',
        '{"destination": "vtex_ads", "field": "CUSTOMER_ID", "value": 123456789012345678901234567890}',
        '{"destination": "vtex_ads", "field": "CUSTOMER_ID", "value": 1.10}',
        '{"destination": "vtex_ads", "field": "CEP", "value": 1310100}',
        '{"destination": "vtex_ads", "field": "AUDIENCES", "value": [1, 2.50]}',
    ]
    assert [answer["normalized"] for answer in ask(lines)] == [
        *("52998224725", "123456789012345678901234567890", "1.10", "01310100", "1;2.50")
    ]


def test_lists_may_be_lists_or_text_and_lose_blanks_and_repeats(ask: Ask) -> None:
    answers = ask(
        [
            question("AUDIENCES", [" vip ", "", None, "vip", "b"]),
            question("AUDIENCES", "vip; ;b;vip"),
            question("AUDIENCES", []),
            question("NBO_PRODUCTS", "b;a"),
        ]
    )
    assert [answer["normalized"] for answer in answers] == ["vip;b", "vip;b", None, "b;a"]
    assert answers[2]["reason"] == "blank"


@pytest.mark.slow
def test_a_hundred_thousand_lines_take_less_than_twenty_seconds(program: Command) -> None:
    values = {
        "EMAIL_HASHED": " User{0}@Example.com ",
        "PHONE_HASHED": "(11) 9{0:08d}",
        "SOCIAL_ID_HASHED": "{0:011d}",
        "FIRST_NAME_HASHED": "Jos\u00e9 {0}",
        "AGE": "13/03/1987",
    }
    lines = [
        json.dumps(question(field, value.format(number)))
        for number in range(20_000)
        for field, value in values.items()
    ]
    started = time.monotonic()
    ended = program("normalize", stdin="\n".join(lines).encode())
    assert time.monotonic() - started < 20
    assert len(ended.stdout.splitlines()) == 100_000
