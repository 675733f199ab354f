"""Ids that nobody may change: the advertiser's own, and those that Meta gave a person in an app or on a Page."""

from audience_assets.rules.rule import CanonicalRule, Form


def _canonical(field: str, description: str) -> CanonicalRule:
    return CanonicalRule(
        field=field, version=1, value=f"cleaned.{field}", description=f"{description}, as written"
    )


EXTERNAL_ID = _canonical("external_id", "the advertiser's own id")
APP_USER_ID = _canonical("app_user_id", "Meta's id of the person in the advertiser's app")
PAGE_USER_ID = _canonical("page_user_id", "Meta's id of the person on the advertiser's Page")

AS_WRITTEN = Form(
    name="external_id.as_written",
    version=1,
    expression="{0}",
    description="as written, trimmed, not hashed",
    source="Meta, Custom audiences from a customer file, External identifiers, and Hashing for multiple keys",
)
