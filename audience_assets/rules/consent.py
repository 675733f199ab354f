"""Consent flags: yes, no or not stated, for all destinations or for one of them."""

from audience_assets.rules.rule import CanonicalRule

YES = "1 true t yes y sim s si verdadeiro optin granted"
NO = "0 false f no n nao falso optout denied"


def words() -> list[tuple[str, bool]]:
    """Rows of the look-up table consent_words: word key and answer."""
    return [(word, True) for word in YES.split()] + [(word, False) for word in NO.split()]


def canonical(field: str) -> CanonicalRule:
    """The rule of one consent column, `consent` or `consent_DESTINATION`."""
    alias = f"{field}_word"
    return CanonicalRule(
        field=field,
        version=1,
        value=f'"{alias}".answer',
        refusal="'not yes or no'",
        joins=(f'left join consent_words as "{alias}" on "{alias}".word = word_key(cleaned."{field}")',),
        type="BOOLEAN",
        description="whether the customer agreed; blank when the extract does not say",
    )
