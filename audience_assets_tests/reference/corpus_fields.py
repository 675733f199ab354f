"""Realistic writers, one per raw column: what a Brazilian CRM holds, good and bad."""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.core import get_global

from audience_assets_tests.reference import corpus_phones
from audience_assets_tests.reference.corpus_unicode import SPECIAL, sigmas, white
from audience_assets_tests.reference.corpus_words import (
    ANSWER_WORDS,
    CITIES,
    DOMAINS,
    FIRST,
    GENDER_WORDS,
    LABELS,
    LAST,
    OTHER_COUNTRIES,
    TIMES,
)
from audience_assets_tests.reference.places import BRAZIL, LOCALES, UNITED_STATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


def number(rng: Random, length: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(length))


def name(rng: Random, pool: tuple[str, ...]) -> str:
    kind = rng.randrange(6)
    value = rng.choice(pool)
    if kind == 0:
        return white(rng) + value + white(rng)
    if kind == 1:
        return value.upper()
    if kind == 2:
        return sigmas(rng)
    if kind == 3:
        return rng.choice(SPECIAL) + value.lower() + rng.choice(SPECIAL)
    return value


def email(rng: Random) -> str:
    local = rng.choice(
        ("mary", "Mary.Smith", "john_doe", "jo\u00e3o", "a", "\u0130lk", "\u03a3\u039f\u03a6\u039f\u03a3")
    ) + rng.choice(("", "", "+news", "+News.1", str(rng.randrange(9999))))
    domain = rng.choice(DOMAINS)
    odd = (
        local,
        f"{local}@",
        f"@{domain}",
        "@",
        f"{local}@@{domain}",
        f"{local}@{domain}@x",
        f"{local} @ {domain}",
        f"{local}\uff20{domain}",
        f"{local}\u00a0@{domain}",
    )
    return rng.choice(odd) if rng.random() < 0.3 else rng.choice(("", " ", "\t")) + f"{local}@{domain}"


