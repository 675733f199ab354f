"""What a Meta destination can be told: one ad account, and which of the customers' audiences it gets, with which keys."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from audience_assets.destinations.audience_settings import AccountSettings, AudienceSettings
from audience_assets.secret import Secret
from audience_assets.settings_section import Section

Key = Literal[
    "EXTERN_ID",
    "EMAIL",
    "PHONE",
    "GEN",
    "DOBY",
    "DOBM",
    "DOBD",
    "LN",
    "FN",
    "FI",
    "CT",
    "ST",
    "ZIP",
    "COUNTRY",
    "MADID",
    "APPUID",
    "PAGEUID",
]
"""What identifies a person to Meta; a value and DATA_PROCESSING_OPTIONS follow from an audience's settings."""

CustomerFileSource = Literal["USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"]
Keys = Annotated[tuple[Key, ...], Field(min_length=1)]

VALUE = "LOOKALIKE_VALUE"
"""What a customer is worth to the advertiser, for audiences that are based on a value."""

DEFAULT_KEYS: tuple[Key, ...] = (
    "EMAIL",
    "PHONE",
    "FN",
    "LN",
    "DOBY",
    "DOBM",
    "DOBD",
    "GEN",
    "CT",
    "ST",
    "ZIP",
    "COUNTRY",
)
GLUED_KEYS = "Meta's old glued keys (such as DOBYM or LN_FN_ZIP_DOBYM) are gone: name the single keys, such as DOBY and DOBM"


def _single_keys(given: object) -> object:
    """Refuse what the partner's page still shows once and no longer takes, and a key that stands twice."""
    if isinstance(given, list | tuple):
        if any(
            key == "DOBYM" or (isinstance(key, str) and key.count("_") and key != "EXTERN_ID")
            for key in given
        ):
            raise ValueError(GLUED_KEYS)
        if len(set(given)) != len(given):
            raise ValueError("a key stands twice")
    return given


class LimitedDataUse(Section):
    """Meta's Limited Data Use for one audience; without country and state, Meta looks where the person is.

    Source: Meta, Custom audiences from a customer file, data processing options.
    """

    country: int | None = Field(default=None, ge=0)
    state: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "LimitedDataUse":
        if (self.country is None) != (self.state is None):
            raise ValueError("give both country and state (1 and 1000 for California), or neither")
        return self


class MetaAudienceSettings(AudienceSettings):
    """One of the customers' audiences at Meta; what is not given here is the destination's."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: str | None = None
    customer_file_source: CustomerFileSource | None = None
    keys: Keys | None = None
    value_based: bool = False
    limited_data_use: LimitedDataUse | None = None

    _refuse_glued_keys = field_validator("keys", mode="before")(_single_keys)


class MetaSettings(AccountSettings[MetaAudienceSettings]):
    """One ad account."""

    type: Literal["meta"]
    ad_account: Annotated[str, Field(pattern="^(act_)?[0-9]{1,20}$")]
    access_token: Secret
    app_secret: Secret | None = None
    api_version: Annotated[str, Field(pattern=r"^v[0-9]{1,3}\.[0-9]$")] = "v26.0"
    base_url: str = "https://graph.facebook.com"
    keys: Keys = DEFAULT_KEYS
    city: Literal["transliterate", "drop"] = "transliterate"
    app_ids: tuple[str, ...] = ()
    page_ids: tuple[str, ...] = ()
    description: str = ""
    customer_file_source: CustomerFileSource = "USER_PROVIDED_ONLY"
    rows_per_batch: int = Field(default=10_000, ge=1, le=10_000)
    calls_per_second: float = Field(default=10.0, gt=0)

    _refuse_glued_keys = field_validator("keys", mode="before")(_single_keys)

    @model_validator(mode="after")
    def _ids_that_keys_need(self) -> "MetaSettings":
        keys = {
            key for each in (self.keys, *(one.keys or () for one in self.audiences.values())) for key in each
        }
        if "APPUID" in keys and not self.app_ids:
            raise ValueError("APPUID needs app_ids: the apps whose user ids these are")
        if "PAGEUID" in keys and len(self.page_ids) != 1:
            raise ValueError("PAGEUID needs page_ids with exactly one page")
        return self

    @property
    def account(self) -> str:
        """The ad account as the API's paths name it."""
        return f"act_{self.ad_account.removeprefix('act_')}"

    @property
    def undeclared(self) -> MetaAudienceSettings:
        """What holds for an audience that has no section of its own."""
        return MetaAudienceSettings()

    def description_of(self, label: str) -> str | None:
        """What the description of an audience says besides our marker; one that was there before us keeps its own unless told."""
        declared = self.audiences.get(label)
        own = declared.description if declared is not None else None
        return own if own is not None or self.id_of(label) is not None else self.description

    def keys_of(self, label: str) -> tuple[Key, ...]:
        """The keys that an audience is sent with, in the partner's order of keys."""
        listed = self.audiences.get(label)
        return (listed.keys if listed else None) or self.keys

    @property
    def all_keys(self) -> set[Key]:
        """Every key that some audience needs."""
        return {*self.keys, *(key for one in self.audiences.values() for key in one.keys or ())}
