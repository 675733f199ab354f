"""VTEX Ads' sixteen columns, in the order and case of the partner's page."""

from audience_assets.destinations.column import VERBATIM, Column, Destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.rules import birth_date, email, gender, lists, name, phone, place, tax_id

SOCIAL_ID_FORMS = {"digits": tax_id.DIGITS, "masked": tax_id.MASKED}


def destination(destination_name: str, settings: VtexAdsSettings) -> Destination:
    """The table of columns for one VTEX Ads publisher.

    Source: VTEX Ads, Integrating audiences, Attributes and Field hashing.
    """
    social_id = SOCIAL_ID_FORMS[settings.social_id]
    return Destination(
        destination_name,
        (
            Column("CUSTOMER_ID", ("customer_id",), VERBATIM, "Unique customer identifier", required=True),
            Column("EMAIL_HASHED", ("email",), email.LOWER, "E-mail address", hashed=True),
            Column("PHONE_HASHED", ("phone",), phone.E164, "Primary phone number", hashed=True),
            Column("SOCIAL_ID_HASHED", ("social_id",), social_id, "CPF", hashed=True),
            Column("FIRST_NAME_HASHED", ("first_name",), name.SPACELESS_LOWER, "First name", hashed=True),
            Column("LAST_NAME_HASHED", ("last_name",), name.SPACELESS_LOWER, "Last name", hashed=True),
            Column("GENDER", ("gender",), gender.PLAIN, "Gender"),
            Column("AGE", ("birth_date", "age"), birth_date.AGE_ON_DAY, "Age"),
            Column("CEP", ("postal_code",), place.PLAIN_POSTAL_CODE, "Postal code"),
            Column("COUNTRY", ("country",), place.PLAIN_COUNTRY, "Country"),
            Column("STATE", ("state_code", "state"), place.PLAIN_STATE, "State"),
            Column("CITY", ("city",), place.PLAIN_TEXT, "City"),
            Column("NEIGHBORHOOD", ("neighborhood",), place.PLAIN_TEXT, "Neighborhood"),
            Column("AUDIENCES", ("audiences",), lists.JOINED_SET, "Audiences the customer is in"),
            Column("NBO_PRODUCTS", ("nbo_products",), lists.JOINED, "Next best offer: product SKUs"),
            Column("NBO_CATEGORIES", ("nbo_categories",), lists.JOINED, "Next best offer: category trees"),
        ),
    )
