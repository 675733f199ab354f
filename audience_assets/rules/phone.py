"""Phone numbers to E.164: libphonenumber decides, and a SQL pattern answers for it where both provably agree.

Brazilian numbers in their everyday shapes never leave SQL. Every other distinct number is parsed once by the library
into the look-up table `parsed_phones`, before the canonical query runs.
"""

import re

import duckdb
import phonenumbers
import pyarrow as pa
from phonenumbers import NumberParseException, ValidationResult

from audience_assets.rules.rule import CanonicalRule, Form
from audience_assets.rules.text import WHITESPACE

CANONICAL = CanonicalRule(
    field="phone",
    version=1,
    prepared="phone_text({0})",
    value="coalesce(plain_brazilian_phone(cleaned.phone, cleaned.region), parsed_phone.e164)",
    refusal="parsed_phone.refusal",
    joins=(
        "left join parsed_phones as parsed_phone"
        " on parsed_phone.phone = cleaned.phone and parsed_phone.region = cleaned.region",
    ),
    identifier=True,
    description="E.164 with +",
)

MACROS = rf"""
create macro phone_text(value) as
  case
    when regexp_full_match(value, '[0-9 ()+-]*') then value
    else regexp_replace(
      whole_number_text(value),
      '(?i)(?:ramal|r[.])[{WHITESPACE}]*:?[{WHITESPACE}]*[0-9]+$',
      ''
    )
  end;

-- Area code without zeros, then a mobile number of nine digits or a landline of eight: libphonenumber can only agree.
create macro plain_brazilian_phone(value, region) as
  case
    when region <> 'BR' then null
    when regexp_full_match(value, '(?:[+]?55 ?)?[(]?[1-9][1-9][)]? ?9[0-9]{{4}}[- ]?[0-9]{{4}}')
      then '+55' || right(regexp_replace(value, '[^0-9]+', '', 'g'), 11)
    when regexp_full_match(value, '(?:[+]?55 ?)?[(]?[1-9][1-9][)]? ?[2-5][0-9]{{3}}[- ]?[0-9]{{4}}')
      then '+55' || right(regexp_replace(value, '[^0-9]+', '', 'g'), 10)
  end;
"""

PARSED_PHONES = pa.schema(
    [("phone", pa.string()), ("region", pa.string()), ("e164", pa.string()), ("refusal", pa.string())]
)

BRAZIL = 55
MEXICO = 52

_PARSE_REFUSALS = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown country code",
    NumberParseException.NOT_A_NUMBER: "not a phone number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    NumberParseException.TOO_SHORT_NSN: "too short",
    NumberParseException.TOO_LONG: "too long",
}
_LENGTH_REFUSALS = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "no area code",
    ValidationResult.INVALID_COUNTRY_CODE: "unknown country code",
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.INVALID_LENGTH: "not a phone number",
}
_OLD_MEXICAN_MOBILE = re.compile(r"1[0-9]{10}")
_OLD_BRAZILIAN_MOBILE = re.compile(r"[0-9]{2}[6-9][0-9]{7}")


def to_e164(text: str, region: str, *, brazil_ninth_digit: bool = True) -> tuple[str | None, str | None]:
    """Parse one cleaned phone text in a region.

    Returns:
        The E.164 number and None, or None and the reason why there is none.
    """
    international = "+" + text[2:] if text.startswith("00") else text
    try:
        number = phonenumbers.parse(international, region)
    except NumberParseException as error:
        return None, _PARSE_REFUSALS.get(error.error_type, "not a phone number")
    national = phonenumbers.national_significant_number(number)
    if number.country_code == MEXICO and _OLD_MEXICAN_MOBILE.fullmatch(national):
        number = phonenumbers.parse(f"+{MEXICO}{national[1:]}")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if number.country_code == BRAZIL:
        return _brazilian(national, brazil_ninth_digit=brazil_ninth_digit)
    if possible != ValidationResult.IS_POSSIBLE:
        return None, _LENGTH_REFUSALS[possible]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None


def _brazilian(national: str, *, brazil_ninth_digit: bool) -> tuple[str | None, str | None]:
    if len(national) in (8, 9):
        return None, "no area code"
    if len(national) not in (10, 11):
        return None, "too short" if len(national) < 8 else "too long"  # noqa: PLR2004 - digits of a local number
    if brazil_ninth_digit and _OLD_BRAZILIAN_MOBILE.fullmatch(national):
        national = f"{national[:2]}9{national[2:]}"
    return f"+{BRAZIL}{national}", None


def parse_residue(connection: duckdb.DuckDBPyConnection, cleaned: str, *, brazil_ninth_digit: bool) -> int:
    """Fill `parsed_phones` with every distinct phone of the view `cleaned` that SQL cannot answer; return how many."""
    residue = connection.sql(
        f"""
        select distinct
          phone,
          region
        from {cleaned}
        where phone is not null
          and plain_brazilian_phone(phone, region) is null
        """
    ).to_arrow_table()
    pairs = list(zip(residue["phone"].to_pylist(), residue["region"].to_pylist(), strict=True))
    answers = [to_e164(phone or "", region, brazil_ninth_digit=brazil_ninth_digit) for phone, region in pairs]
    parsed = pa.table(
        [
            residue["phone"],
            residue["region"],
            pa.array([e164 for e164, _ in answers], pa.string()),
            pa.array([refusal for _, refusal in answers], pa.string()),
        ],
        schema=PARSED_PHONES,
    )
    connection.register("parsed_phones_arrow", parsed)
    connection.execute("create or replace temp table parsed_phones as select * from parsed_phones_arrow")
    connection.unregister("parsed_phones_arrow")
    return len(pairs)


E164 = Form(
    name="phone.e164",
    version=1,
    expression="{0}",
    description="E.164 with +",
    source=(
        "VTEX Ads, Integrating audiences, E.164 format; "
        "TikTok Ads help centre, supported identifiers, phone number"
    ),
)

E164_DIGITS = Form(
    name="phone.e164_digits",
    version=1,
    expression="substr({0}, 2)",
    description="E.164 digits with the country code, no +",
    source="Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, PHONE",
)
