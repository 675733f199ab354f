"""The query that makes the rows of an extract; what each column looks like, and how often, is decided here.

Phones are mixed as CRMs have them: mostly national mobile numbers with and without a mask and +55, some landlines, 1 %
foreign, 1.5 % with an extension, 2.5 % junk. Some e-mail addresses are in capitals, have blanks or accents, or no @; four
tax numbers in a thousand are wrong.
"""

from collections.abc import Sequence
from math import comb
from typing import Protocol

from benchmarks.vocabulary import AUDIENCES


class Changes(Protocol):
    """What the query needs to know of a day."""

    @property
    def number(self) -> int:
        """Which day it is."""

    @property
    def changed(self) -> float:
        """Share of the customers who change."""

    @property
    def left(self) -> float:
        """Share of the customers who leave."""


PEOPLE_IN_A_LARGE_PRIME = 9_999_999_967
"""Customer ids are scattered by a multiplication modulo a prime, so they are unique and in no order."""

EMAIL, PHONE, SET = range(3)
"""What a changed customer changes: one of these, by chance."""


def rows_sql(start: int, end: int, seed: int, days: Sequence[Changes]) -> str:
    """Rows `start` to `end` as they stand after these days. DuckDB's hash() is stable within a version."""
    return f"""
with numbers as (
  select
    range as i,
    {_versions(days, EMAIL, seed)} as email_version,
    {_versions(days, PHONE, seed)} as phone_version,
    {_versions(days, SET, seed)} as set_version
  from range({start}, {end})
  where {_still_there(days, seed)}
),
chances as (
  select
    i,
    email_version,
    cast(hash(i, {seed}) >> 1 as bigint) as h,
    cast(hash(i, {seed}, 'name') >> 1 as bigint) as n,
    cast(hash(i, {seed}, 'place') >> 1 as bigint) as p,
    cast(hash(i, {seed}, 'tax') >> 1 as bigint) as t,
    cast(hash(i, {seed}, 'offer') >> 1 as bigint) as o,
    cast(hash(i, {seed}, 'phone', phone_version) >> 1 as bigint) as f,
    cast(hash(i, {seed}, 'audiences', set_version) >> 1 as bigint) as a
  from numbers
),
people as (
  select
    *,
    getvariable('first_names')[{_skewed("n", "first_names")}] as first_name,
    getvariable('last_names')[{_skewed("n // 1000000", "last_names")}] as last_name,
    {_skewed("p", "cities")} as city_place,
    {_skewed("p // 1000000", "neighborhoods")} as neighborhood_place,
    getvariable('areas')[1 + f // 7 % len(getvariable('areas'))] as area,
    lpad(cast(f // 1000000 % 100000000 as varchar), 8, '0') as subscriber,
    cast(t // 1000 % 1000000000 as bigint) as nine
  from chances
),
taxed as (
  select
    *,
    {_check_digit("nine", 9)} as first_check
  from people
)
select
  'C' || lpad(cast(i * 7368787 % {PEOPLE_IN_A_LARGE_PRIME} as varchar), 10, '0') as customer_id,
  {_email()} as email,
  {_phone()} as phone,
  {_social_id()} as social_id,
  case when n % 1000 < 990 then first_name end as first_name,
  case when n % 1000 < 985 then last_name end as last_name,
  case
    when h % 100 < 46 then 'F' when h % 100 < 90 then 'M' when h % 100 < 92 then 'Feminino'
    when h % 100 < 94 then 'masculino' when h % 100 < 95 then 'O'
  end as gender,
  case when h // 100 % 100 < 92 then date '1938-01-01' + cast(h // 10000 % 25500 as integer) end as birth_date,
  case when p // 7 % 2 = 0 then substr(postal, 1, 5) || '-' || substr(postal, 6) else postal end as postal_code,
  case when p // 11 % 100 < 98 then 'BR' when p // 11 % 100 < 99 then 'Brasil' end as country,
  getvariable('states')[1 + city_place % len(getvariable('states'))] as state,
  getvariable('cities')[city_place] as city,
  getvariable('neighborhoods')[neighborhood_place] as neighborhood,
  nullif(getvariable('audience_sets')[{_audience_set()}], '') as audiences,
  list_slice(['SKU-' || o % 50000, 'SKU-' || o // 50000 % 50000, 'SKU-' || o // 2500000000 % 50000], 1, o // 7 % 4) as nbo_products,
  getvariable('categories')[1 + o // 13 % len(getvariable('categories'))] as nbo_categories,
  case when h // 17 % 100 < 40 then cast(cast(md5_number('device' || i) as uuid) as varchar) end as mobile_ad_id,
  'X' || i as external_id,
  round((h // 19 % 1000000) / 100.0, 2) as value,
  case when h // 23 % 100 < 93 then true when h // 23 % 100 < 97 then false end as consent
from (select *, {_check_digit("(nine * 10 + first_check)", 10)} as second_check, lpad(cast(p % 99999999 as varchar), 8, '0') as postal from taxed)
"""


