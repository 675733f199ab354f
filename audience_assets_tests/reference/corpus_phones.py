"""Phone numbers as CRMs write them: Brazil in every shape of docs/fields.md, fifteen other regions, and junk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

AREAS: Final = (
    11,
    12,
    13,
    19,
    21,
    24,
    27,
    31,
    34,
    41,
    47,
    48,
    51,
    54,
    61,
    62,
    65,
    68,
    71,
    79,
    81,
    85,
    88,
    91,
    92,
    98,
    99,
)
BRAZILIAN: Final = (
    "({a}) {n}",
    "{a}{n}",
    "{a} {n}",
    "{a}-{n}",
    "{a}.{n}",
    "{a}/{n}",
    "+55 {a} {n}",
    "+55{a}{n}",
    "+55 ({a}) {n}",
    "55{a}{n}",
    "55 {a} {n}",
    "0055 {a} {n}",
    "0055{a}{n}",
    "00 55 ({a}) {n}",
    "0{a}{n}",
    "0{a} {n}",
    "(0{a}) {n}",
    "0xx{a} {n}",
    "(0xx{a}) {n}",
    "0 15 {a} {n}",
    "021{a} {n}",
    "041 {a} {n}",
    "015{a}{n}",
    "+55 0{a} {n}",
    "+55 (0{a}) {n}",
    "+550{a}{n}",
    "90 {a} {n}",
    "9090 {n}",
    "{a}{n}.0",
    "55{a}{n}.0",
    "{a}{n}.00",
    "+55{a}{n}.0",
    "{n}",
    "{n}.0",
    "++55 {a} {n}",
    "+ 55 {a} {n}",
    "+++55{a}{n}",
    "\uff0b55 {a} {n}",
    "000055{a}{n}",
    "+00 55 {a} {n}",
    "0000 {a} {n}",
    "({a}) {n} ramal {r}",
    "({a}) {n} Ramal: {r}",
    "({a}) {n} RAMAL {r}",
    "{a}{n} ramal{r}",
    "({a}) {n} r. {r}",
    "({a}) {n}, r.{r}",
    "({a}) {n} - R. {r}",
    "({a}) {n} r {r}",
    "({a}) {n} (ramal {r})",
    "({a}) {n} ramal",
    "{a}{n}.0 ramal {r}",
    "({a}) {n} ext. {r}",
    "({a}) {n} x {r}",
    "({a}) {n} #{r}",
    "({a}) {n};ext={r}",
    "({a}) {n} / {n}",
    "({a}) {n} ou ({a}) {n}",
    "tel:+55-{a}-{n}",
    "tel:{n};phone-context=+55{a}",
    "Tel.: ({a}) {n}",
    "whatsapp ({a}) {n}",
    "{a}\u00a0{n}",
    "{a}\u2013{n}",
    "\uff08{a}\uff09 {n}",
    "{a}\t{n}",
    "{a} {n}\n",
    "{a} {n} (mae)",
    '="{a}{n}"',
    "'{a}{n}",
)
FOREIGN: Final[dict[str, tuple[str, ...]]] = {
    "US": (
        "(212) 555-####",
        "1 657 777 ####",
        "+1 (650) 555-####",
        "001 212 555 ####",
        "011 44 20 7946 ####",
        "1-800-FLOWERS",
        "800-GOOG-###",
    ),
    "CA": ("416-555-####", "+1 604 555 ####", "1 (514) 555 #### x##"),
    "GB": (
        "07### ######",
        "+44 7700 900###",
        "+44 (0)20 7946 ####",
        "020 7946 ####",
        "0044 7### ######",
        "01204 4####",
    ),
    "IT": ("06 6982 ####", "+39 06 #### ####", "3## #######", "0039 02 ######", "+39 347 #######", "0123 ##"),
    "DE": ("0151 ########", "+49 (0)30 ######", "030/######-##", "+49 89 1#####", "112##", "0800 #######"),
    "FR": ("06 ## ## ## ##", "+33 (0)6 ## ## ## ##", "0033 1 ## ## ## ##", "+33 6########"),
    "PT": ("9## ### ###", "+351 2## ### ###", "00351 91# ### ###"),
    "ES": ("6## ### ###", "+34 91 ### ## ##", "0034 6########"),
    "AR": (
        "011 15-####-####",
        "+54 9 11 ####-####",
        "+5411########",
        "0351 15 ### ####",
        "+54 11 15 #### ####",
    ),
    "MX": (
        "+52 1 55 #### ####",
        "55 #### ####",
        "1 55 #### ####",
        "+52 55 #### ####",
        "044 55 #### ####",
        "0052 1 81 #### ####",
        "521##########",
    ),
    "CL": ("+56 9 #### ####", "9 #### ####", "(2) 2### ####"),
    "CO": ("+57 3## ### ####", "3## #######", "601 ### ####"),
    "UY": ("09# ### ###", "+598 2### ####"),
    "PY": ("0981 ######", "+595 21 ### ###"),
    "JP": ("090-####-####", "+81 3-####-####", "010 55 11 9####-####"),
    "IN": ("+91 9#### #####", "0## #### ####", "9#########"),
    "AU": ("04## ### ###", "+61 2 #### ####", "0011 55 11 9########"),
    "CN": ("138 #### ####", "+86 10 #### ####"),
    "SM": ("0549 88####", "+378 0549 88####"),
    "AQ": ("1# ####", "+672 1# ####", "####"),
    "TF": ("######", "+262 ### ######"),
}
JUNK: Final = (
    *(
        "0",
        "00",
        "000",
        "+",
        "++",
        "-",
        ".",
        "9",
        "99",
        "123",
        "190",
        "4004-1234",
        "0800 123 4567",
        "0300 123 4567",
    ),
    *(
        "0900 712 3456",
        "n\u00e3o tem",
        "sem telefone",
        "ramal 12",
        "r. 12",
        "null",
        "n/a",
        "abc",
        "call me 3",
        "1e10",
        "5.511987654321E+12",
    ),
    *(
        "+999 123 456 789",
        "+0 11 98765 4321",
        "+210 123 4567",
        "+800 12345678",
        "+800 1234567",
        "+870 773111632",
        "+881 612 345 678",
    ),
    *(
        "+883 510 012 345 678",
        "+888 123 456 78",
        "+979 123456789",
        "+979 12345678",
        "+1",
        "+55",
        "+5",
        "+55 11",
        "0055",
        "+44",
        "+521",
        "+52 1",
    ),
    *(
        "+55 11 0000-0000",
        "11 00000-0000",
        "00000000000",
        "11111111111",
        "99999999999",
        "+55 00 98765-4321",
        "+55 10 98765-4321",
    ),
    *(
        "(11) 98765-4321 / (11) 3333-4444",
        "11 98765-4321; 11 3333-4444",
        "1 1 9 8 7 6 5 4 3 2 1",
        "(((11))) 98765-4321",
        "+55 +55 11 98765 4321",
    ),
    *(
        "11-98765-4321 ext 1234567",
        "+1-800-FLOWERS",
        "1-900-BRASIL-1",
        "+55 11 CASA-VIVA",
        "0800-PIZZAS-1",
        "tel:",
        "+" * 300,
        "9" * 249,
        "9" * 250,
        "9" * 251,
    ),
)


def phone(rng: Random) -> str:
    """A number without its country: mostly Brazilian, else foreign, else junk."""
    chance = rng.random()
    if chance < 0.65:
        return brazilian(rng)
    return _digits(rng, rng.choice(FOREIGN[rng.choice(tuple(FOREIGN))])) if chance < 0.85 else junk(rng)


def foreign(rng: Random) -> tuple[str, str]:
    """A number and the country that it is written in."""
    country = rng.choice(tuple(FOREIGN))
    return _digits(rng, rng.choice(FOREIGN[country])), country


def brazilian(rng: Random) -> str:
    kind = rng.randrange(12)
    if kind < 6:
        number = "9####-####"
    elif kind < 8:
        number = rng.choice("6789") + "###-####"
    elif kind < 10:
        number = rng.choice("2345") + "###-####"
    else:
        number = rng.choice(("#####-####", "####-####", "###-####", "######-####", "#"))
    number = _digits(rng, number)
    number = rng.choice((number, number.replace("-", ""), number.replace("-", " "), number.replace("-", ".")))
    area = f"{rng.randint(0, 99):02}" if rng.random() < 0.1 else str(rng.choice(AREAS))
    shape = rng.choice(BRAZILIAN) if rng.random() < 0.8 else rng.choice(BRAZILIAN[:10])
    if shape.endswith(".0"):
        number = "".join(c for c in number if c.isdigit())
    return shape.format(a=area, n=number, r=rng.randint(1, 10 ** rng.randint(1, 6)))


def junk(rng: Random) -> str:
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 40)))
    if kind == 1:
        return "+" * rng.randint(1, 3) + "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 20)))
    if kind == 2:
        return "".join(rng.choice("0123456789+-() .xX*#/,;") for _ in range(rng.randint(1, 24)))
    if kind == 3:
        return "00" + "".join(rng.choice("0123456789") for _ in range(rng.randint(0, 16)))
    return rng.choice(JUNK)


def _digits(rng: Random, shape: str) -> str:
    return "".join(rng.choice("0123456789") if character == "#" else character for character in shape)
