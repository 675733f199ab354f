"""One typed settings object, from one TOML file; secrets are named there and read from the environment when they are used.

`AUDIENCE_ASSETS_SETTINGS` names the file. Relative paths in it are relative to the file. `examples/settings.toml` explains
every key; the models here are the same list with types.
"""

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableVariableError

from audience_assets.alerts.settings import AlertSettings
from audience_assets.customers.settings import PeopleSettings, SourceSettings
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import SettingsError
from audience_assets.guards import GuardSettings
from audience_assets.secret import Secret
from audience_assets.settings_lines import not_toml
from audience_assets.settings_problems import no_such_key, sentences
from audience_assets.settings_section import Section
from audience_assets.settings_values import (
    amount_of_memory,
    known_country,
    known_time_zone,
    owner_of_assets,
    part_of_memory,
    place_of_state,
    url_without_password,
)
from audience_assets.storage import scratch
from audience_assets.storage.keys import Keys
from audience_assets.storage.layout import FOLDERS
from audience_assets.storage.object_path import ObjectPath, Place
from audience_assets.storage.object_store import ObjectStore
from audience_assets.storage.s3_settings import S3AccessSettings

SETTINGS_VARIABLE = "AUDIENCE_ASSETS_SETTINGS"
OVERRIDE_PREFIX = "AUDIENCE_ASSETS__"
"""Environment variables of this beginning stand for keys of the file."""


class PartitionSettings(Section):
    """Which days exist, and in which time zone a day begins and ends."""

    start: date = date(2026, 1, 1)
    timezone: Annotated[str, AfterValidator(known_time_zone)] = "America/Sao_Paulo"


class ErasureSettings(Section):
    """Where requests for erasure stand, and how many days there are to answer one (LGPD, article 19: 15)."""

    requests: PeopleSettings | None = None
    deadline_days: int = Field(default=15, ge=1)


class RuleSettings(Section):
    """What the rules cannot know: where the customers live and how their dates are written."""

    default_country: Annotated[str, AfterValidator(known_country)] = "BR"
    date_order: Literal["dmy", "mdy"] = "dmy"
    brazil_ninth_digit: bool = True


