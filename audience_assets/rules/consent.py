"""Consent flags: yes, no or not stated, for all destinations or for one of them; and on which basis, since when."""

from audience_assets.rules.rule import CanonicalRule

YES = "1 true t yes y sim s si verdadeiro optin granted"
NO = "0 false f no n nao falso optout denied"


def _as_written(field: str, description: str) -> CanonicalRule:
    return CanonicalRule(
        field=field, version=1, value=f"cleaned.{field}", description=f"{description}, as written"
    )


LEGAL_BASIS = _as_written("legal_basis", "the legal basis of the processing")
LEGAL_BASIS_DATE = _as_written("legal_basis_date", "since when that basis holds")
"""Evidence is carried along and not interpreted: a date that was read wrongly would be none."""


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
