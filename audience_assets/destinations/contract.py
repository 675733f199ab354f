"""The contract of a destination's table in Pandera: strict, ordered, case-sensitive; made from its columns.

Types are exact: `string` and `int32`, as DuckDB gives them and as the partner gets them. A `large_string`, `string_view`
or dictionary column means that something else than our own query made the table, and is refused.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandera.pyarrow as pa
import pyarrow  # noqa: ICN001 - pa is pandera here
import pyarrow.compute as pc

from audience_assets.destinations.column import Column
from audience_assets.errors import ContractError

HEX_DIGITS = "0123456789abcdef"
DIGEST_LENGTH = 64


def is_digest(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Whether each value is 64 lower-case hexadecimal digits. Cheaper than a regular expression, and as strict."""
    return pc.and_(
        pc.equal(pc.binary_length(column), DIGEST_LENGTH),
        pc.equal(pc.ascii_trim(column, HEX_DIGITS), ""),
    )


def is_not_blank(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Whether each value has something besides white space."""
    return pc.not_equal(pc.utf8_trim_whitespace(column), "")


DIGEST = "64 lower-case hex digits"
NOT_BLANK = "not blank"
RULES: dict[str, Callable[[Any], Any]] = {DIGEST: is_digest, NOT_BLANK: is_not_blank}


class Contract:
    """What every row that leaves for a destination must look like."""

    def __init__(self, name: str, columns: Sequence[Column]) -> None:
        self.name = name
        self._types = {column.name: column.arrow_type for column in columns}
        self._schema = pa.DataFrameSchema(
            {
                column.name: pa.Column(
                    column.arrow_type,
                    _checks(hashed=column.hashed, required=column.required),
                    nullable=not column.required,
                )
                for column in columns
            },
            strict=True,
            ordered=True,
            name=name,
        )

    def check(self, table: pyarrow.Table) -> None:
        """Let a table pass, or say which rules it breaks and in how many rows.

        Raises:
            ContractError: Names columns, rules and counts, never a value.
        """
        if problems := list(self._structure(table.schema)):
            raise ContractError(self._sentence(problems))
        try:
            self._schema.validate(table, lazy=True)
        except pa.errors.SchemaErrors as error:
            broken = {_broken(failure, table) for failure in error.schema_errors}
            raise ContractError(self._sentence(sorted(broken))) from None

    def _structure(self, found: pyarrow.Schema) -> Iterator[str]:
        """What is wrong with the columns themselves, which Pandera tells without their names."""
        yield from (f"{name} is missing" for name in self._types if name not in found.names)
        yield from (
            f"{name} is none of its columns" for name in dict.fromkeys(found.names) if name not in self._types
        )
        yield from (
            f"{name} stands {count} times" for name, count in Counter(found.names).items() if count > 1
        )
        if sorted(found.names) == sorted(self._types) and found.names != list(self._types):
            yield "its columns are in another order"
        for field in found:
            if field.name in self._types and field.type != self._types[field.name]:
                yield f"{field.name} is {field.type} and should be {self._types[field.name]}"

    def _sentence(self, problems: list[str]) -> str:
        return f"the rows for {self.name} break its contract, so nothing was published: {'; '.join(problems)}"


def _checks(*, hashed: bool, required: bool) -> list[pa.Check]:
    """Checks that keep one failing value at most: the values may be anything, and there may be millions."""
    names = [DIGEST] * hashed + [NOT_BLANK] * required
    return [
        pa.Check(lambda data, rule=RULES[name]: rule(data.table[data.key]), name=name, n_failure_cases=1)
        for name in names
    ]


def _broken(failure: pa.errors.SchemaError, table: pyarrow.Table) -> str:
    """Which rule a column breaks, and in how many rows."""
    column = table[failure.schema.name]
    if isinstance(failure.check, pa.Check):
        rule = str(failure.check.name)
        rows = pc.sum(pc.invert(RULES[rule](column))).as_py()
    else:
        rule, rows = "not null", column.null_count
    return f"{failure.schema.name}: {rule} ({rows} of {table.num_rows} rows)"
