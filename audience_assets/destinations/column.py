"""A destination is a table of columns. SQL, contract, Parquet schema, descriptions and `normalize` come from it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from audience_assets.rules.canonical import CONTEXT
from audience_assets.rules.rule import Form
from audience_assets.sql import identifier

Role = Literal["identifier", "attribute", "value"]
"""What a column says of a person: who it is, something that tells only together with others, or nothing of the kind."""

ARROW_TYPES: dict[str, pa.DataType] = {"VARCHAR": pa.string(), "INTEGER": pa.int32()}

VERBATIM = Form(
    name="text.verbatim",
    version=1,
    expression="{0}",
    description="as it is, not even trimmed",
    source="VTEX Ads, Integrating audiences, Attributes",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a partner wants.

    Attributes:
        name: The partner's name, in the partner's case.
        fields: The canonical columns that feed it, the main one first, and those of its context that the form needs.
        form: What turns them into the partner's string.
        hashed: Whether that string is sent as its SHA-256 in lower-case hex.
        required: Whether every row must have it.
        meaning: The partner's description in a few words.
        role: `identifier` when it names one person by itself, `attribute` when it does so only together with others,
            `value` when it says nothing about who it is.
    """

    name: str
    fields: tuple[str, ...]
    form: Form
    meaning: str
    hashed: bool = False
    required: bool = False
    role: Role = "attribute"

    @property
    def arrow_type(self) -> pa.DataType:
        """The type in the partner's file."""
        return ARROW_TYPES[self.delivered_type]

    @property
    def stored_type(self) -> str:
        """The DuckDB type of what the hashed log keeps."""
        return "BLOB" if self.hashed else self.form.type

    @property
    def delivered_type(self) -> str:
        """The DuckDB type of what the partner gets."""
        return "VARCHAR" if self.hashed else self.form.type

    @property
    def description(self) -> str:
        """Meaning, source fields and rule with its version in one line, for the Dagster UI and the docs."""
        what = "SHA-256 of " if self.hashed else ""
        fields = " or ".join(field for field in self.fields if field not in CONTEXT)
        return f"{self.meaning}. {what}{fields}: {self.form.description}. Rule {self.form.signature}."

    def text_sql(self, ready_digests: Collection[str] = ()) -> str:
        """SQL for the string before hashing; a field that arrives as a ready-made digest has none."""
        fields = ["null" if field in ready_digests else identifier(field) for field in self.fields]
        return self.form.sql(tuple(fields))

    @property
    def refusal_sql(self) -> str:
        """SQL for the reason why a canonical value, or a part of it, cannot be said in the partner's form.

        A field that arrives as a ready-made digest is not looked into; it is refused only where a part of it is wanted.
        """
        refusal = self.form.refusal_sql(tuple(identifier(field) for field in self.fields))
        if not self.hashed or (refusal == "NULL" and not self.form.part):
            return refusal
        digest = f"is_digest(cast({identifier(self.fields[0])} as varchar))"
        reason = "'only a digest of the whole field'" if self.form.part else "NULL"
        return f"case when {digest} then {reason} else {refusal} end"

    def stored_sql(self, ready_digests: Collection[str] = ()) -> str:
        """SQL for what the hashed log keeps: 32 bytes for a digest, the value itself otherwise."""
        if not self.hashed:
            return f"cast({self.text_sql(ready_digests)} as {self.form.type})"
        if self.fields[0] in ready_digests and not self.form.part:
            return f"unhex({identifier(self.fields[0])})"
        return f"unhex(sha256({self.text_sql(ready_digests)}))"

    def delivered_sql(self, stored: str) -> str:
        """SQL that turns what the log keeps into what the partner gets."""
        return f"lower(hex({stored}))" if self.hashed else stored

    def comparison_sql(self, stored: str) -> str:
        """SQL for what must differ for the partner to be told of a change."""
        return stored if self.hashed else self.form.comparison.format(stored)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Names, order and types of the delivered table; everything optional but what is required."""
    return pa.schema(
        [pa.field(column.name, column.arrow_type, nullable=not column.required) for column in columns]
    )


@dataclass(frozen=True, slots=True)
class Destination:
    """A partner's account as the pipeline knows it.

    Attributes:
        name: Its name here.
        columns: What the partner can be told of a customer.
        audiences: Whether the partner keeps a list for each of the customers' audiences, and not one row a customer.
        enough: SQL over the columns whose role is `attribute` that says when they name a person together.
        opt_in: Whether only customers are delivered whose extract says yes, and not also those of whom it says nothing.
    """

    name: str
    columns: tuple[Column, ...]
    audiences: bool = False
    enough: str = "false"
    opt_in: bool = False

    @property
    def key(self) -> Column:
        """The column that identifies a row for a partner who keeps one row a customer."""
        return self.columns[0]

    @property
    def forms(self) -> set[str]:
        """What enters the rules' signature."""
        forms = {f"{self.name}/{column.name}={column.form.signature}" for column in self.columns}
        return forms | ({f"{self.name}/consent=opt_in"} if self.opt_in else set())

    @property
    def consent_name(self) -> str:
        """The column of the hashed log that says whether the customer agreed to this destination."""
        return f"{self.name}/consent"

    @property
    def audiences_name(self) -> str:
        """The column of the hashed log that lists the audiences that the customer is in."""
        return f"{self.name}/audiences"

    def stored_name(self, column: Column) -> str:
        """The column of the hashed log that keeps this column."""
        return f"{self.name}/{column.name}"

    def column(self, name: str) -> Column | None:
        """The column with exactly this name."""
        return next((column for column in self.columns if column.name == name), None)
