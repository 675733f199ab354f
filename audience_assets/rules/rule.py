"""What a rule is: a versioned SQL expression with the reason it refuses, and nothing that knows of a destination."""

from dataclasses import dataclass

Fields = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CanonicalRule:
    """How one input field gets its one canonical form.

    Attributes:
        field: The input field; the canonical column has the same name unless `column` says otherwise.
        version: Raised whenever the expression gives another answer for any value, so that the change is delivered.
        value: SQL over the row `cleaned`; NULL where there is nothing usable, so also for a digest in an identifier.
        prepared: SQL with `{0}` for the clean text: what `cleaned` holds for the field, computed once.
        reading: SQL over the row `cleaned` for what `value` and `refusal` both need, computed once; they know it as
            `cleaned.FIELD_reading`.
        found: SQL over the look-ups that `refusal` needs; it knows it as `cleaned.FIELD_found`.
        refusal: SQL that names the reason; looked at only where `value` is NULL though the text is not blank.
        joins: Look-up joins that `value` needs, in the order they are written.
        type: DuckDB type of the canonical column.
        identifier: Whether some destination hashes the field, so that a ready-made digest in it must be declared.
        description: The canonical form in a few words, for column descriptions.
    """

    field: str
    version: int
    value: str
    description: str
    prepared: str = "{0}"
    reading: str = ""
    found: str = ""
    refusal: str = "NULL"
    joins: tuple[str, ...] = ()
    type: str = "VARCHAR"
    identifier: bool = False
    column: str = ""

    @property
    def name(self) -> str:
        """Name of the canonical column."""
        return self.column or self.field

    @property
    def refuses(self) -> bool:
        """Whether there are values that this rule refuses."""
        return self.refusal != "NULL" or self.identifier


@dataclass(frozen=True, slots=True)
class Form:
    """How canonical fields become the string a partner wants.

    Attributes:
        name: `field.form`, unique, part of the rules' signature together with `version`.
        version: Raised whenever the expression gives another answer for any value.
        expression: SQL with `{0}`, `{1}` for the canonical columns that feed it.
        description: The form in a few words, for column descriptions.
        source: The partner page and section that asks for it.
        type: DuckDB type of the result.
        refusal: SQL with the same placeholders that names why a usable canonical value has no such form.
        comparison: SQL with `{0}` for the finished value: two values are the same for the partner when this is.
        part: Whether it says only a part of its field, so that a ready-made digest of the whole field is of no use.
    """

    name: str
    version: int
    expression: str
    description: str
    source: str
    type: str = "VARCHAR"
    refusal: str = "NULL"
    comparison: str = "{0}"
    part: bool = False

    def sql(self, fields: Fields) -> str:
        """The expression over these canonical columns."""
        return self.expression.format(*fields)

    def refusal_sql(self, fields: Fields) -> str:
        """The reason, or NULL, over these canonical columns."""
        return self.refusal.format(*fields)

    @property
    def signature(self) -> str:
        """Name and version, as they enter the rules' signature."""
        return f"{self.name}@{self.version}"
