"""First and last names: canonical text, and the partners' forms of it."""

from audience_assets.rules import unicode_sets
from audience_assets.rules.rule import CanonicalRule, Form
from audience_assets.rules.text import LATIN_LETTERS, WHITESPACE, character_class


def _canonical(field: str) -> CanonicalRule:
    return CanonicalRule(
        field=field,
        version=1,
        value=f"unless_digest(cleaned.{field})",
        identifier=True,
        description="name as written: format characters removed, NFC, trimmed",
    )


FIRST_NAME = _canonical("first_name")
LAST_NAME = _canonical("last_name")

SPACELESS_LOWER = Form(
    name="name.spaceless_lower",
    version=1,
    expression="spaceless_name({0})",
    description="all white space removed, lower case; accents and punctuation stay",
    source="VTEX Ads, Integrating audiences, Field hashing",
)

NOT_IN_A_BARE_NAME = WHITESPACE + character_class(unicode_sets.PUNCTUATION_AND_SYMBOLS)

MACROS = rf"""
create macro spaceless_name(value) as
  case
    when not regexp_full_match(value, '[ -~{LATIN_LETTERS}]*') then lower_text(without_whitespace(value))
    else lower(replace(value, ' ', ''))
  end;

-- NFC last: a mark may now stand behind another letter, and some letters compose in lower case only.
create macro bare_name(value) as
  case
    when not regexp_full_match(value, '[A-Za-z{LATIN_LETTERS} .''-]*')
      then nullif(to_nfc(lower_text(regexp_replace(value, '[{NOT_IN_A_BARE_NAME}]+', '', 'g'))), '')
    else nullif(without_name_marks(lower(value)), '')
  end;
"""

BARE_LOWER = Form(
    name="name.bare_lower",
    version=1,
    expression="bare_name({0})",
    description="lower case, no white space, punctuation or symbols; letters of any script stay",
    source="Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, LN and FN",
    refusal="case when {0} is not null and bare_name({0}) is null then 'nothing but punctuation' end",
)

INITIAL = Form(
    name="name.initial",
    version=1,
    expression="left(bare_name({0}), 1)",
    description="the first character of the first name in lower case without punctuation",
    source="Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, FI",
    refusal="case when {0} is not null and bare_name({0}) is null then 'nothing but punctuation' end",
    part=True,
)
