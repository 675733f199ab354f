"""VTEX Ads' sixteen columns as the other stacks need them, and the SQL of somebody who is in a hurry."""

HASHED = {
    "EMAIL_HASHED": "email",
    "PHONE_HASHED": "phone",
    "SOCIAL_ID_HASHED": "social_id",
    "FIRST_NAME_HASHED": "first_name",
    "LAST_NAME_HASHED": "last_name",
}
"""The digests, and the field that each is made of."""

KEPT = ("gender", "country", "state", "city", "neighborhood", "audiences")
"""Fields that go out under their own name in capitals."""

COLUMNS = (
    "CUSTOMER_ID", *HASHED, "GENDER", "AGE", "CEP", "COUNTRY", "STATE", "CITY", "NEIGHBORHOOD", "AUDIENCES",
    "NBO_PRODUCTS", "NBO_CATEGORIES",
)  # fmt: skip

FIELDS = (
    "customer_id", *HASHED.values(), *KEPT, "birth_date", "postal_code", "nbo_products", "nbo_categories", "consent",
)  # fmt: skip
"""What has to be read for them."""

BRAZILIAN_NUMBER = "^(?:[1-9]{2}9[0-9]{8}|[1-9]{2}[2-5][0-9]{7})$"
"""Area code and number, for stacks that judge a phone by a regular expression."""


def hurried_sql(files: str, day: str, digest: str = "sha256({})") -> str:
    r"""What one writes in DuckDB without further thought: RE2's \s, every phone without + taken for a Brazilian one."""

    def text(field: str) -> str:
        return digest.format(rf"lower(regexp_replace({field}, '\s+', '', 'g'))")

    def digits(field: str) -> str:
        return f"regexp_replace({field}, '[^0-9]', '', 'g')"

    return f"""
select
  customer_id as CUSTOMER_ID,
  {text("email")} as EMAIL_HASHED,
  {digest.format(f"if(starts_with(phone, '+'), '+', '+55') || {digits('phone')}")} as PHONE_HASHED,
  {digest.format(digits("social_id"))} as SOCIAL_ID_HASHED,
  {text("first_name")} as FIRST_NAME_HASHED,
  {text("last_name")} as LAST_NAME_HASHED,
  gender as GENDER,
  cast(date_sub('year', birth_date, date '{day}') as integer) as AGE,
  {digits("postal_code")} as CEP,
  country as COUNTRY,
  state as STATE,
  city as CITY,
  neighborhood as NEIGHBORHOOD,
  audiences as AUDIENCES,
  array_to_string(nbo_products, ';') as NBO_PRODUCTS,
  array_to_string(nbo_categories, ';') as NBO_CATEGORIES
from read_parquet('{files}')
where consent is distinct from false
"""
