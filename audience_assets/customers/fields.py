"""The input contract: the columns that an extract may have, and how the settings bend them."""

from audience_assets.rules import canonical, holdout, lists
from audience_assets.rules.lists import LIST_FIELDS
from audience_assets.rules.rule import CanonicalRule
from audience_assets.settings import Settings

CUSTOMER_ID = "customer_id"
BIRTH_DATE = "birth_date"
DEPARTED = "departed"
"""In an incremental extract: whether the customer left. Ignored in a full one, where absence says it."""


def rules_of(settings: Settings) -> tuple[CanonicalRule, ...]:
    """The canonical rules that apply: one for each field, and consent for each destination; who is held out is in no audience."""
    salt, shares = settings.holdout.salt, settings.holdout.shares
    return tuple(
        holdout.applied(rule, salt, shares) if rule == lists.AUDIENCES else rule
        for rule in canonical.with_consents(settings.destinations)
    )


def input_fields(settings: Settings) -> list[str]:
    """Every input column but customer_id, in the order of the fingerprint."""
    return [*dict.fromkeys(rule.field for rule in rules_of(settings)), DEPARTED]


def is_list(field: str) -> bool:
    """Whether the field may be a real list."""
    return field in LIST_FIELDS