class HoldoutSettings(Section):
    """Which share of an audience's customers is never delivered into it, at any destination; another salt moves people."""

    salt: str = ""
    shares: dict[Annotated[str, Field(min_length=1)], Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _salted(self) -> "HoldoutSettings":
        if self.shares and not self.salt:
            raise ValueError(
                'shares need a salt: any text of your own, such as salt = "2026", and never another one'
            )
        return self


class EngineSettings(Section):
    """What DuckDB may use, and into how many pieces the work is cut.

    `buckets` bounds what a step holds in memory to one share of the customers; `workers` are processes that work side by
    side and share `memory_limit` and `threads`. `runner` says who they are: processes of this machine, or tasks of the Ray
    cluster at `ray_address`, which is started here where there is none.
    """

    memory_limit: Annotated[str, AfterValidator(amount_of_memory)] = "1GB"
    threads: int | None = Field(default=None, ge=1)
    buckets: int = Field(default=1, ge=1, le=4096)
    workers: int = Field(default=1, ge=1, le=256)
    runner: Literal["processes", "ray"] = "processes"
    ray_address: str | None = None

    def part_of_a_worker(self) -> "EngineSettings":
        """What one of the workers may use."""
        threads = max(1, (self.threads or os.cpu_count() or 1) // self.workers)
        limit = part_of_memory(self.memory_limit, self.workers)
        return self.model_copy(update={"memory_limit": limit, "threads": threads, "workers": 1})


class ScheduleSettings(Section):
    """When the day before is run by itself."""

    hour: int = Field(default=6, ge=0, le=23)
    minute: int = Field(default=0, ge=0, le=59)


class RetentionSettings(Section):
    """After how many days what is of no more use is removed; 0 keeps it for ever.

    Days are counted from the day whose customers a file holds. `normalized_days` are those of records in clear,
    `delta_days` those of the files that were sent and of who was refused, `state_days` those of fingerprints, indexes and
    the hashed log.
    """

    normalized_days: int = Field(default=30, ge=0)
    delta_days: int = Field(default=30, ge=0)
    state_days: int = Field(default=90, ge=0)


def _type_of(given: Any) -> str:
    """The kind of a destination; one that does not say is VTEX Ads, as the first settings files were."""
    return str(
        given.get("type", "vtex_ads") if isinstance(given, dict) else getattr(given, "type", "vtex_ads")
    )


DestinationSettings = Annotated[
    Annotated[VtexAdsSettings, Tag("vtex_ads")]
    | Annotated[MetaSettings, Tag("meta")]
    | Annotated[TikTokSettings, Tag("tiktok")],
    Discriminator(_type_of),
]


def _only_vtex_ads() -> dict[str, VtexAdsSettings | MetaSettings | TikTokSettings]:
    return {"vtex_ads": VtexAdsSettings()}


class Settings(BaseSettings):
    """Everything that a deployment decides."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=OVERRIDE_PREFIX, env_nested_delimiter="__"
    )

    state_dir: Annotated[Path | str, BeforeValidator(place_of_state)] = Path(".audience_assets")
    state_on_s3: S3AccessSettings = S3AccessSettings()
    scratch_dir: Path | None = None
    encryption_key: Secret | None = None
    encryption_keys_before: tuple[Secret, ...] = ()
    ledger_url: str | Secret | None = Field(default=None, repr=False)
    owners: tuple[Annotated[str, AfterValidator(owner_of_assets)], ...] = ("team:data-engineering",)
    partitions: PartitionSettings = PartitionSettings()
    source: SourceSettings = SourceSettings()
    suppression: PeopleSettings | None = None
    erasure: ErasureSettings = ErasureSettings()
    rules: RuleSettings = RuleSettings()
    holdout: HoldoutSettings = HoldoutSettings()
    engine: EngineSettings = EngineSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    retention: RetentionSettings = RetentionSettings()
    guards: GuardSettings = GuardSettings()
    alerts: AlertSettings = AlertSettings()
    destinations: dict[str, DestinationSettings] = Field(default_factory=_only_vtex_ads)

    @field_validator("ledger_url", mode="before")
    @classmethod
    def _text_or_secret(cls, given: object) -> object:
        if given is None or isinstance(given, Secret):
            return given
        if isinstance(given, str):
            return url_without_password(given)
        if isinstance(given, dict) and Secret.is_declared_by(given):
            return Secret(**given)
        raise ValueError(
            'write the URL as text, or { env = "NAME" } with the name of an environment variable in capitals'
        )

    @field_validator("destinations")
    @classmethod
    def _usable_names(cls, destinations: dict[str, DestinationSettings]) -> dict[str, DestinationSettings]:
        if wrong := [name for name in destinations if not re.fullmatch("[a-z][a-z0-9_]*", name)]:
            raise ValueError(
                f"{', '.join(wrong)} cannot be an asset's name: use lower-case letters, digits and underscores"
            )
        if taken := sorted(FOLDERS & destinations.keys()):
            raise ValueError(f"{', '.join(taken)} is taken by the pipeline itself: choose another name")
        return destinations

    @model_validator(mode="after")
    def _ledger_beside_a_state_on_s3(self) -> "Settings":
        if isinstance(self.state_dir, str) and self.ledger_url is None:
            raise ValueError(
                "state_dir is on S3, where the ledger cannot be: set ledger_url to a Postgres database, or to a file of "
                "this machine as sqlite:////folder/ledger.sqlite"
            )
        return self

    def under(self, folder: Path) -> "Settings":
        """The same settings with relative paths taken from a folder, that of the settings file."""
        literally = Path(str(folder).replace("{", "{{").replace("}", "}}"))
        source, suppression, requests = (
            given.model_copy(update={"path": str(literally / given.path)})
            if given is not None and given.path is not None and "://" not in given.path
            else given
            for given in (self.source, self.suppression, self.erasure.requests)
        )
        erasure = self.erasure.model_copy(update={"requests": requests})
        state_dir = self.state_dir if isinstance(self.state_dir, str) else folder / self.state_dir
        scratch_dir = folder / self.scratch_dir if self.scratch_dir else None
        return self.model_copy(
            update={
                "state_dir": state_dir,
                "scratch_dir": scratch_dir,
                "source": source,
                "suppression": suppression,
                "erasure": erasure,
            }
        )

    @property
    def state(self) -> Place:
        """Where everything of ours lies."""
        if isinstance(self.state_dir, Path):
            return self.state_dir
        bucket, _, prefix = self.state_dir.removeprefix("s3://").partition("/")
        elsewhere = self.engine.runner == "ray"
        return ObjectPath(ObjectStore(bucket, self.state_on_s3, self.scratch_dir, elsewhere), prefix)

    @property
    def scratch(self) -> Path:
        """The folder of this machine for what does not stay."""
        if self.scratch_dir is not None:
            return self.scratch_dir
        return self.state_dir if isinstance(self.state_dir, Path) else scratch.temporary_folder()

    @property
    def keys(self) -> Keys:
        """The names of the keys that our files are sealed with; none where they lie in clear."""
        return Keys(self.encryption_key, self.encryption_keys_before)

    @property
    def ledger(self) -> str:
        """The ledger's database URL: SQLite in the state directory unless the settings name another."""
        if self.ledger_url is None:
            return f"sqlite:///{Path(self.state_dir) / 'ledger.sqlite'}"
        return self.ledger_url.value() if isinstance(self.ledger_url, Secret) else self.ledger_url


def load(file: Path | None = None) -> Settings:
    """Read the settings from a file, or from the one that AUDIENCE_ASSETS_SETTINGS names, or take the defaults.

    Raises:
        SettingsError: The file is missing or not TOML, or a key or value in it is wrong; each is named.
    """
    named = file or (Path(os.environ[SETTINGS_VARIABLE]) if os.environ.get(SETTINGS_VARIABLE) else None)
    if named is None:
        return _validated("", "the environment").under(Path.cwd())
    return _validated(_text_of(named), str(named)).under(named.resolve().parent)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"the settings file {file} does not exist; {SETTINGS_VARIABLE} or --settings names it"
        ) from None
    except OSError as error:
        raise SettingsError(f"the settings file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: this is not UTF-8: save the file as UTF-8") from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, said = not_toml(text, error)
        raise SettingsError(f"{where}, line {line}: {said}") from None


def _validated(text: str, where: str) -> Settings:
    given = _parsed(text, where)

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
            return env_settings, InitSettingsSource(settings_cls, given)

    for variable in os.environ:
        key = variable.upper().removeprefix(OVERRIDE_PREFIX).split("__")[0].lower()
        if variable.upper().startswith(OVERRIDE_PREFIX) and key not in Settings.model_fields:
            raise SettingsError(f"the environment variable {variable}: {no_such_key(Settings, (key,))}")
    try:
        read = FromFile()
        # An object of the class that workers can import too.
        return Settings.model_construct(**{name: getattr(read, name) for name in Settings.model_fields})
    except UnreadableVariableError:
        raise SettingsError(
            f"an environment variable that begins with {OVERRIDE_PREFIX} stands for a table or a list and is not JSON:"
            f""" write {OVERRIDE_PREFIX}OWNERS=["team:data"], or one variable a key as {OVERRIDE_PREFIX}SCHEDULE__HOUR=6"""
        ) from None
    except ValidationError as error:
        raise SettingsError("; ".join(sentences(error, Settings, OVERRIDE_PREFIX, where, text))) from None
