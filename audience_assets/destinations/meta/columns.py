"""Meta's keys, in the order and case of the partner's page: the ones that the settings use."""

from collections.abc import Collection
from typing import get_args

from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.meta.settings import VALUE, Key, MetaSettings
from audience_assets.rules import (
    amount,
    birth_date,
    device_id,
    email,
    external_id,
    gender,
    name,
    phone,
    place,
)
from audience_assets.rules.rule import Form
from audience_assets.sql import identifier

CITY_FORMS = {"transliterate": place.CITY_TRANSLITERATED, "drop": place.CITY_DROPPED}
STATE_FORMS = {"transliterate": place.STATE_TRANSLITERATED, "drop": place.STATE_DROPPED}
BIRTH_DATE: tuple[Key, ...] = ("DOBY", "DOBM", "DOBD")
STATE_FIELDS = ("state", "state_code", "region")


def destination(destination_name: str, settings: MetaSettings, also: Collection[str] = ()) -> Destination:
    """The table of columns for one ad account: its keys, and the value where some audience is based on it.

    `also` names keys that an audience was fed with before, which the settings may have dropped since.

    Source: Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys.
    """
    known = _columns(settings)
    columns = [known[key] for key in get_args(Key) if key in settings.all_keys or key in also]
    if any(audience.value_based for audience in settings.audiences.values()):
        columns.append(Column(VALUE, ("value",), amount.PLAIN, "Value to the advertiser", role="value"))
    return Destination(destination_name, tuple(columns), audiences=True, enough=_enough(columns))


def _enough(columns: list[Column]) -> str:
    """SQL for when a person is named without an identifier: last name, first name or its initial, and a place or a birth date.

    Meta publishes no rule; fewer keys than these fit many people.
    """
    known = {column.name: f"{identifier(column.name)} is not null" for column in columns}
    first = [known[key] for key in ("FN", "FI") if key in known]
    where = [known[key] for key in ("ZIP", "CT") if key in known]
    if all(key in known for key in BIRTH_DATE):
        where.append(f"({' and '.join(known[key] for key in BIRTH_DATE)})")
    if "LN" not in known or not first or not where:
        return "false"
    return f"{known['LN']} and ({' or '.join(first)}) and ({' or '.join(where)})"


def _columns(settings: MetaSettings) -> dict[Key, Column]:
    """Every key there is."""
    city, state = CITY_FORMS[settings.city], STATE_FORMS[settings.city]
    return {
        "EXTERN_ID": _plain("EXTERN_ID", "external_id", external_id.AS_WRITTEN, "The advertiser's own id"),
        "EMAIL": _identifier("EMAIL", "email", email.LOWER, "E-mail address"),
        "PHONE": _identifier("PHONE", "phone", phone.E164_DIGITS, "Phone number"),
        "GEN": _attribute("GEN", ("gender",), gender.M_OR_F, "Gender"),
        "DOBY": _attribute("DOBY", ("birth_date",), birth_date.YEAR, "Year of birth"),
        "DOBM": _attribute("DOBM", ("birth_date",), birth_date.MONTH, "Month of birth"),
        "DOBD": _attribute("DOBD", ("birth_date",), birth_date.DAY, "Day of birth"),
        "LN": _attribute("LN", ("last_name",), name.BARE_LOWER, "Last name"),
        "FN": _attribute("FN", ("first_name",), name.BARE_LOWER, "First name"),
        "FI": _attribute("FI", ("first_name",), name.INITIAL, "Initial of the first name"),
        "CT": _attribute("CT", ("city",), city, "City"),
        "ST": _attribute("ST", STATE_FIELDS, state, "State"),
        "ZIP": _attribute("ZIP", ("postal_code", "region"), place.BARE_POSTAL_CODE, "Postal code"),
        "COUNTRY": _attribute("COUNTRY", ("country",), place.LOWER_COUNTRY, "Country"),
        "MADID": _plain("MADID", "mobile_ad_id", device_id.LOWER, "Mobile advertising id"),
        "APPUID": _plain("APPUID", "app_user_id", external_id.AS_WRITTEN, "User id in one of the apps"),
        "PAGEUID": _plain("PAGEUID", "page_user_id", external_id.AS_WRITTEN, "User id on the Page"),
    }


def _identifier(key: Key, field: str, form: Form, meaning: str) -> Column:
    return Column(key, (field,), form, meaning, hashed=True, role="identifier")


def _plain(key: Key, field: str, form: Form, meaning: str) -> Column:
    """An identifier that Meta takes as it is."""
    return Column(key, (field,), form, meaning, role="identifier")


def _attribute(key: Key, fields: tuple[str, ...], form: Form, meaning: str) -> Column:
    return Column(key, fields, form, meaning, hashed=True)
