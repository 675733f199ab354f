from __future__ import annotations

import ast
import re
import unicodedata
from datetime import date
from pathlib import Path

import phonenumbers
import pytest

import audience_assets.synthetic
from audience_assets.synthetic import rendering, truth, vocabulary
from audience_assets.synthetic.history import meet
from audience_assets.synthetic.people import complete_cpf
from audience_assets.synthetic.planning import person_dice
from audience_assets.synthetic.untidiness import name_renderings

CUSTOMERS = [meet(7, number) for number in range(1, 6001)]


def texts(column: str) -> list[str]:
    place = rendering.COLUMNS.index(column)
    return [text for customer in CUSTOMERS if isinstance(text := customer.row[place], str)]


@pytest.mark.parametrize(
    ("clean", "expected"),
    [
        (" Mary@Example.com ", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("Mary.Smith+News@Example.com", "7526e4b535d7d9af7d3a7701432abef9862ba61f47ab687dab06cfec9487c90f"),
        ("+12125551234", "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82"),
        ("+5511987654321", "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441"),
        ("52998224725", "7281dfb5e8becca0a1c5e77c1268baacb0f983572b8c204fd8df72b24175b231"),
        (" Allan ", "5fd726bc56c3e86906cba8814a9b97d97f2ab209c48d2441ca5ac9e52b09e630"),
        ("JOSE\u0301", "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866"),
        ("da Silva", "3d05da4b552607e09bdc258939666d6b32fedc74392e38ea504c83a06ab3ec44"),
        ("Ana-Luísa", "358ded422c54283e1db6628125cc0c1d5a0781734fdc908650766d20a1e504c2"),
    ],
)
def test_golden_digests(clean: str, expected: str) -> None:
    assert truth.digest(truth.clean_text(clean)) == truth.name_digest(clean) == expected


def test_nothing_has_no_digest() -> None:
    assert truth.digest(None) is None
    assert truth.digest("") is None
    assert truth.name_digest(None) is None


@pytest.mark.parametrize(
    ("day", "born", "age"),
    [
        (date(2026, 5, 16), date(1990, 5, 17), 35),
        (date(2026, 5, 17), date(1990, 5, 17), 36),
        (date(2027, 2, 28), date(2000, 2, 29), 26),
        (date(2027, 3, 1), date(2000, 2, 29), 27),
        (date(2028, 2, 29), date(2000, 2, 29), 28),
    ],
)
def test_age(day: date, born: date, age: int) -> None:
    assert truth.age_on(day, born) == age
    is_birthday = truth.age_on(day, born) > truth.age_on(date.fromordinal(day.toordinal() - 1), born)
    assert ((born.month, born.day) in truth.birthdays_on(day)) == is_birthday


def test_check_digits() -> None:
    assert complete_cpf("529982247") == "52998224725"
    assert complete_cpf("000000001") == "00000000191"


def test_clean_values_are_clean_already() -> None:
    for person in (customer.person for customer in CUSTOMERS):
        assert person.email is None or truth.clean_text(person.email) == person.email
        assert person.phone is None or re.fullmatch(
            r"\+(55[1-9]{2}(9\d{8}|[2-5]\d{7})|1\d{10}|3519\d{8})", person.phone
        )
        assert person.social_id is None or (
            complete_cpf(person.social_id[:9]) == person.social_id and len(set(person.social_id)) > 1
        )
        assert person.gender in {"F", "M", "O", None}
        assert person.country in {"BR", "PT", "US", None}
        assert person.postal_code is None or re.fullmatch(r"\d{8}", person.postal_code)
        for text in (person.city, person.neighborhood, *person.audiences, *person.nbo_categories):
            assert text is None or (
                text == text.strip() == unicodedata.normalize("NFC", text) and ";" not in text
            )


def test_google_agrees_with_the_phones() -> None:
    """The library's own traps are stepped around as destinations.md §5 says: 00 becomes +, and nothing is 'valid'."""
    seen = 0
    for customer in CUSTOMERS:
        text = customer.row[rendering.COLUMNS.index("phone")]
        if not customer.person.phone or not isinstance(text, str):
            continue
        visible = re.sub("[\u00ad\u200b]", "", text)
        without_extension = re.split("ramal|ext|x", re.sub("^00", "+", visible))[0]
        number = phonenumbers.parse(without_extension, "BR")
        assert phonenumbers.is_possible_number(number)
        assert (
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == customer.person.phone
        )
        seen += 1
    assert seen > 5000


def test_every_address_is_on_a_domain_reserved_for_examples() -> None:
    addresses = [truth.clean_text(text) for text in texts("email") if "@" in text]
    assert len(addresses) > 5000
    assert {address.split("@")[1] for address in addresses} == {
        "example.com",
        "example.com.br",
        "exemplo.test",
    }


@pytest.mark.parametrize(
    ("column", "patterns"),
    [
        ("email", [r"^ ", "\u00a0", "[A-Z]", "[\u00ad\u200b]", r"^[^@]+\.[^@]+$", "^[0-9a-f]{64}$", r"^\s*$", "́", r"\+"]),
        (
            "phone",
            [
                r"^\(\d\d\) 9\d{4}-\d{4}$", r"^\d{11}$", r"^\d{10}$", r"^\+55 \d\d 9\d{4}-\d{4}$", r"^55\d{11}$",
                r"^0055 \d\d ", r"^0[1-9]{2} 9", "\u00a0", r"\d ramal \d+$", r"\d ext\. \d+$", r"\d x\d+$",
                r"^98765-4321$", r"^\+1", r"^\+351", "[\u00ad\u200b]", r"^\s*$",
            ],
        ),
        ("social_id", [r"^\d{3}\.\d{3}\.\d{3}-\d\d$", r"^\d{11}$", r"^[1-9]\d{9}$", r"^[1-9]\d{7}$"]),
        ("first_name", [r"^ ", r"  $", "\u00a0", "\u3000", "\u0303|\u0301", "[\u00ad\u200b]", "^[^a-zà-ÿ]+$", "İ", "Σ$", "ς$", "[д-я]", "[一-龥]"]),
        ("last_name", ["'", "-", "ß", "ł", "ñ", "Σ$", "[Γ-Ω]", "İ", "[一-龥]"]),
        ("gender", [r"^\?$", "(?i)^mulher$", "(?i)^hombre$", "(?i)^não binário$", "^F$", "^male$"]),
        ("birth_date", [r"^\d{4}-\d\d-\d\d$", r"^\d\d/\d\d/\d{4}$", r" 00:00:00$", "^31/02/1990$", "(-02-29|^29/02/)"]),
        ("postal_code", [r"^\d{5}-\d{3}$", r"^\d{8}$", r"^\d{7}$", r"^\s*$"]),
        ("country", ["^BR$", "^Brasil$", "^Brazil$", "^BRA$"]),
        ("state", ["^SP$", "^São Paulo$", "^sao paulo$", "^SÃO PAULO$"]),
        ("city", [r"^ .* $", "\u00a0$", "\u0303"]),
        ("audiences", [" ; ", ";;", r"^vip;.*vip ?$", r"^\s*$"]),
        ("consent", ["^sim$", "^true$", "^$"]),
        ("value", [r"^\d+\.\d\d$"]),
        ("mobile_ad_id", [r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$"]),
    ],
)  # fmt: skip
def test_the_extract_is_as_messy_as_promised(column: str, patterns: list[str]) -> None:
    values = texts(column)
    assert [pattern for pattern in patterns if not any(re.search(pattern, value) for value in values)] == []


def test_no_value_is_missing_in_one_way_only() -> None:
    for column in rendering.RENDERERS:
        place = rendering.COLUMNS.index(column)
        cells = [customer.row[place] for customer in CUSTOMERS if not getattr(customer.person, column)]
        assert None in cells
        assert any(cell is not None for cell in cells)


def test_every_way_to_write_a_name_means_the_name() -> None:
    names = (
        *vocabulary.FEMALE_NAMES,
        *vocabulary.MALE_NAMES,
        *vocabulary.BRAZILIAN_SURNAMES,
        *vocabulary.OTHER_SURNAMES,
    )
    for name in names:
        assert name == unicodedata.normalize("NFC", name).strip()
        assert len(name_renderings(name)) > 4
        assert {truth.name_digest(way) for way in name_renderings(name)} == {truth.name_digest(name)}
    assert "ΓΙΏΡΓΟΣ" in name_renderings("Γιώργος")
    assert "WEISS" not in name_renderings("Weiß")


def test_a_person_depends_on_seed_and_number_only() -> None:
    assert meet(7, 12).person == meet(7, 12).person
    assert meet(7, 12).person != meet(8, 12).person
    assert person_dice(7, 12).random() != person_dice(7, 12, 1).random()


def test_the_truth_shares_no_code_with_the_pipeline() -> None:
    (folder,) = audience_assets.synthetic.__path__
    for path in Path(folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                assert not module.startswith("audience_assets") or module.startswith(
                    "audience_assets.synthetic"
                )
                assert module.split(".")[0] not in {"duckdb", "phonenumbers"}
