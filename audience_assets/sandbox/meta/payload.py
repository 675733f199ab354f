"""Reads `payload`: which shapes are refused as a whole, and which of its rows are only set aside as invalid."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from audience_assets.sandbox.meta import cells
from audience_assets.sandbox.meta.answers import GraphError, bad_parameter
from audience_assets.sandbox.meta.rows import NO_EXTRAS, Extras, Row

SchemaKind = Literal["string", "array"]
Refuses = Callable[[str, str], bool]

MOST_ROWS = 10_000
MOST_SAMPLES = 100
FIELDS = frozenset({"schema", "data", "is_raw", "app_ids", "page_ids", "data_source"})


@dataclass(frozen=True)
class Payload:
    """A well-formed payload: the keys in our spelling, and one list of cells per person."""

    kind: SchemaKind
    keys: tuple[str, ...]
    data: Sequence[Sequence[object]] = field(repr=False)


@dataclass(frozen=True)
class Invalid:
    """An entry that was set aside, by its first bad cell."""

    cell: object = field(repr=False)
    reason: str
    row: Sequence[object] = field(repr=False)


@dataclass
class Upload:
    """The rows of a payload that can be used, and how many cannot."""

    received: int
    rows: list[tuple[Row, Extras]] = field(default_factory=list, repr=False)
    invalid: int = 0
    samples: list[Invalid] = field(default_factory=list)


def read_payload(given: object, *, consent: bool) -> Payload:
    """The payload of a call.

    Raises:
        GraphError: It is malformed as a whole, so that not one row is taken.
    """
    if not isinstance(given, Mapping):
        raise bad_parameter("param payload is required and must be a JSON object")
    if unknown := sorted(given.keys() - FIELDS):
        raise bad_parameter(f"param payload has {len(unknown)} unknown field(s)")
    kind, keys = _read_schema(given.get("schema"))
    _check_ids(given, keys)
    _check_processing(keys, consent=consent)
    return Payload(kind, keys, _read_data(given.get("data"), kind, keys))


def check_rows(payload: Payload, refuses: Refuses | None = None) -> Upload:
    """Split the rows of a payload into usable and invalid ones; `refuses` may call more cells invalid."""
    upload = Upload(len(payload.data))
    order = sorted(range(len(payload.keys)), key=payload.keys.__getitem__)
    columns = [(payload.keys[at], at) for at in order]
    matching = [column for column in columns if column[0] in cells.MATCHING_KEYS]
    others = [column for column in columns if column[0] not in cells.MATCHING_KEYS]
    every_key = tuple(key for key, _ in matching)
    for entry in payload.data:
        bad = _first_fault(entry, matching, refuses) or _lookalike_fault(entry, others)
        if bad is not None:
            upload.invalid += 1
            if len(upload.samples) < MOST_SAMPLES:
                upload.samples.append(bad)
            continue
        values = tuple(str(entry[at]) for _, at in matching)
        keys = every_key
        if "" in values:
            keys, values = _without_empty(every_key, values)
        upload.rows.append((Row(keys, values), _extras(entry, others)))
    return upload


def _read_schema(given: object) -> tuple[SchemaKind, tuple[str, ...]]:
    kind: SchemaKind = "string" if isinstance(given, str) else "array"
    names: object = [given] if kind == "string" else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise bad_parameter("payload.schema must be a key or an array of keys")
    keys = tuple(cells.ALIASES.get(name, str(name)) for name in names)
    if any(key not in cells.KEYS for key in keys):
        raise bad_parameter("payload.schema has a key that is not supported")
    if len(set(keys)) != len(keys):
        raise bad_parameter("payload.schema has a key twice")
    if not cells.MATCHING_KEYS.intersection(keys):
        raise bad_parameter("payload.schema has no key that identifies a person")
    return kind, keys


def _check_ids(given: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Check `app_ids` and `page_ids`.

    Source: Meta, Custom audiences from a customer file, "Using PAGEUID".
    """
    if "PAGEUID" in keys and not (isinstance(given.get("page_ids"), list) and len(given["page_ids"]) == 1):
        raise bad_parameter("PAGEUID needs payload.page_ids, an array with one element")
    if "APPUID" in keys and not (isinstance(given.get("app_ids"), list) and given["app_ids"]):
        raise bad_parameter("APPUID needs payload.app_ids, an array of app ids")


def _check_processing(keys: tuple[str, ...], *, consent: bool) -> None:
    """Check which options of data processing stand together.

    Source: Meta, Custom audiences from a customer file, "Data processing options for users in the US".
    """
    located = [key in keys for key in (cells.PROCESSING_COUNTRY, cells.PROCESSING_STATE)]
    if not any(located):
        return
    if not all(located) or cells.PROCESSING_OPTIONS not in keys:
        raise bad_parameter("data processing options need their country and state together")
    if not consent:
        raise bad_parameter("data processing options with a country and a state need customer_consent")


def _read_data(given: object, kind: SchemaKind, keys: tuple[str, ...]) -> Sequence[Sequence[object]]:
    if not isinstance(given, list) or not given:
        raise bad_parameter("payload.data must be an array that is not empty")
    if len(given) > MOST_ROWS:
        raise GraphError(105, f"The number of entries exceeds the maximum of {MOST_ROWS} a call")
    if kind == "string":
        if any(isinstance(cell, list | dict) for cell in given):
            raise bad_parameter("payload.data must be flat when payload.schema is a string")
        return [(cell,) for cell in given]
    if not all(isinstance(entry, list) and len(entry) == len(keys) for entry in given):
        raise bad_parameter(
            "each entry of payload.data must be an array with one cell for each key of payload.schema"
        )
    processing = [(key, at) for at, key in enumerate(keys) if key in cells.PROCESSING_KEYS]
    if any(not cells.is_processing_cell(key, entry[at]) for entry in given for key, at in processing):
        raise bad_parameter("payload.data has a malformed data processing option")
    return given


def _first_fault(
    entry: Sequence[object], matching: Sequence[tuple[str, int]], refuses: Refuses | None
) -> Invalid | None:
    empty = True
    for key, at in matching:
        cell = entry[at]
        if cell == "":
            continue
        empty = False
        reason = cells.fault_of(key, cell)
        if reason is None and refuses is not None and refuses(key, str(cell)):
            reason = "refused"
        if reason is not None:
            return Invalid(cell, reason, entry)
    return Invalid("", "every cell is empty", entry) if empty else None


def _lookalike_fault(entry: Sequence[object], others: Sequence[tuple[str, int]]) -> Invalid | None:
    for key, at in others:
        if key == cells.LOOKALIKE_VALUE and not cells.is_lookalike_value(entry[at]):
            return Invalid(entry[at], "not a number from 0 on", entry)
    return None


def _without_empty(keys: tuple[str, ...], values: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kept = [(key, value) for key, value in zip(keys, values, strict=True) if value]
    return tuple(key for key, _ in kept), tuple(value for _, value in kept)


def _extras(entry: Sequence[object], others: Sequence[tuple[str, int]]) -> Extras:
    if not others:
        return NO_EXTRAS
    value = next((float(str(entry[at])) for key, at in others if key == cells.LOOKALIKE_VALUE), None)
    processing = tuple((key, entry[at]) for key, at in others if key in cells.PROCESSING_KEYS)
    return Extras(value, processing)


def sample_text(invalid: Invalid, *, whole_row: bool) -> str:
    """An invalid entry as a sample shows it: its first bad cell, or its row as JSON."""
    if whole_row:
        return json.dumps(list(invalid.row))
    return invalid.cell if isinstance(invalid.cell, str) else json.dumps(invalid.cell)
