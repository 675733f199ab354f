"""TikTok's columns: one for each form of an identifier, and what TikTok calls it in the header of a file."""

from collections.abc import Collection, Sequence

from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.tiktok.settings import KINDS, CalculateType, TikTokSettings
from audience_assets.rules import device_id, email, phone

EMAIL, PHONE, PHONE_DIGITS = "email_SHA256", "phone_SHA256", "phone_SHA256_digits"
MAID, MAID_PLAIN = "MAID", "MAID_plain"

HEADERS = {
    EMAIL: "email_SHA256",
    PHONE: "phone_SHA256",
    PHONE_DIGITS: "phone_SHA256",
    MAID: "MAID",
    MAID_PLAIN: "MAID",
}
"""TikTok's name of each column; a file may have one of them up to three times, a table of ours only once.

Source: TikTok Customer File - Audience Activation, Multiple ID Types Format.
"""

WIDEST = (EMAIL, PHONE, PHONE_DIGITS, MAID)
"""The columns of the longest row that a file can have."""

SINGLE: dict[str, CalculateType] = {EMAIL: KINDS["email"], PHONE: KINDS["phone"], MAID: KINDS["maid"]}


def header_of(column_name: str) -> str:
    """What TikTok calls a column."""
    return HEADERS[column_name]


def calculate_type_of(column_names: Sequence[str]) -> CalculateType:
    """What a file with these columns is declared as, and the audience that it goes to."""
    return SINGLE[column_names[0]] if len(column_names) == 1 else "MULTIPLE_TYPES"


def destination(destination_name: str, settings: TikTokSettings, also: Collection[str] = ()) -> Destination:
    """The table of columns for one advertiser: the identifiers that the settings name.

    `also` names columns that an audience was fed with before, which the settings may have dropped since.
    """
    wanted = {*_names(settings), *also}
    columns = tuple(column for column in _columns(settings) if column.name in wanted)
    return Destination(destination_name, columns, audiences=True)


def _names(settings: TikTokSettings) -> set[str]:
    names = {
        "email": {EMAIL},
        "phone": {PHONE, PHONE_DIGITS} if settings.phone == "both" else {PHONE},
        "maid": {MAID_PLAIN if settings.maid == "plain" else MAID},
    }
    return {name for identifier in settings.identifiers for name in names[identifier]}


def _columns(settings: TikTokSettings) -> tuple[Column, ...]:
    """Every column there is, in the order of the partner's page.

    Sources: TikTok Customer File - Audience Activation; TikTok Ads help centre, supported identifiers.
    """
    email_form = email.LOWER_BARE if settings.email == "seed" else email.LOWER
    phone_form = phone.E164_DIGITS if settings.phone == "digits" else phone.E164
    device = (("mobile_ad_id",), device_id.LOWER, "Mobile advertising id")
    return (
        Column(EMAIL, ("email",), email_form, "E-mail address", hashed=True, role="identifier"),
        Column(PHONE, ("phone",), phone_form, "Phone number", hashed=True, role="identifier"),
        Column(PHONE_DIGITS, ("phone",), phone.E164_DIGITS, "Phone number", hashed=True, role="identifier"),
        Column(MAID, *device, hashed=True, role="identifier"),
        Column(MAID_PLAIN, *device, role="identifier"),
    )
