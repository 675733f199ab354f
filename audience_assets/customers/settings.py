"""Where tables of people lie, the day's extract first of all, and how their columns are called."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from audience_assets.rules.canonical import IDENTIFIERS
from audience_assets.settings_section import Section
from audience_assets.settings_values import path_with_day
from audience_assets.storage.s3_settings import S3AccessSettings


class SourceSettings(Section):
    """Where the day's extract lies and how its columns are called."""

    path: Annotated[str, AfterValidator(path_with_day)] | None = None
    query: str | None = None
    format: Literal["parquet", "csv", "json"] | None = None
    csv_delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    extract: Literal["full", "incremental"] = "full"
    allow_empty: bool = False
    columns: dict[str, str] = Field(default_factory=dict)
    hashed: frozenset[str] = frozenset()
    s3: S3AccessSettings | None = None

    @field_validator("hashed")
    @classmethod
    def _fields_that_some_destination_hashes(cls, hashed: frozenset[str]) -> frozenset[str]:
        if unknown := sorted(hashed - IDENTIFIERS):
            raise ValueError(
                f"{', '.join(unknown)} cannot be a digest; it may name {', '.join(sorted(IDENTIFIERS))}"
            )
        return hashed

    @model_validator(mode="after")
    def _one_source(self) -> "SourceSettings":
        if self.path is not None and self.query is not None:
            raise ValueError("give either path or query, not both")
        return self


class PeopleSettings(Section):
    """A table of people: by customer_id, email, phone or social_id, in clear or as the SHA-256 of the canonical form."""

    path: str = Field(min_length=1)
    format: Literal["parquet", "csv", "json"] | None = None
    csv_delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    s3: S3AccessSettings | None = None

    def as_source(self) -> SourceSettings:
        """The table as an extract, but for the day, which its path need not have."""
        given = self.model_dump(exclude={"path"}, exclude_none=True)
        return SourceSettings.model_validate(given).model_copy(update={"path": self.path})
