"""The contract of a destination's table in Pandera: strict, ordered, case-sensitive; made from its columns."""

from collections import Counter

import pandera.pyarrow as contracts
import pyarrow as pa
import pyarrow.compute as pc
from narwhals.exceptions import DuplicateError

from audience_assets.destinations.column import Destination
from audience_assets.errors import ContractError

HEX_DIGITS = "0123456789abcdef"
DIGEST_LENGTH = 64


def is_digest(data: contracts.PyArrowData) -> pa.ChunkedArray:
    """Whether each value is 64 lower-case hexadecimal digits. Cheaper than a regular expression, and as strict."""
    column = data.table[data.key]
    return pc.and_(
        pc.equal(pc.binary_length(column), DIGEST_LENGTH),
        pc.equal(pc.ascii_trim(column, HEX_DIGITS), ""),
    )


def is_not_blank(data: contracts.PyArrowData) -> pa.ChunkedArray:
    """Whether each value has at least one byte."""
    return pc.greater(pc.binary_length(data.table[data.key]), 0)


class Contract:
    """What every row that leaves for a destination must look like."""

    def __init__(self, destination: Destination) -> None:
        self.name = destination.name
        self._columns = {column.name: column for column in destination.columns}
        self._schema = contracts.DataFrameSchema(
            {
                column.name: contracts.Column(
                    column.arrow_type,
                    _checks(hashed=column.hashed, required=column.required),
                    nullable=not column.required,
                )
                for column in destination.columns
            },
            strict=True,
            ordered=True,
            name=destination.name,
        )

    def check(self, table: pa.Table) -> None:
        """Let a table pass, or say which rules it breaks and how often.

        Raises:
            ContractError: Names columns, rules and counts, never a value.
        """
        try:
            self._schema.validate(table, lazy=True)
        except contracts.errors.SchemaErrors as error:
            broken = Counter(f"{failure.schema.name}: {_rule(failure)}" for failure in error.schema_errors)
            raise ContractError(self._sentence(table.num_rows, broken)) from None
        except DuplicateError:
            raise ContractError(
                self._sentence(table.num_rows, Counter({"a column stands twice": 1}))
            ) from None

    def _sentence(self, rows: int, broken: Counter[str]) -> str:
        rules = ", ".join(f"{rule} ({count})" for rule, count in sorted(broken.items()))
        return f"{rows} rows for {self.name} break its contract, so nothing was published: {rules}"


def _checks(*, hashed: bool, required: bool) -> list[contracts.Check]:
    checks = []
    if hashed:
        checks.append(contracts.Check(is_digest, name="64 lower-case hex digits", n_failure_cases=1))
    if required:
        checks.append(contracts.Check(is_not_blank, name="not blank", n_failure_cases=1))
    return checks


def _rule(failure: contracts.errors.SchemaError) -> str:
    check = failure.check.name if isinstance(failure.check, contracts.Check) else None
    return check or str(failure.reason_code.name).lower().replace("_", " ")
