"""Random customers as raw rows, and everything that can happen to one of them between two extracts."""

import unicodedata
from datetime import date, timedelta
from functools import cache
from random import Random

from audience_assets_tests.histories.model import Row, delivered_row, same_row
from audience_assets_tests.reference import corpus

FIELDS = tuple(field for field in corpus.FIELDS if field != "customer_id")
CONSENT = "consent_vtex_ads"
COLUMNS = ("customer_id", *FIELDS, CONSENT)
LISTS = ("audiences", "nbo_products", "nbo_categories")
IDS = ("c{0}", "C{0}", " c{0}", "c{0} ", "cliente-{0}", "ção {0}", "{0}", "00{0}")
"""Ids that only differ in case or blanks belong to different customers."""
NO_IDS = (None, "", "  ", "\u200b", "\u00a0\ufeff")


@cache
def _pool() -> list[dict[str, corpus.Raw]]:
    return corpus.records(600, seed=2026)


@cache
def _values(field: str) -> list[corpus.Raw]:
    return corpus.values(field, 400, seed=7)


def raw_value(field: str, value: corpus.Raw) -> str | list[str] | None:
    """A list column of one file holds lists only."""
    return value.split(";") if field in LISTS and isinstance(value, str) else value


def new_id(rng: Random, number: int) -> str:
    return rng.choice(IDS).format(number)


def new_customer(rng: Random, customer_id: str | None, around: date) -> Row:
    """A row in a CRM's handwriting, good and bad; a third of them have a birthday within days of `around`."""
    record = rng.choice(_pool())
    row: Row = {"customer_id": customer_id}
    row |= {field: raw_value(field, record.get(field)) for field in FIELDS}
    row["consent"] = rng.choice(("sim", "1", None, None, "?"))
    row[CONSENT] = rng.choice((None, None, None, "yes", "no"))
    if rng.random() < 0.35:
        row["birth_date"] = _birth_date_near(rng, around)
    return row


def really_edited(rng: Random, row: Row, around: date) -> Row:
    """Other content in one to three fields. Most often the partner sees it, and sometimes it does not."""
    edited = dict(row)
    for field in rng.sample(FIELDS, rng.choice((1, 1, 1, 2, 3))):
        edited[field] = raw_value(field, rng.choice(_values(field)))
    if rng.random() < 0.1:
        edited["birth_date"] = _birth_date_near(rng, around)
    return edited


def consent_changed(rng: Random, row: Row) -> Row:
    edited = dict(row)
    column = rng.choice(("consent", CONSENT))
    edited[column] = rng.choice(("não", "NO", "0", "denied", "sim", "True", "granted", None))
    return edited


def cosmetically_edited(rng: Random, row: Row, day: date) -> Row:
    """Another way to write the same: case, blanks, format of numbers, decomposed letters, order of the audiences."""
    edited = dict(row)
    for field in FIELDS:
        if rng.random() < 0.6:
            candidate = edited | {field: _rewritten(rng, field, edited[field])}
            if same_row(delivered_row(candidate, day), delivered_row(edited, day)):
                edited = candidate
    return edited


def _rewritten(rng: Random, field: str, value: str | list[str] | None) -> str | list[str] | None:
    if isinstance(value, list):
        return rng.sample(value, len(value)) if field == "audiences" else [f" {item}" for item in value]
    if value is None:
        return rng.choice(("", " ", "\u200b"))
    ways = [
        value.upper(),
        value.lower(),
        f" {value}\u00a0",
        f"\ufeff{value}",
        unicodedata.normalize("NFD", value),
        value.replace("-", " "),
    ]
    if field == "phone":
        ways += [" ".join(value), value.replace(" ", ""), f"tel: {value}", value.replace("+", "00")]
    return rng.choice(ways)


def _birth_date_near(rng: Random, around: date) -> str:
    """A birthday within two weeks of a day, this year's among them: tomorrow's newborn is refused today."""
    birthday = around + timedelta(days=rng.randint(-4, 10))
    year = rng.choice((1952, 1976, 1980, 1999, 2004, around.year))
    leap = year % 4 == 0
    born = (
        date(year, 2, 28)
        if (birthday.month, birthday.day) == (2, 29) and not leap
        else birthday.replace(year=year)
    )
    if leap and rng.random() < 0.2:
        born = date(year, 2, 29)
    return rng.choice((born.isoformat(), f"{born:%d/%m/%Y}", f"{born:%Y%m%d}", f"{born:%d.%m.%Y} 00:00:00"))
