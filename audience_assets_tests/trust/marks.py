"""Customers whose every field carries a mark of its own, in many scripts, and every form in which a mark could be told."""

import base64
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, quote_plus

from audience_assets_tests.assets.deployment import Row
from audience_assets_tests.three_partners import person

WORDS = {
    "Latin": "Kanariënvogel",
    "Cyrillic": "Канарейкин",
    "Arabic": "كناريوحيد",
    "Chinese": "金絲雀特殊鳥",
    "emoji": "🐤Kanari🐥🐣",
    "combining marks": "Zo\u0308o\u0323lca\u0301n\u0327ari",
}
TEXTS = (
    "first_name",
    "last_name",
    "state",
    "city",
    "neighborhood",
    "nbo_products",
    "nbo_categories",
    "external_id",
)
LISTS = {"nbo_products", "nbo_categories"}
DIGITS = {"phone", "social_id", "postal_code", "birth_date", "value"}
SHORTEST = 6
"""Bytes: what is shorter stands everywhere by chance."""
BEGINNING = 12
"""Bytes that are looked for first."""


@dataclass(frozen=True)
class Needle:
    """One form of one value: the field or "digest" or "secret" that it belongs to, its name, and the bytes to look for."""

    kind: str
    form: str
    content: bytes


def customer(number: int, word: str) -> Row:
    """Somebody whose texts are a word and the field; what has a form of its own is told apart by the number."""
    known = person(number)
    texts = {field: f"{word} {field}{number}xq" for field in TEXTS}
    return {
        "customer_id": f"{word}-id{number}xq",
        "email": f"Canary.Mail{number}xq@Example.com",
        "phone": f"(11) 9731{number}-7313",
        "social_id": known["social_id"],
        "birth_date": f"13/03/193{number}",
        "postal_code": f"0131{number}-973",
        "mobile_ad_id": f"5e2b0c0{number}-5E2B-4e2b-8e2b-5e2b0a0b5e2b",
        "value": f"845691.2{number}",
        "notes": f"{word} notes{number}xq",
        "gender": "F",
        "country": "BR",
        "audiences": ["vip"],
        **texts,
        **{field: [texts[field]] for field in LISTS},
    }


CUSTOMERS = [customer(number, word) for number, word in enumerate(WORDS.values())]
REFUSED: Row = {field: f"Refused {field}9xq каналья" for field in CUSTOMERS[0]} | {
    "customer_id": "Refused-id9xq",
    "audiences": ["vip"],
    "email": "refused.7f3axq@example.com",
    "phone": "+5511973197313973197319731",
}
"""Somebody of whom no rule takes most values."""


def needles(row: Row) -> Iterator[Needle]:
    """Every form of every value of a customer; of audiences none, since their names are the partners' own."""
    for field, given in row.items():
        if field not in {"audiences", "gender", "country", "consent"} and given is not None:
            value = given if isinstance(given, str) else given[0]
            yield from forms(field, value)


def forms(kind: str, value: str) -> Iterator[Needle]:
    """Each form of a text, each once, shortest ones left out."""
    named: dict[bytes, str] = {}
    for form, text in _texts(kind, value):
        for encoding, content in _encoded(text):
            if len(content) >= SHORTEST:
                named.setdefault(content, f"{form}, {encoding}")
    for each, name in named.items():
        yield Needle(kind, name, each)


def digests(strings: Iterable[str]) -> Iterator[Needle]:
    """What a SHA-256 of these strings looks like."""
    for text in set(strings):
        digest = sha256(text.encode())
        told = digest.hexdigest()
        yield Needle("digest", "bytes", digest.digest())
        yield Needle("digest", "hex", told.encode())
        yield Needle("digest", "hex in capitals", told.upper().encode())


class Search:
    """Looks for many needles at once: of those that begin alike, only where the beginning stands somewhere."""

    def __init__(self, among: Iterable[Needle]) -> None:
        self._begun: dict[bytes, list[Needle]] = {}
        for needle in among:
            self._begun.setdefault(needle.content[:BEGINNING], []).append(needle)

    def found(self, content: bytes, allowed: frozenset[str] = frozenset()) -> set[str]:
        """The needles in some bytes whose kind is not allowed there; what is told names field and form alone."""
        near = [each for begin, alike in self._begun.items() if begin in content for each in alike]
        return {
            f"{each.kind}: {each.form}"
            for each in near
            if each.kind not in allowed and each.content in content
        }


def _texts(kind: str, value: str) -> Iterator[tuple[str, str]]:
    compositions = {"as it is": value} | {name: unicodedata.normalize(name, value) for name in ("NFC", "NFD")}
    for composition, text in compositions.items():
        yield composition, text
        yield f"{composition}, lower case", text.lower()
        yield f"{composition}, upper case", text.upper()
    if kind in DIGITS:
        digits = "".join(each for each in value if each.isdigit())
        yield "digits", digits
        if kind == "phone":
            yield "digits without the area", digits[2:]
        if kind == "birth_date":
            yield "ISO date", f"{digits[4:]}-{digits[2:4]}-{digits[:2]}"
            yield "ISO digits", digits[4:] + digits[2:4] + digits[:2]
    if kind == "mobile_ad_id":
        yield "hex digits", value.replace("-", "").lower()


def _encoded(text: str) -> Iterator[tuple[str, bytes]]:
    raw = text.encode()
    yield "UTF-8", raw
    yield "UTF-16", text.encode("utf-16-le")
    yield "URL", quote(text, safe="").encode()
    yield "URL in lower case", quote(text, safe="").lower().encode()
    yield "form", quote_plus(text).encode()
    escaped = json.dumps(text)[1:-1]
    yield "JSON", escaped.encode()
    yield "JSON within JSON", json.dumps(escaped)[1:-1].encode()
    yield "Python", text.encode("unicode_escape")
    yield "hex", raw.hex().encode()
    yield "hex in capitals", raw.hex().upper().encode()
    yield from _in_base64(raw)


def _in_base64(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The characters that stand for these bytes whatever is before and after them, for each of three beginnings."""
    for before in range(3):
        skipped = (0, 2, 3)[before]
        told = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        whole = told[skipped : len(told) - (1 if (before + len(raw)) % 3 else 0)]
        yield f"base64 from {before}", whole
        yield f"base64 for URLs from {before}", whole.translate(bytes.maketrans(b"+/", b"-_"))
