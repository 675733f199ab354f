"""E-mail addresses: canonical without white space, and the partners' forms of them."""

from audience_assets.rules.rule import CanonicalRule, Form

CANONICAL = CanonicalRule(
    field="email",
    version=1,
    prepared="without_whitespace({0})",
    value="usable_email(cleaned.email)",
    refusal="email_refusal(cleaned.email)",
    identifier=True,
    description="e-mail address without white space, case kept",
)

MACROS = """
create macro usable_email(value) as
  case when regexp_full_match(value, '[^@]+@[^@]+') then value end;

create macro email_refusal(value) as
  case
    when not contains(value, '@') then 'no @'
    when regexp_matches(value, '(?s)@.*@') then 'more than one @'
    when starts_with(value, '@') then 'nothing before @'
    else 'nothing after @'
  end;
"""

LOWER = Form(
    name="email.lower",
    version=1,
    expression="lower_text({0})",
    description="without white space, lower case",
    source=(
        "VTEX Ads, Integrating audiences, Field hashing; "
        "Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, EMAIL"
    ),
)
