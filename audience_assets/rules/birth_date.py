"""Birth dates, and the age that follows from one on a given day."""

from audience_assets.rules.rule import CanonicalRule, Form
from audience_assets.rules.text import WHITESPACE

BIRTH_DATE = CanonicalRule(
    field="birth_date",
    version=1,
    prepared="date_text({0})",
    reading="parsed_date(cleaned.birth_date, cleaned.date_order)",
    value="usable_birth_date(cleaned.birth_date_reading, cleaned.as_of)",
    refusal="birth_date_refusal(cleaned.birth_date, cleaned.birth_date_reading, cleaned.as_of)",
    type="DATE",
    identifier=True,
    description="date of birth, from 1900 to the day of the extract",
)

AGE = CanonicalRule(
    field="age",
    version=1,
    prepared="regexp_replace({0}, '^[+]|[.]0+$', '', 'g')",
    value="usable_age(cleaned.age)",
    refusal="age_refusal(cleaned.age)",
    type="INTEGER",
    description="age as the extract states it, 0 to 130",
)

DAY_AND_MONTH_FIRST = "|".join(f"[0-9]{{1,2}}[{mark}][0-9]{{1,2}}[{mark}][0-9]{{4}}" for mark in "/.-")
YEAR_FIRST = "|".join(f"[0-9]{{4}}[{mark}][0-9]{{1,2}}[{mark}][0-9]{{1,2}}" for mark in "/-")
TWO_DIGIT_YEAR = "|".join(f"[0-9]{{1,2}}[{mark}][0-9]{{1,2}}[{mark}][0-9]{{2}}" for mark in "/.-")
TIME_OF_DAY = (
    rf"(?:[{WHITESPACE}]+|T)[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?"
    rf"[{WHITESPACE}]*(?:[AaPp][.]?[Mm][.]?)?[{WHITESPACE}]*(?:[Zz]|UTC|GMT|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?"
)

MACROS = rf"""
create macro date_text(value) as
  case when contains(value, ':') then regexp_replace(value, '{TIME_OF_DAY}$', '') else value end;

create macro calendar_date(year, month, day) as
  try_cast(nullif(year, '0000') || '-' || lpad(month, 2, '0') || '-' || lpad(day, 2, '0') as date);

-- NULL for another shape and for a day that the calendar lacks.
create macro parsed_date(value, date_order) as
  case
    when regexp_full_match(value, '[1-9][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}') then try_cast(value as date)
    when regexp_full_match(value, '[0-9]{{2}}/[0-9]{{2}}/[1-9][0-9]{{3}}') then try_cast(
      right(value, 4)
      || if(date_order = 'mdy', '-' || left(value, 2) || '-', '-' || substr(value, 4, 2) || '-')
      || if(date_order = 'mdy', substr(value, 4, 2), left(value, 2)) as date
    )
    when regexp_full_match(value, '{YEAR_FIRST}') then calendar_date(
      left(value, 4),
      regexp_extract(value, '^....[-/]([0-9]+)', 1),
      regexp_extract(value, '([0-9]+)$', 1)
    )
    when regexp_full_match(value, '[0-9]{{8}}') then calendar_date(left(value, 4), substr(value, 5, 2), right(value, 2))
    when regexp_full_match(value, '{DAY_AND_MONTH_FIRST}') then calendar_date(
      right(value, 4),
      regexp_extract(value, if(date_order = 'mdy', '^([0-9]+)', '^[0-9]+[/.-]([0-9]+)'), 1),
      regexp_extract(value, if(date_order = 'mdy', '^[0-9]+[/.-]([0-9]+)', '^([0-9]+)'), 1)
    )
  end;

create macro usable_birth_date(born, as_of) as
  case when born between date '1900-01-01' and as_of then born end;

create macro birth_date_refusal(value, born, as_of) as
  case
    when born < date '1900-01-01' then 'before 1900'
    when born > as_of then 'in the future'
    when regexp_full_match(value, '[0-9]{{8}}|{YEAR_FIRST}|{DAY_AND_MONTH_FIRST}') then 'no such day'
    when regexp_full_match(value, '{TWO_DIGIT_YEAR}') then 'two-digit year'
    else 'not a date'
  end;

create macro usable_age(value) as
  case
    when regexp_full_match(value, '-?0*[0-9]{{1,3}}') and cast(value as integer) between 0 and 130
      then cast(value as integer)
  end;

create macro age_refusal(value) as
  case
    when regexp_full_match(value, '-?[0-9]+') then 'out of range'
    else 'not a whole number'
  end;

-- Whole years; someone born on 29 February has the birthday on 1 March in a common year.
create macro full_years(birth_date, as_of) as
  year(as_of) - year(birth_date)
  - if(month(as_of) * 100 + day(as_of) < month(birth_date) * 100 + day(birth_date), 1, 0);
"""

AGE_ON_DAY = Form(
    name="birth_date.age",
    version=1,
    expression="cast(coalesce(full_years(cast({0} as date), as_of), {1}) as integer)",
    description="full years on the day of the extract, from the birth date where there is one",
    source="VTEX Ads, Integrating audiences, Attributes",
    type="INTEGER",
)


def _part(name: str, expression: str, description: str, key: str) -> Form:
    return Form(
        name=f"birth_date.{name}",
        version=1,
        expression=expression,
        description=description,
        source=f"Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, {key}",
        part=True,
    )


YEAR = _part("year", "strftime(cast({0} as date), '%Y')", "year of birth, four digits", "DOBY")
MONTH = _part("month", "strftime(cast({0} as date), '%m')", "month of birth, 01 to 12", "DOBM")
DAY = _part("day", "strftime(cast({0} as date), '%d')", "day of birth, 01 to 31", "DOBD")
