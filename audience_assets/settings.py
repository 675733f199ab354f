"""One typed settings object, from one TOML file; secrets are named there and read from the environment when they are used.

`AUDIENCE_ASSETS_SETTINGS` names the file. Relative paths in it are relative to the file. `docs/settings.md` explains
every key; the models here are the same list with types.
"""

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import SettingsError
from audience_assets.rules.canonical import IDENTIFIERS
from audience_assets.secret import Secret
from audience_assets.storage.s3_settings import S3AccessSettings

SETTINGS_VARIABLE = "AUDIENCE_ASSETS_SETTINGS"


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"there is no time zone {name!r}; use a name such as America/Sao_Paulo"
        raise ValueError(message) from None
    return name


def _known_region(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isupper():  # noqa: PLR2004 - alpha-2
        message = f"{code!r} is not an ISO 3166-1 alpha-2 code in upper case, such as BR"
        raise ValueError(message)
    return code


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartitionSettings(_Section):
    """Which days exist, and in which time zone a day begins and ends."""

    start: date = date(2026, 1, 1)
    timezone: Annotated[str, AfterValidator(_known_time_zone)] = "America/Sao_Paulo"


class SourceSettings(_Section):
    """Where the day's extract lies and how its columns are called."""

    path: str | None = None
    query: str | None = None
    format: Literal["parquet", "csv", "json"] | None = None
    csv_delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    extract: Literal["full", "incremental"] = "full"
    allow_empty: bool = False
    columns: dict[str, str] = Field(default_factory=dict)
    hashed: frozenset[str] = frozenset()
    s3: S3AccessSettings | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "SourceSettings":
        if self.path is not None and self.query is not None:
            message = "give either path or query, not both"
            raise ValueError(message)
        if self.path is not None:
            if self.path.format(day=date(2026, 1, 1)) == self.path.format(day=date(2026, 12, 31)):
                message = "path does not contain the day: write {day} or {day:%Y/%m/%d} where it stands"
                raise ValueError(message)
        if unknown := sorted(self.hashed - IDENTIFIERS):
            message = f"hashed names {unknown}; it may name {sorted(IDENTIFIERS)}"
            raise ValueError(message)
        return self


class RuleSettings(_Section):
    """What the rules cannot know: where the customers live and how their dates are written."""

    default_country: Annotated[str, AfterValidator(_known_region)] = "BR"
    date_order: Literal["dmy", "mdy"] = "dmy"
    brazil_ninth_digit: bool = True


class EngineSettings(_Section):
    """What DuckDB may use."""

    memory_limit: str = "2GB"
    threads: int | None = Field(default=None, ge=1)


class ScheduleSettings(_Section):
    """When the day before is run by itself."""

    hour: int = Field(default=6, ge=0, le=23)
    minute: int = Field(default=0, ge=0, le=59)


DestinationSettings = VtexAdsSettings


class Settings(BaseSettings):
    """Everything that a deployment decides."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="AUDIENCE_ASSETS__", env_nested_delimiter="__"
    )

    state_dir: Path = Path(".audience_assets")
    ledger_url: str | Secret | None = None
    owners: tuple[str, ...] = ("team:data-engineering",)
    partitions: PartitionSettings = PartitionSettings()
    source: SourceSettings = SourceSettings()
    rules: RuleSettings = RuleSettings()
    engine: EngineSettings = EngineSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    destinations: dict[str, DestinationSettings] = Field(
        default_factory=lambda: {"vtex_ads": VtexAdsSettings()}
    )

    @field_validator("destinations")
    @classmethod
    def _usable_names(cls, destinations: dict[str, DestinationSettings]) -> dict[str, DestinationSettings]:
        if wrong := [name for name in destinations if not re.fullmatch("[a-z][a-z0-9_]*", name)]:
            message = f"{wrong} cannot be asset names: use lower-case letters, digits and underscores"
            raise ValueError(message)
        return destinations

    def under(self, folder: Path) -> "Settings":
        """The same settings with relative paths taken from a folder, that of the settings file."""
        source = self.source
        if source.path is not None and "://" not in source.path:
            source = source.model_copy(update={"path": str(folder / source.path)})
        return self.model_copy(update={"state_dir": folder / self.state_dir, "source": source})

    @property
    def ledger(self) -> str:
        """The ledger's database URL: SQLite in the state directory unless the settings name another."""
        if self.ledger_url is None:
            return f"sqlite:///{self.state_dir / 'ledger.sqlite'}"
        return self.ledger_url.value() if isinstance(self.ledger_url, Secret) else self.ledger_url


def load(file: Path | None = None) -> Settings:
    """Read the settings from a file, or from the one that AUDIENCE_ASSETS_SETTINGS names, or take the defaults.

    Raises:
        SettingsError: The file is missing or not TOML, or a key or value in it is wrong; each is named.
    """
    named = file or (Path(os.environ[SETTINGS_VARIABLE]) if os.environ.get(SETTINGS_VARIABLE) else None)
    if named is None:
        return _validated(None).under(Path.cwd())
    if not named.is_file():
        raise SettingsError(
            f"the settings file {named} does not exist; {SETTINGS_VARIABLE} or --settings names it"
        )
    return _validated(named).under(named.resolve().parent)


def _validated(file: Path | None) -> Settings:
    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        return FromFile()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise SettingsError(f"{file or 'the environment'}: {'; '.join(_problems(error))}") from None


def _problems(error: ValidationError) -> list[str]:
    """One clause a problem: the key as it stands in the file, and what is wrong with it."""
    return [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
