"""What a TikTok destination can be told: one advertiser, which of the customers' audiences it gets, and what names a person."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from audience_assets.destinations.audience_settings import AccountSettings, AudienceSettings
from audience_assets.destinations.tiktok.limits import Tier
from audience_assets.secret import Secret

Identifier = Literal["email", "phone", "maid"]
"""What names a person to TikTok; `maid` is the mobile advertising id."""

CalculateType = Literal["EMAIL_SHA256", "PHONE_SHA256", "FIRST_SHA256", "MULTIPLE_TYPES"]
"""What the API calls the kind of identifier in a file and in an audience.

FIRST_SHA256 is mobile advertising ids of any make. MAID_SHA256 is the same kind, but only uploads know that name, and an
audience wants the kind of its files (tiktok-business-api-sdk, dmp_custom_audience_create.yml).
"""

KINDS: dict[Identifier, CalculateType] = {
    "email": "EMAIL_SHA256",
    "phone": "PHONE_SHA256",
    "maid": "FIRST_SHA256",
}
LONGEST_NAME = 128
MEBIBYTE = 1024 * 1024

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class TikTokAudienceSettings(AudienceSettings):
    """One of the customers' audiences at TikTok; what is not given here is the destination's."""

    name: Name | None = None


class TikTokSettings(AccountSettings[TikTokAudienceSettings]):
    """One advertiser."""

    type: Literal["tiktok"]
    advertiser_id: Annotated[str, Field(pattern="^[0-9]{1,20}$")]
    access_token: Secret
    base_url: str = "https://business-api.tiktok.com"
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1)] = ("email", "phone", "maid")
    email: Literal["seed", "plain"] = "seed"
    phone: Literal["plus", "digits", "both"] = "plus"
    maid: Literal["hashed", "plain"] = "hashed"
    name: Name = "{audience}"
    retention_in_days: int | None = Field(default=None, ge=1, le=365)
    smallest_audience: int = Field(default=1000, ge=1)
    below_smallest: Literal["hold", "delete"] = "hold"
    file_bytes: int = Field(default=50 * MEBIBYTE, ge=1024, le=1024 * MEBIBYTE)
    tier: Tier = "basic"

    @field_validator("identifiers")
    @classmethod
    def _each_once(cls, given: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
        if len(set(given)) != len(given):
            raise ValueError("an identifier stands twice")
        return given

    @model_validator(mode="after")
    def _forms_of_what_is_sent(self) -> "TikTokSettings":
        for identifier in ("email", "phone", "maid"):
            if identifier in self.model_fields_set and identifier not in self.identifiers:
                raise ValueError(
                    f'{identifier} says how it is sent, and identifiers does not name "{identifier}": add it there, or'
                    f" leave {identifier} out"
                )
        if self.phone == "both" and not self.several:
            raise ValueError(
                'phone = "both" needs a file of several columns, so another identifier besides "phone"; for phones alone'
                ' write "plus" or "digits"'
            )
        if self.maid == "plain" and not self.several:
            raise ValueError(
                'maid = "plain" needs a file of several columns, so another identifier besides "maid"; a file of device ids'
                ' alone is always hashed: write "hashed"'
            )
        return self

    @property
    def several(self) -> bool:
        """Whether the files have several columns under a header, and not one digest a line."""
        return len(self.identifiers) > 1

    @property
    def calculate_type(self) -> CalculateType:
        """What files and audiences of these settings are declared as."""
        return "MULTIPLE_TYPES" if self.several else KINDS[self.identifiers[0]]

    @property
    def account(self) -> str:
        """The advertiser as the API names it."""
        return self.advertiser_id

    @property
    def undeclared(self) -> TikTokAudienceSettings:
        """What holds for an audience that has no section of its own."""
        return TikTokAudienceSettings()
