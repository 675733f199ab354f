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

-- What is left before @ without the tag and the dots; empty where nothing is.
create macro bare_mailbox(value) as
  replace(split_part(split_part(value, '@', 1), '+', 1), '.', '');
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

LOWER_BARE = Form(
    name="email.lower_bare",
    version=1,
    expression="lower_text(nullif(bare_mailbox({0}), '') || '@' || split_part({0}, '@', 2))",
    description="without white space, lower case, without dots and what follows + before the @",
    source="TikTok Customer File - Audience Activation, Email Specific Normalization",
    refusal=(
        "case when starts_with({0}, '.') or starts_with({0}, '+')"
        " then case when bare_mailbox({0}) = '' then 'nothing left before @' end end"
    ),
)
