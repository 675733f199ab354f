"""All canonical rules together: the input contract's fields, and the one query that gives them their canonical form."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from audience_assets.rules import (
    amount,
    birth_date,
    consent,
    device_id,
    email,
    external_id,
    gender,
    lists,
    name,
    phone,
    place,
    tax_id,
)
from audience_assets.rules.rule import CanonicalRule

RULES: tuple[CanonicalRule, ...] = (
    email.CANONICAL,
    phone.CANONICAL,
    tax_id.CANONICAL,
    name.FIRST_NAME,
    name.LAST_NAME,
    gender.CANONICAL,
    birth_date.BIRTH_DATE,
    birth_date.AGE,
    place.POSTAL_CODE,
    place.COUNTRY,
    place.STATE,
    place.STATE_CODE,
    place.CITY,
    place.NEIGHBORHOOD,
    lists.AUDIENCES,
    lists.NBO_PRODUCTS,
    lists.NBO_CATEGORIES,
    device_id.MOBILE_AD_ID,
    external_id.EXTERNAL_ID,
    external_id.APP_USER_ID,
    external_id.PAGE_USER_ID,
    amount.CANONICAL,
    consent.canonical("consent"),
    consent.LEGAL_BASIS,
    consent.LEGAL_BASIS_DATE,
)

CONTEXT = ("as_of", "region")
"""Columns of the canonical customers beside the fields, for forms that need them: the extract's day, and the country
that steers the row (its own, else the default)."""

IDENTIFIERS = frozenset(rule.field for rule in RULES if rule.identifier)
"""Fields that may hold a ready-made SHA-256 digest, if the settings say so."""


@dataclass(frozen=True, slots=True)
class CanonicalQuery:
    """The canonical form of some rules' fields, as SQL over the view `cleaned_customers`.

    Attributes:
        rules: The rules, in the order of the output columns.
        hashed: Fields whose values are ready-made digests.
    """

    rules: Sequence[CanonicalRule]
    hashed: Collection[str] = ()

    @property
    def sql(self) -> str:
        """Columns: customer_id, as_of, region, each rule's canonical column, then each field's refusal."""
        columns = ["cleaned.customer_id", "cleaned.as_of", "cleaned.region"]
        columns += [f'cleaned."{rule.name}_usable" as "{rule.name}"' for rule in self.rules]
        columns += [f'{self.refusal(rule)} as "{refusal_column(rule.field)}"' for rule in self.refusable]
        return f"""
select
{_listed(columns)}
from (
{self._usable_sql}
) as cleaned
"""

    @property
    def _usable_sql(self) -> str:
        """The cleaned rows with each canonical value, so that the refusals need not compute it again."""
        looked_up = [rule for rule in self.rules if rule.field not in self.hashed]
        columns = ["cleaned.*"]
        columns += [f'{self.value(rule)} as "{rule.name}_usable"' for rule in self.rules]
        columns += [f'{rule.found} as "{rule.field}_found"' for rule in looked_up if rule.found]
        joins = dict.fromkeys(join for rule in looked_up for join in rule.joins)
        return "\n".join(["select", _listed(columns), "from cleaned_customers as cleaned", *joins])

    @property
    def refusable(self) -> list[CanonicalRule]:
        """The rules that can refuse a value, one for each field."""
        return [rule for rule in self.rules if rule.refuses]

    def value(self, rule: CanonicalRule) -> str:
        """SQL for the canonical value."""
        text = f'cleaned."{rule.field}"'
        if rule.field in self.hashed:
            return (
                f"case when is_digest({text}) then lower({text}) end"
                if not rule.column
                else "cast(null as varchar)"
            )
        return rule.value

    def refusal(self, rule: CanonicalRule) -> str:
        """SQL for the reason why a value that is not blank has no canonical form."""
        text = f'cleaned."{rule.field}"'
        reason = rule.refusal
        if rule.field in self.hashed:
            reason = "'not a SHA-256 digest'"
        elif rule.identifier:
            reason = f"case when is_digest({text}) then 'already hashed' else {reason} end"
        return f'case when cleaned."{rule.name}_usable" is null and {text} is not null then {reason} end'


def refusal_column(field: str) -> str:
    """Name of the column that says why a field is blank."""
    return f"{field}_refusal"


def cleaned_sql(
    rules: Collection[CanonicalRule],
    source: str,
    hashed: Collection[str] = (),
    *,
    brazil_ninth_digit: bool = True,
) -> str:
    """Every text cleaned and read once, and the region that steers phones, states and postal codes.

    `source` has customer_id, the rules' input fields as text (lists as lists), as_of, default_country and date_order.
    """
    prepared = {rule.field: rule.prepared for rule in rules}
    texts = [field for field in prepared if field not in lists.LIST_FIELDS]
    context = ["customer_id", "as_of", "date_order", "default_country"]
    clean = [f'clean_text("{field}") as "{field}"' for field in texts]
    untouched = [f'"{field}"' for field in prepared if field in lists.LIST_FIELDS]
    once = [prepared[field].format(f'clean."{field}"') + f' as "{field}"' for field in texts]
    readings = {rule.field: rule.reading for rule in rules if rule.reading and rule.field not in hashed}
    read = ["cleaned.*", *(f'{reading} as "{field}_reading"' for field, reading in readings.items())]
    return f"""
with clean as (
  select
{_listed(context + clean + untouched, indent=4)}
  from {source}
),
prepared as (
  select
{_listed(context + once + untouched, indent=4)}
  from clean
),
placed as (
  select
    prepared.*,
    country_name.code as country_code,
    coalesce(country_name.code, prepared.default_country) as region,
    {"true" if brazil_ninth_digit else "false"} as brazil_ninth_digit
  from prepared
  left join country_names as country_name
    on country_name.name = {"word_key(prepared.country)" if "country" not in hashed else "null"}
)
select
{_listed(read)}
from placed as cleaned
"""


def _listed(columns: Sequence[str], indent: int = 2) -> str:
    return ",\n".join(" " * indent + column for column in columns)


def with_consents(destinations: Iterable[str]) -> tuple[CanonicalRule, ...]:
    """All rules, and one consent rule for each destination."""
    return (*RULES, *(consent.canonical(f"consent_{destination}") for destination in destinations))
