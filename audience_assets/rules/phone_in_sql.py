"""The phones that SQL answers by itself: those whose E.164 form follows from digits and libphonenumber's metadata alone.

Where nothing but everyday punctuation stands between the digits, libphonenumber looks at the digits and at a leading +
only. What it makes of them is spelled out here for Brazilian numbers, and for numbers of the countries below behind + and
their country code. Whatever is not provably so has no answer here; tests compare the answers with the library's.
"""

import re

from phonenumbers import PhoneMetadata, PhoneNumberDesc

from audience_assets.rules.text import WHITESPACE

ABROAD = ("US", "PT", "ES", "FR", "IT", "DE", "GB", "CL", "PY", "UY", "PE", "AO")
"""Countries that Brazilian customers also have numbers of."""


def _numbers(region: str) -> tuple[PhoneMetadata, PhoneNumberDesc]:
    """A region's metadata, and what it says of the region's numbers in general."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        raise ValueError(f"libphonenumber does not know the region {region}")
    return metadata, metadata.general_desc


def _international(region: str) -> str:
    """A pattern for country code and number: a possible length, and a first digit that begins no national prefix."""
    metadata, numbers = _numbers(region)
    prefixes = (metadata.national_prefix_for_parsing or "0").split("|")
    if not all(re.fullmatch("[0-9]+", prefix) for prefix in prefixes):
        raise ValueError(f"the national prefix of {region} is a pattern: leave its numbers to libphonenumber")
    first = "".join(digit for digit in "123456789" if digit not in {prefix[0] for prefix in prefixes})
    rest = "|".join(f"[0-9]{{{length - 1}}}" for length in sorted(numbers.possible_length))
    return f"{metadata.country_code}[{first}](?:{rest})"


FOREIGN = "|".join(_international(region) for region in ABROAD)

BRAZILIAN = str(_numbers("BR")[1].national_number_pattern).replace(r"\d", "[0-9]")
"""libphonenumber's pattern of a national number, which tells the area code 55 from the country code."""

TRUNK = "0(?:1[245]|2[1-35]|31|4[13]|[56]5|99)?"
"""What Brazilians dial before an area code: 0, and perhaps who shall carry the call."""

AREA = "(?:[1-8][0-9]|9[1-9])"
AREA_BUT_55 = "(?:[1-46-8][0-9]|5[0-46-9]|9[1-9])"
FROM_ABROAD = f"(?:[+]|00)55(?:{TRUNK})?{AREA}"
AT_HOME = f"(?:(?:[+]|00)?55(?:{TRUNK})?{AREA}|{TRUNK}{AREA}|{AREA_BUT_55})"

SEPARATOR = "[ ().\\-/]"
EVERYDAY = f"(?:[(]?[+]{SEPARATOR}*[0-9]|00|{SEPARATOR}*0?{SEPARATOR}*[1-9](?:{SEPARATOR}*[0-9]){{2}})(?:{SEPARATOR}|[0-9])*"
"""Punctuation that means nothing. Not two zeros that stand apart, because a 00 means +; not a mere two digits."""

EXTENSION = f"(?i:ramal|r[.])[{WHITESPACE}]*:?[{WHITESPACE}]*[0-9]+"

MACROS = rf"""
create macro without_separators(value) as
  replace(replace(replace(replace(replace(replace(value, ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '/', '');

-- What libphonenumber reads: of an everyday number the digits and a leading +, of any other the text before an extension.
create macro phone_text(value) as
  case
    when regexp_full_match(value, '[+]?[0-9]*') then value
    when strlen(value) < 64 and regexp_full_match(value, '{EVERYDAY}') and not regexp_full_match(value, '[0-9]+[.]0')
      then without_separators(value)
    when strlen(value) < 64 and regexp_full_match(value, '{EVERYDAY}{EXTENSION}')
      then without_separators(regexp_replace(value, '{EXTENSION}$', ''))
    else regexp_replace(whole_number_text(value), '{EXTENSION}$', '')
  end;

-- Landlines and the mobile numbers of before 2016, which lack the ninth digit.
create macro with_ninth_digit(national, ninth_digit) as
  case
    when ninth_digit and substr(national, 3, 1) >= '6' then left(national, 2) || '9' || right(national, 8)
    else national
  end;

create macro plain_brazilian_phone(value, region, ninth_digit) as
  case
    when (region = 'BR' and regexp_full_match(value, '{AT_HOME}[0-9]{{9}}'))
      or regexp_full_match(value, '{FROM_ABROAD}[0-9]{{9}}')
      then '+55' || right(value, 11)
    when (region = 'BR' and regexp_full_match(value, '{AT_HOME}[0-9]{{8}}'))
      or regexp_full_match(value, '{FROM_ABROAD}[0-9]{{8}}')
      then '+55' || with_ninth_digit(right(value, 10), ninth_digit)
    when region = 'BR' and starts_with(value, '55') and regexp_full_match(value, '{BRAZILIAN}')
      then case strlen(value)
        when 11 then '+55' || value
        when 10 then '+55' || with_ninth_digit(value, ninth_digit)
      end
  end;

create macro plain_foreign_phone(value) as
  case
    when regexp_full_match(value, '[+](?:{FOREIGN})') then value
    when regexp_full_match(value, '00(?:{FOREIGN})') then '+' || substr(value, 3)
  end;

create macro plain_phone_refusal(value, region) as
  case
    when strlen(value) < 250 and regexp_full_match(value, '[ -*,-/:-~\x{{c0}}-\x{{24f}}]*') then 'not a phone number'
    when regexp_full_match(value, '(?:[+]|00)55{AREA}[0-9]{{6,7}}') then 'no area code'
    when regexp_full_match(value, '(?:[+]|00)55[1-9][0-9]{{0,5}}') then 'too short'
    when regexp_full_match(value, '(?:[+]|00)55{AREA}[0-9]{{10,50}}') then 'too long'
    when region <> 'BR' then null
    when regexp_full_match(value, '{AREA_BUT_55}[0-9]{{6,7}}|0{AREA}[0-9]{{5,7}}') then 'no area code'
    when regexp_full_match(value, '{AREA_BUT_55}[0-9]{{0,5}}|0{AREA}[0-9]{{0,4}}') then 'too short'
    when regexp_full_match(value, '(?:{AREA_BUT_55}|55{AREA})[0-9]{{10,50}}') then 'too long'
    when regexp_full_match(value, '(?:[+]|00)0(?:[1-9][0-9]|00)[0-9]{{0,50}}') then 'unknown country code'
  end;

-- The number, which begins with +, or the reason why there is none; NULL where libphonenumber must say.
create macro plain_phone(value, region, ninth_digit) as
  coalesce(
    plain_brazilian_phone(value, region, ninth_digit),
    plain_foreign_phone(value),
    plain_phone_refusal(value, region)
  );

create macro e164_of(answer) as
  case when starts_with(answer, '+') then answer end;
"""