def social_id(rng: Random) -> str:
    digits = number(rng, rng.choice((9, 9, 9, 8, 7, 6))).zfill(9)
    for _ in range(2):
        total = sum(int(d) * w for d, w in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits += str(total * 10 % 11 % 10)
    kind = rng.randrange(12)
    if kind == 0:
        digits = digits[:-1] + rng.choice("0123456789")
    elif kind == 1:
        digits = rng.choice("0123456789") * rng.randint(7, 12)
    elif kind == 2:
        digits = number(rng, rng.randint(1, 15))
    elif kind == 3:
        return rng.choice(
            (
                "--",
                "CPF 529.982.247-25",
                "529,982,247-25",
                "529_982",
                "52998224725.00",
                "5.2998224725E+10",
                "+52998224725",
            )
        )
    if rng.random() < 0.5:
        digits = digits.lstrip("0") or "0"
    masked = f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"
    return rng.choice(
        (
            digits,
            digits,
            digits + ".0",
            masked,
            masked + ".0",
            f"{digits[:9]}/{digits[9:]}",
            masked.replace(".", " "),
            masked.replace("-", "\u2013"),
        )
    )


def birth_date(rng: Random) -> str:
    year = rng.choice(
        (
            rng.randint(1930, 2015),
            rng.randint(1898, 2032),
            rng.choice((0, 1, 999, 1582, 1600, 1899, 1900, 2000, 2026, 2027, 9999)),
        )
    )
    month, day = (
        (rng.randint(1, 12), rng.randint(1, 31))
        if rng.random() < 0.85
        else (rng.randint(0, 14), rng.randint(0, 33))
    )
    if rng.random() < 0.1:
        month, day = 2, rng.choice((28, 29, 30))
    separator, second = rng.choice("-/."), rng.choice("-/. ")
    shapes = (
        f"{year:04}-{month:02}-{day:02}",
        f"{year:04}/{month}/{day}",
        f"{year:04}{month:02}{day:02}",
        f"{day:02}{separator}{month:02}{separator}{year:04}",
        f"{day:02}/{month:02}/{year:04}",
        f"{month}/{day}/{year:04}",
        f"{day}{separator}{month}{separator}{year:04}",
        f"{day:02}{separator}{month:02}{separator}{year % 100:02}",
        f"{year % 100:02}-{month:02}-{day:02}",
        f"{year:04}.{month:02}.{day:02}",
        f"{day:02}{separator}{month:02}{second}{year:04}",
        f"{year:04}{separator}{month:02}{second}{day:02}",
        f"{year}{month:02}{day:02}.0",
        f"{day:03}/{month}/{year}",
        f"{day} de maio de {year}",
        f"{year}",
    )
    return (rng.choice(shapes[:7]) if rng.random() < 0.7 else rng.choice(shapes)) + rng.choice(TIMES)


def age(rng: Random) -> str:
    odd = (
        "36.0",
        "36.00",
        "36.5",
        "36,0",
        "+36",
        "-0",
        "036",
        "000130",
        "131",
        "-1",
        "36 anos",
        "1e2",
        "trinta",
        "3_6",
        "--3",
        "36.",
        ".0",
        "99999999999999999999",
        "\u00bd",
    )
    return rng.choice(odd) if rng.random() < 0.4 else str(rng.randint(-2, 140))


def postal_code(rng: Random) -> str:
    digits = number(rng, rng.choice((8, 8, 8, 8, 7, 7, 6, 9)))
    odd = (
        *(
            "M1 1AE",
            "sw1a1aa",
            "94035-1234",
            "940351234",
            "94035 1234",
            "2139",
            "2139.0",
            "501",
            "21391234",
            "ca 94035",
        ),
        *(
            "94035\u20131234",
            "94035\u22121234",
            "123456",
            "12",
            "\u2010",
            "\uff11\uff12\uff13\uff14\uff15",
            "1000-\u00c7",
            "1.000",
        ),
        "K1A 0B1",
        "straße 1",
        "\u01f0\u0149\ufb01",
        "01310/100",
        "CEP 01310-100",
        "1310100.0",
        "01310100.0",
        "-",
        "D-80331",
    )
    shapes = (
        digits,
        f"{digits[:5]}-{digits[5:]}",
        f"{digits[:2]}.{digits[2:5]}-{digits[5:]}",
        f"{digits[:5]} {digits[5:]}",
        f"{digits}.0",
    )
    return rng.choice(odd) if rng.random() < 0.25 else rng.choice(shapes)


@cache
def countries() -> tuple[str, ...]:
    """Codes of two and three letters and names in Portuguese, English and Spanish, with some German."""
    codes = [chr(a) + chr(b) for a in range(65, 91) for b in range(65, 91)]
    aliases = [str(alias) for alias in get_global("territory_aliases")]
    names = [str(entry) for locale in (*LOCALES, Locale("de")) for entry in locale.territories.values()]
    return tuple(sorted({*codes, *aliases, *names}))


def country(rng: Random) -> str:
    kind = rng.randrange(10)
    if kind < 3:
        return rng.choice(("BR", "Brasil", "br", "BRA", "US", "Estados Unidos"))
    value = rng.choice(OTHER_COUNTRIES) if kind < 5 else rng.choice(countries())
    return rng.choice((value, value, value.lower(), value.upper(), ".".join(value), white(rng) + value))


def state(rng: Random) -> str:
    states = rng.choice((BRAZIL, BRAZIL, UNITED_STATES))
    code = rng.choice(tuple(states))
    value = rng.choice(
        (code, code.lower(), states[code], states[code].upper(), ".".join(code), f"{code[0]} {code[1]}")
    )
    return (
        rng.choice(
            (
                "B\u00e1i\u00e7a-\u00d8st",
                "\u6771\u4eac\u90fd",
                "Puerto Rico",
                "PR",
                "Nova York",
                "Bayern",
                "XX",
                "BR-SP",
                "sao-paulo",
                "D.C.",
                "Washington DC",
                "GU",
            )
        )
        if rng.random() < 0.15
        else value
    )


def word_of(rng: Random, words: tuple[str, ...], odd: tuple[str, ...]) -> str:
    value = rng.choice(odd) if rng.random() < 0.25 else rng.choice(words)
    return rng.choice((value, value.upper(), value.title(), "-".join(value), f" {value}."))


def labels(rng: Random) -> str | list[str]:
    elements = [
        rng.choice(LABELS) if rng.random() < 0.9 else name(rng, LAST) for _ in range(rng.randint(0, 6))
    ]
    return elements if rng.random() < 0.5 else rng.choice((";", "; ", " ;", ";;")).join(elements)


def device(rng: Random) -> str:
    value = str(uuid.UUID(int=rng.getrandbits(128)))
    odd = (
        value.replace("-", ""),
        "{" + value + "}",
        str(uuid.UUID(int=0)),
        value[:-1],
        value + "0",
        value.replace("-", "\u2010"),
        "g" + value[1:],
        "null",
        "0" * 32,
    )
    return rng.choice(odd) if rng.random() < 0.35 else rng.choice((value, value.upper()))


def amount(rng: Random) -> str:
    odd = (
        "12,50",
        "1.234,56",
        "1,234.56",
        "R$ 10",
        "NaN",
        "inf",
        "-inf",
        "1e3",
        "1.5E+03",
        "25e-1",
        "-0",
        "-0.00",
        "+5",
        ".5",
        "5.",
        ".",
        "0x10",
        "1_000",
        "--1",
        "1e",
        "e3",
        "1 000",
        "$5",
    )
    return (
        rng.choice(odd)
        if rng.random() < 0.4
        else rng.choice(("", "", "", "-", "0"))
        + f"{rng.random() * 10 ** rng.randint(0, 6):.{rng.randint(0, 4)}f}"
    )


WRITERS: Final[dict[str, Callable[[Random], str | list[str]]]] = {
    "customer_id": lambda rng: rng.choice(
        (f"C-{rng.randrange(10**6):06}", number(rng, 8), f" {number(rng, 4)} ", "e\u0301", "\u200b", " ")
    ),
    "email": email,
    "phone": corpus_phones.phone,
    "social_id": social_id,
    "first_name": lambda rng: name(rng, FIRST),
    "last_name": lambda rng: name(rng, LAST),
    "gender": lambda rng: word_of(
        rng, GENDER_WORDS, ("nb", "2", "F/M", "fem.", "--", ".", "??", "n.a.", "\u0191")
    ),
    "birth_date": birth_date,
    "age": age,
    "postal_code": postal_code,
    "country": country,
    "state": state,
    "city": lambda rng: name(rng, CITIES),
    "neighborhood": lambda rng: name(rng, CITIES),
    "audiences": labels,
    "nbo_products": labels,
    "nbo_categories": labels,
    "mobile_ad_id": device,
    "external_id": lambda rng: rng.choice((f"CUST-{number(rng, 4)}", f" x{number(rng, 3)} ", "caf\u00e9")),
    "app_user_id": lambda rng: rng.choice(
        (number(rng, 15), f" {number(rng, 17)}\u00a0", f"{number(rng, 15)}.0", "\u200b")
    ),
    "page_user_id": lambda rng: rng.choice((number(rng, 16), f"\t{number(rng, 16)}", "PSID-1", "e\u0301")),
    "value": amount,
    "legal_basis": lambda rng: rng.choice((" consent ", "leg\u00edtimo interesse", "art. 7, IX")),
    "legal_basis_date": lambda rng: rng.choice((f"2026-0{number(rng, 1)}", " 03/04/2025 ")),
    "consent": lambda rng: word_of(
        rng, ANSWER_WORDS, ("maybe", "2", "-1", "1.0", "0.0", "-", ".", "null", "ok", "checked")
    ),
}
