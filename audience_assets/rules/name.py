"""First and last names: canonical text, and the partners' forms of it."""

from audience_assets.rules.rule import CanonicalRule, Form


def _canonical(field: str) -> CanonicalRule:
    return CanonicalRule(
        field=field,
        version=1,
        value=f"cleaned.{field}",
        identifier=True,
        description="name as written: format characters removed, NFC, trimmed",
    )


FIRST_NAME = _canonical("first_name")
LAST_NAME = _canonical("last_name")

SPACELESS_LOWER = Form(
    name="name.spaceless_lower",
    version=1,
    expression="lower_text(without_whitespace({0}))",
    description="all white space removed, lower case; accents and punctuation stay",
    source="VTEX Ads, Integrating audiences, Field hashing",
)
