"""The customer's value to the advertiser, for value-based audiences."""

from audience_assets.rules.rule import CanonicalRule, Form

CANONICAL = CanonicalRule(
    field="value",
    version=1,
    value="usable_amount(cleaned.value)",
    refusal="amount_refusal(cleaned.value)",
    description="decimal number, 0 or more, without needless zeros",
)

DECIMAL = "[0-9]{1,18}(?:[.][0-9]{1,18})?"

MACROS = rf"""
create macro fraction_text(value) as
  rtrim(split_part(value, '.', 2), '0');

create macro usable_amount(value) as
  case
    when regexp_full_match(value, '(?:0|[1-9][0-9]{{0,17}})(?:[.][0-9]{{0,17}}[1-9])?') then value
    when regexp_full_match(value, '{DECIMAL}') then
      cast(cast(split_part(value, '.', 1) as bigint) as varchar)
      || if(fraction_text(value) = '', '', '.' || fraction_text(value))
  end;

create macro amount_refusal(value) as
  case when regexp_full_match(value, '-{DECIMAL}') then 'negative' else 'not a number' end;
"""

PLAIN = Form(
    name="amount.plain",
    version=1,
    expression="{0}",
    description="decimal number as text, not hashed",
    source="Meta, Custom audience users, payload, LOOKALIKE_VALUE",
)
