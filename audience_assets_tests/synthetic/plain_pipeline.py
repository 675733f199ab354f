"""A third reading of the rules: from the extract's text back to the rows that must be sent, slowly and plainly."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from audience_assets.synthetic.vocabulary import COUNTRY_WORDS, GENDER_WORDS, STATE_NAMES

if TYPE_CHECKING:
    from pathlib import Path

Cells = dict[str, Any]


def rows_of(path: Path) -> list[Cells]:
    rows: list[Cells] = pq.read_table(path).to_pylist()
    return rows


def usable_rows(rows: list[Cells]) -> tuple[dict[str, Cells], set[str], int]:
    """Customers' rows, the ids that contradict themselves, and how many rows have no id."""
    by_id: dict[str, list[Cells]] = defaultdict(list)
    without_id = 0
    for row in rows:
        if (row["customer_id"] or "").strip():
            by_id[row["customer_id"]].append(row)
        else:
            without_id += 1
    contradictory = {key for key, same in by_id.items() if any(row != same[0] for row in same)}
    return (
        {key: same[0] for key, same in by_id.items() if key not in contradictory},
        contradictory,
        without_id,
    )


def visible(text: str | None) -> str:
    kept = "".join(letter for letter in text or "" if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", kept)


def sha256(text: str | None) -> str | None:
    return hashlib.sha256(text.encode("utf-8")).hexdigest() if text else None


def squeezed(text: str | None) -> str:
    return re.sub(r"\s+", "", visible(text)).lower()


def phone(text: str | None) -> str | None:
    compact = re.sub(r"(ramal|ext\.|x).*", "", visible(text))
    digits = re.sub(r"\D", "", compact)
    if compact.startswith("+") or digits.startswith("00"):
        return "+" + digits.removeprefix("00")
    digits = digits.removeprefix("0")
    if len(digits) in {12, 13} and digits.startswith("55"):
        return f"+{digits}"
    return f"+55{digits}" if len(digits) in {10, 11} else None


def cpf(text: str | None) -> str | None:
    digits = re.sub(r"\D", "", visible(text)).zfill(11)
    for length in (9, 10):
        left = sum(int(digit) * (length + 1 - place) for place, digit in enumerate(digits[:length])) % 11
        if int(digits[length]) != (0 if left <= 1 else 11 - left):
            return None
    return digits if len(set(digits)) > 1 else None


def age(text: str | None, day: date) -> int | None:
    for shape in ("%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S"):
        try:
            born = datetime.strptime((text or "").strip(), shape)  # noqa: DTZ007 - a birth date has no time zone
        except ValueError:
            continue
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return None


def word(words: dict[str, tuple[str, ...]], text: str | None) -> str | None:
    for code, meanings in words.items():
        if (text or "").strip().lower() in {meaning.strip().lower() for meaning in meanings}:
            return code
    return None


def state(text: str | None) -> str | None:
    wanted = plain((text or "").strip())
    return next((code for code, name in STATE_NAMES.items() if wanted in {code.lower(), plain(name)}), None)


def plain(text: str) -> str:
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().lower()


def joined(elements: list[str] | None) -> str | None:
    kept = dict.fromkeys(element.strip() for element in elements or [] if element.strip())
    return ";".join(kept) or None


def row_to_send(row: Cells, day: date) -> Cells:
    email = squeezed(row["email"])
    country = word(COUNTRY_WORDS, row["country"])
    return {
        "CUSTOMER_ID": row["customer_id"],
        "EMAIL_HASHED": sha256(email) if "@" in email else None,
        "PHONE_HASHED": sha256(phone(row["phone"])),
        "SOCIAL_ID_HASHED": sha256(cpf(row["social_id"])),
        "FIRST_NAME_HASHED": sha256(squeezed(row["first_name"])),
        "LAST_NAME_HASHED": sha256(squeezed(row["last_name"])),
        "GENDER": word(GENDER_WORDS, row["gender"]),
        "AGE": age(row["birth_date"], day),
        "CEP": re.sub(r"\D", "", row["postal_code"] or "").zfill(8).replace("00000000", "") or None,
        "COUNTRY": country,
        "STATE": state(row["state"]),
        "CITY": visible(row["city"]).strip() or None,
        "NEIGHBORHOOD": visible(row["neighborhood"]).strip() or None,
        "AUDIENCES": joined((row["audiences"] or "").split(";")),
        "NBO_PRODUCTS": joined(row["nbo_products"]),
        "NBO_CATEGORIES": joined(row["nbo_categories"]),
    }


def comparable(row: Cells) -> Cells:
    return {**row, "AUDIENCES": set((row["AUDIENCES"] or "").split(";"))}


class PlainPipeline:
    """What the partner holds, and the text it came from, after each day."""

    def __init__(self) -> None:
        self.sent: dict[str, Cells] = {}
        self.text: dict[str, Cells] = {}

    def run(self, rows: list[Cells], day: date) -> tuple[list[Cells], dict[str, str]]:
        """The rows to send on this day in the order of ids, and the kind of each change."""
        usable, contradictory, _ = usable_rows(rows)
        send: list[Cells] = []
        kinds: dict[str, str] = {}
        for key in self.sent.keys() - usable.keys() - contradictory:
            send.append(dict.fromkeys(self.sent[key]) | {"CUSTOMER_ID": key})
            kinds[key] = "left"
        for key in kinds:
            del self.sent[key]
        for key, row in usable.items():
            new = row_to_send(row, day)
            before = self.sent.get(key)
            if before is None or comparable(before) != comparable(new):
                send.append(new)
                self.sent[key] = new
                kinds[key] = "new" if before is None else "changed"
            elif self.text[key] != row:
                kinds[key] = "cosmetic"
            self.text[key] = row
        return sorted(send, key=lambda sent: str(sent["CUSTOMER_ID"])), kinds
