"""Every column as text: what a number, a date, a list or a JSON value in an extract is written as.

A CPF or postal code that is a number in the file becomes the digits it has, so nothing is lost that was not lost before.
"""

import re

from audience_assets.customers.fields import BIRTH_DATE, CUSTOMER_ID, DEPARTED, input_fields, is_list
from audience_assets.customers.parts import Part
from audience_assets.errors import ExtractError
from audience_assets.settings import Settings
from audience_assets.sql import identifier, listed, literal

OURS = "audience_assets: "
"""How a message of ours begins that DuckDB raises in the middle of a query."""

_FLOATING = re.compile(r"DOUBLE|FLOAT|DECIMAL\(\d+,(?!0\))")
_TEXT_LIKE = re.compile(
    r'VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)|DATE|TIME.*|UUID|ENUM.*|"NULL"|BIGNUM'
)


def select_sql(settings: Settings, part: Part, used: dict[str, int], only: str | None = None) -> str:
    """One part's rows as texts, NULL where it has no column for a field.

    Args:
        settings: Say what is assumed of dates and countries.
        part: What is read.
        used: Our field to the position of the part's column.
        only: "semi join" or "anti join" and a relation with customer_id: the others are left out before anything becomes a
            text, because most days most customers are.
    """
    expressions = []
    for ours in [CUSTOMER_ID, *input_fields(settings)]:
        expression = f"cast(null as {'varchar[]' if is_list(ours) else 'varchar'})"
        if ours in used:
            expression = (_texts if is_list(ours) else _text)(*_column(part, used, ours))
        expressions.append(f"{expression} as {identifier(ours)}")
    expressions += [
        "cast(getvariable('day') as date) as as_of",
        f"{literal(settings.rules.default_country)} as default_country",
        f"{literal(settings.rules.date_order)} as date_order",
    ]
    query = f"select\n{listed(expressions)}\nfrom {_numbered(part)}"
    if only is None:
        return query
    return f"{query}\n{only} as known on known.customer_id = {_text(*_column(part, used, CUSTOMER_ID))}"


def compared_sql(settings: Settings, part: Part, used: dict[str, int]) -> str:
    """One part's rows as far as a change can be told from them: `content` is a 64-bit hash of all fields.

    Lists are not taken apart for it, and dates that are dates not written out: birth_text or born has the birth date.
    """
    contents = [
        (_undivided if is_list(ours) else _text)(*_column(part, used, ours)) if ours in used else "null"
        for ours in input_fields(settings)
    ]
    texts = {
        ours: _text(*_column(part, used, ours)) if ours in used else "cast(null as varchar)"
        for ours in (CUSTOMER_ID, DEPARTED, BIRTH_DATE)
    }
    born = "cast(null as date)"
    if BIRTH_DATE in used and part.columns[used[BIRTH_DATE]][1] == "DATE":
        born, texts[BIRTH_DATE] = f"c{used[BIRTH_DATE]}", "cast(null as varchar)"
    expressions = [
        f"{texts[CUSTOMER_ID]} as {CUSTOMER_ID}",
        f"{texts[DEPARTED]} as {DEPARTED}",
        f"{texts[BIRTH_DATE]} as birth_text",
        f"{born} as born",
        f"hash({', '.join(contents)}) as content",
        "cast(getvariable('day') as date) as as_of",
        f"{literal(settings.rules.date_order)} as date_order",
    ]
    return f"select\n{listed(expressions)}\nfrom {_numbered(part)}"


def _numbered(part: Part) -> str:
    """What is read, with its columns numbered."""
    return f"{part.relation} as source({', '.join(f'c{position}' for position in range(len(part.columns)))})"


def _column(part: Part, used: dict[str, int], ours: str) -> tuple[str, str, str]:
    """A field's column in the part: the number it goes by, its type, and what a message calls it."""
    name, kind = part.columns[used[ours]]
    return f"c{used[ours]}", kind, f"{name!r}, read as {ours},"


def _undivided(value: str, kind: str, column: str) -> str:
    """SQL for something that is the same for the same list; text joined with `;` stays one."""
    return _text(value, kind, column) if _TEXT_LIKE.fullmatch(kind) else _texts(value, kind, column)


def _texts(value: str, kind: str, column: str) -> str:
    """SQL for a real list, or for text joined with `;`, as a list of texts; an empty one is NULL."""
    if kind == "JSON":
        each = _text("each", kind, column)
        items = f"list_transform(from_json({value}, '[\"JSON\"]'), lambda each: {each})"
        texts = f"case when json_type({value}) = 'ARRAY' then {items} else split_list({_text(value, kind, column)}) end"
    elif real := re.fullmatch(r"(.*)\[\d*\]", kind):
        texts = f"list_transform({value}, lambda each: {_text('each', real.group(1), column)})"
    else:
        texts = f"split_list({_text(value, kind, column)})"
    return f"nullif({texts}, [])"


def _text(value: str, kind: str, column: str) -> str:
    """SQL for a value as text; an empty one is NULL.

    Raises:
        ExtractError: The column has a type that has no text.
    """
    if kind == "JSON":
        refused = literal(f"{OURS}the column {column} holds an object or a list where a text is expected")
        text = (
            f"case json_type({value}) when 'OBJECT' then error({refused}) when 'ARRAY' then error({refused})"
            f" when 'DOUBLE' then regexp_replace({value} ->> '$', '[.]0+$', '') else {value} ->> '$' end"
        )
    elif _FLOATING.match(kind):
        text = (
            f"case when isnan(cast({value} as double)) then null"
            f" when {value} = trunc({value}) and abs({value}) < 9007199254740992 then cast(try_cast({value} as bigint) as varchar)"
            f" else cast({value} as varchar) end"
        )
    elif kind == "TIMESTAMP WITH TIME ZONE":  # in UTC, not in the time zone of the machine
        text = f"cast(timezone('UTC', {value}) as varchar)"
    elif _TEXT_LIKE.fullmatch(kind):
        text = value if kind == "VARCHAR" else f"cast({value} as varchar)"
    else:
        raise ExtractError(f"the column {column} has the type {kind[:60]}, which cannot be read as text")
    return f"nullif({text}, '')"