def _versions(days: Sequence[Changes], kind: int, seed: int) -> str:
    """How often the customer has changed this."""
    changed = [
        f"cast({_chance(seed, 'changed', day)} < {day.changed * 10_000:.0f}"
        f" and hash(i, {seed}, 'kind', {day.number}) % 3 = {kind} as integer)"
        for day in days
    ]
    return " + ".join(changed) or "0"


def _still_there(days: Sequence[Changes], seed: int) -> str:
    gone = [f"{_chance(seed, 'left', day)} >= {day.left * 10_000:.0f}" for day in days if day.left]
    return " and ".join(gone) or "true"


def _chance(seed: int, what: str, day: Changes) -> str:
    """A number from 0 to 9,999."""
    return f"hash(i, {seed}, '{what}', {day.number}) % 10000"


def _skewed(number: str, words: str) -> str:
    """A place in a list such that the second word is half as common as the first, the third a third, and so on (Zipf)."""
    count = f"len(getvariable('{words}'))"
    return f"least({count}, cast(floor(pow({count} + 1, ({number}) % 1000003 / 1000003.0)) as bigint))"


def _email() -> str:
    name = "lower(replace(replace({0}, ' ', ''), '''', ''))"
    first, last = (name.format(each) for each in ("first_name", "last_name"))
    number = "(i * 10 + email_version)"
    domain = "getvariable('domains')[1 + h // 29 % len(getvariable('domains'))]"
    plain = f"strip_accents({first} || '.' || {last}) || {number} || '@' || {domain}"
    return f"""case
    when h // 31 % 1000 < 940 then {plain}
    when h // 31 % 1000 < 955 then upper({plain})
    when h // 31 % 1000 < 965 then ' ' || {plain} || ' '
    when h // 31 % 1000 < 968 then {first} || '.' || {last} || {number} || '@' || {domain}
    when h // 31 % 1000 < 971 then replace({plain}, '@', '')
  end"""


def _phone() -> str:
    """One of many ways of writing, each with its share in a thousand."""
    dashed = "substr(subscriber, 1, 4) || '-' || substr(subscriber, 5)"
    landline = "(2 + f // 11 % 4) || substr(subscriber, 1, 3) || '-' || substr(subscriber, 5)"
    foreign = "(['+1 212 555 ', '+351 912 345 ', '+44 7911 12'])[1 + f // 13 % 3] || lpad(cast(f // 17 % 10000 as varchar), 4, '0')"
    junk = "(['0', '99999999', 'não informado', '(  )     -    ', 'x', '123', '11', '000000000'])[1 + f // 19 % 8] || if(f % 2 = 0, '', substr(subscriber, 1, 3))"
    ways = [
        (330, "area || '9' || subscriber"),
        (240, f"'(' || area || ') 9' || {dashed}"),
        (130, "'+55' || area || '9' || subscriber"),
        (60, "'55' || area || '9' || subscriber"),
        (50, f"'+55 (' || area || ') 9' || {dashed}"),
        (40, "'0' || area || '9' || subscriber"),
        (30, f"area || ' 9' || {dashed}"),
        (40, f"'(' || area || ') ' || {landline}"),
        (10, "'(' || area || ') 8' || substr(subscriber, 2, 3) || '-' || substr(subscriber, 5)"),
        (10, foreign),
        (15, f"'(' || area || ') ' || {landline} || ' ramal ' || (f // 23 % 900 + 100)"),
        (25, junk),
    ]
    return _by_share("f % 1000", ways)


def _social_id() -> str:
    """Valid tax numbers with and without their mask, and four in a thousand with a wrong last digit."""
    number = "lpad(cast(nine * 100 + first_check * 10 + second_check as varchar), 11, '0')"
    wrong = "lpad(cast(nine * 100 + first_check * 10 + (second_check + 5) % 10 as varchar), 11, '0')"
    masked = (
        "substr({0}, 1, 3) || '.' || substr({0}, 4, 3) || '.' || substr({0}, 7, 3) || '-' || substr({0}, 10)"
    )
    return _by_share("t % 1000", [(460, masked.format(number)), (316, number), (4, wrong)])


def _audience_set() -> str:
    """None for 15 % of the customers, one for 30 %, two for 25 %, three for 20 %, four for 10 %; which, by chance."""
    ways, first = [], 1
    for size, share in enumerate((150, 300, 250, 200, 100)):
        count = comb(len(AUDIENCES), size)
        ways.append((share, f"{first} + a // 1000 % {count}"))
        first += count
    return _by_share("a % 1000", ways)


def _by_share(chance: str, ways: Sequence[tuple[int, str]]) -> str:
    """The first way for the first share of a thousand, and so on; NULL for what is left."""
    cases, upto = [], 0
    for share, sql in ways:
        upto += share
        cases.append(f"when {chance} < {upto} then {sql}")
    return "case " + "\n    ".join(cases) + " end"


def _check_digit(number: str, digits: int) -> str:
    """The check digit that follows a tax number's first `digits` digits."""
    weighted = " + ".join(f"{number} // {10**place} % 10 * {place + 2}" for place in range(digits))
    return f"(({weighted}) * 10 % 11 % 10)"
