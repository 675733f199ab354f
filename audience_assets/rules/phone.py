"""Phone numbers to E.164: libphonenumber decides, and SQL answers for it where both provably agree.

Few numbers leave SQL (`phone_in_sql`). Every other distinct one is parsed once by the library into the look-up table
`parsed_phones`, before the canonical query runs.
"""

import re

import duckdb
import phonenumbers
import pyarrow as pa
from phonenumbers import NumberParseException, ValidationResult

from audience_assets.rules import phone_in_sql
from audience_assets.rules.rule import CanonicalRule, Form

CANONICAL = CanonicalRule(
    field="phone",
    version=1,
    prepared="phone_text({0})",
    reading="plain_phone(cleaned.phone, cleaned.region, cleaned.brazil_ninth_digit)",
    value="coalesce(e164_of(cleaned.phone_reading), e164_of(parsed_phone.answer))",
    found="parsed_phone.answer",
    refusal="coalesce(cleaned.phone_reading, cleaned.phone_found)",
    joins=(
        "left join parsed_phones as parsed_phone"
        " on parsed_phone.phone = case when cleaned.phone_reading is null then cleaned.phone end"
        " and parsed_phone.region = cleaned.region",
    ),
    identifier=True,
    description="E.164 with +",
)

MACROS = phone_in_sql.MACROS

PARSED_PHONES = pa.schema([("phone", pa.string()), ("region", pa.string()), ("answer", pa.string())])
"""The answer is the E.164 number, or the reason why there is none; only the former begins with +."""

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
    if number.country_code == BRAZIL:
        return _brazilian(national, brazil_ninth_digit=brazil_ninth_digit)
    possible = phonenumbers.is_possible_number_with_reason(number)
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
          and phone_reading is null
        """
    ).to_arrow_table()
    parsed = pa.RecordBatchReader.from_batches(
        PARSED_PHONES,
        (_parsed(batch, brazil_ninth_digit=brazil_ninth_digit) for batch in residue.to_batches()),
    )
    connection.register("parsed_phones_arrow", parsed)
    connection.execute("create or replace temp table parsed_phones as select * from parsed_phones_arrow")
    connection.unregister("parsed_phones_arrow")
    return int(residue.num_rows)


def _parsed(batch: pa.RecordBatch, *, brazil_ninth_digit: bool) -> pa.RecordBatch:
    """The library's answers for a batch of phones and regions."""
    answers = (
        to_e164(phone, region, brazil_ninth_digit=brazil_ninth_digit)
        for phone, region in zip(batch["phone"].to_pylist(), batch["region"].to_pylist(), strict=True)
    )
    answer = pa.array([e164 or refusal for e164, refusal in answers], pa.string())
    return pa.RecordBatch.from_arrays([batch["phone"], batch["region"], answer], schema=PARSED_PHONES)


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
