"""Countries, states, postal codes, cities and neighborhoods."""

import unicodedata

from babel import Locale
from babel.core import get_global

from audience_assets.rules import latin
from audience_assets.rules.rule import CanonicalRule, Form

COUNTRY = CanonicalRule(
    field="country",
    version=1,
    value="cleaned.country_code",
    refusal="'unknown country'",
    identifier=True,
    description="ISO 3166-1 alpha-2, upper case",
)
POSTAL_CODE = CanonicalRule(
    field="postal_code",
    version=1,
    value="usable_postal_code(cleaned.postal_code, cleaned.region)",
    refusal="'not a CEP'",
    identifier=True,
    description="Brazil: 8 digits; elsewhere the text in upper case",
)
STATE = CanonicalRule(
    field="state",
    version=1,
    value="unless_digest(cleaned.state)",
    identifier=True,
    description="state as written",
)
STATE_CODE = CanonicalRule(
    field="state",
    column="state_code",
    version=1,
    value="state_name.code",
    joins=(
        "left join state_names as state_name"
        " on state_name.country = cleaned.region and state_name.name = word_key(cleaned.state)",
    ),
    description="two-letter code of a Brazilian or US state",
)
CITY = CanonicalRule(
    field="city",
    version=1,
    value="unless_digest(cleaned.city)",
    identifier=True,
    description="city as written",
)
NEIGHBORHOOD = CanonicalRule(
    field="neighborhood", version=1, value="cleaned.neighborhood", description="neighborhood as written"
)

DASHES = r"-\x{2010}-\x{2015}\x{2212}"
"""The hyphen, what word processors make of it, and the minus sign, as the inside of an RE2 class."""

MACROS = rf"""
-- Postal codes are ASCII; any other letter stays as it is, because DuckDB and Python differ on its upper case.
create macro upper_ascii(value) as
  case when strlen(value) = length(value) then upper(value) else value end;

create macro cep_digits(value) as
  replace(replace(without_whitespace(whole_number_text(value)), '-', ''), '.', '');

create macro usable_postal_code(value, region) as
  case
    when region <> 'BR' then upper_ascii(unless_digest(value))
    when regexp_full_match(value, '[0-9]{{5}}-?[0-9]{{3}}') then replace(value, '-', '')
    when regexp_full_match(cep_digits(value), '[0-9]{{7,8}}') then lpad(cep_digits(value), 8, '0')
  end;

create macro dashless_postal_code(value) as
  case
    when regexp_full_match(value, '[0-9A-Z]+') then lower(value)
    else nullif(
      lower_text(without_whitespace(regexp_replace(whole_number_text(value), '[{DASHES}]+', '', 'g'))),
      ''
    )
  end;

-- A number column loses the leading zeros of a ZIP code (the lowest is 00501) and of a ZIP+4.
create macro first_five_digits(zip) as
  case
    when regexp_full_match(zip, '[0-9]{{3,5}}') then lpad(zip, 5, '0')
    when regexp_full_match(zip, '[0-9]{{7,9}}') then left(lpad(zip, 9, '0'), 5)
  end;

create macro bare_postal_code(value, region) as
  case
    when region = 'US' then first_five_digits(dashless_postal_code(value))
    else dashless_postal_code(value)
  end;

create macro bare_postal_code_refusal(value, region) as
  case
    when bare_postal_code(value, region) is not null then null
    when region = 'US' then 'not a US ZIP code'
    else 'nothing but dashes'
  end;
"""

# CLDR's exceptional reservations, unions and test codes.
_NOT_ISO = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ")
)

# Everyday names that CLDR does not list.
_MORE_COUNTRY_NAMES = {
    "eua": "US",
    "usa": "US",
    "uk": "GB",
    "estadosunidosdaamerica": "US",
    "unitedstatesofamerica": "US",
    "inglaterra": "GB",
    "england": "GB",
    "holanda": "NL",
    "holland": "NL",
}

_BRAZIL = (
    "AC Acre,AL Alagoas,AP Amapá,AM Amazonas,BA Bahia,CE Ceará,DF Distrito Federal,ES Espírito Santo,GO Goiás,"
    "MA Maranhão,MT Mato Grosso,MS Mato Grosso do Sul,MG Minas Gerais,PA Pará,PB Paraíba,PR Paraná,PE Pernambuco,"
    "PI Piauí,RJ Rio de Janeiro,RN Rio Grande do Norte,RS Rio Grande do Sul,RO Rondônia,RR Roraima,SC Santa Catarina,"
    "SP São Paulo,SE Sergipe,TO Tocantins"
)
_UNITED_STATES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
    "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
    "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
    "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
    "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
    "WV West Virginia,WI Wisconsin,WY Wyoming"
)


def word_key(text: str) -> str:
    """The Python twin of the SQL macro word_key, for the vocabularies that are known before a query runs."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", text.lower())
        if not unicodedata.category(letter).startswith("M")
    )
    return "".join(unicodedata.normalize("NFC", bare).replace(".", "").replace("-", "").split())


def country_names() -> list[tuple[str, str]]:
    """Rows of the look-up table country_names: word key and alpha-2 code, from CLDR in four languages."""
    names = dict(_MORE_COUNTRY_NAMES)
    for locale in (Locale("es"), Locale("en"), Locale("pt", "PT"), Locale("pt")):
        names |= {
            word_key(name): code
            for code, name in locale.territories.items()
            if len(code) == 2 and code.isalpha() and code not in _NOT_ISO  # noqa: PLR2004
        }
    codes = {code: code for code in names.values()}
    alpha_3 = {
        alias: targets[0]
        for alias, targets in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1 and targets[0] in codes  # noqa: PLR2004
    }
    names |= {word_key(code): target for code, target in (alpha_3 | codes).items()}
    return sorted(names.items())


def state_names() -> list[tuple[str, str, str]]:
    """Rows of the look-up table state_names: country, word key of code or name, two-letter code."""
    rows = []
    for country, states in (("BR", _BRAZIL), ("US", _UNITED_STATES)):
        for state in states.split(","):
            code, name = state.split(" ", 1)
            rows += [(country, word_key(code), code), (country, word_key(name), code)]
    return rows


PLAIN_POSTAL_CODE = Form(
    name="postal_code.plain",
    version=1,
    expression="{0}",
    description="digits for Brazil, not hashed",
    source="VTEX Ads, Integrating audiences, Attributes (no format stated)",
)
PLAIN_COUNTRY = Form(
    name="country.alpha_2",
    version=1,
    expression="{0}",
    description="ISO 3166-1 alpha-2, not hashed",
    source="VTEX Ads, Integrating audiences, Attributes (no format stated)",
)
PLAIN_STATE = Form(
    name="state.code_or_text",
    version=1,
    expression="coalesce({0}, {1})",
    description="two-letter code where one exists, else as written, not hashed",
    source="VTEX Ads, Integrating audiences, Attributes (no format stated)",
)
PLAIN_TEXT = Form(
    name="text.plain",
    version=1,
    expression="{0}",
    description="as written, trimmed, not hashed",
    source="VTEX Ads, Integrating audiences, Attributes",
)

META = "Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys"

BARE_POSTAL_CODE = Form(
    name="postal_code.bare",
    version=1,
    expression="bare_postal_code({0}, {1})",
    description="lower case, no white space or dashes; the first five digits of a US ZIP code",
    source=f"{META}, ZIP; the UK's whole, as in Meta's Customer information parameters",
    refusal="case when {0} is not null then bare_postal_code_refusal({0}, {1}) end",
)
LOWER_COUNTRY = Form(
    name="country.lower",
    version=1,
    expression="lower({0})",
    description="ISO 3166-1 alpha-2, lower case",
    source=f"{META}, COUNTRY",
)


def _city(name: str, letters: str, description: str) -> Form:
    return Form(
        name=f"city.{name}",
        version=1,
        expression=f"{letters}({{0}})",
        description=f"letters a to z, {description}",
        source=f"{META}, CT",
        refusal=f"case when {{0}} is not null and {letters}({{0}}) is null then 'no letter a to z' end",
    )


def _state(name: str, letters: str, description: str) -> Form:
    return Form(
        name=f"state.{name}",
        version=1,
        expression=f"case when {{2}} = 'US' then lower({{1}}) else {letters}({{0}}) end",
        description=f"two-letter code of a US state; elsewhere letters a to z, {description}",
        source=f"{META}, ST",
        refusal=(
            "case when {0} is null then null"
            " when {2} = 'US' then case when {1} is null then 'not a US state' end"
            f" when {letters}({{0}}) is null then 'no letter a to z' end"
        ),
    )


CITY_TRANSLITERATED = _city("transliterated", latin.TRANSLITERATED, "accents gone")
CITY_DROPPED = _city("dropped", latin.DROPPED, "letters with accents left out")
STATE_TRANSLITERATED = _state("transliterated", latin.TRANSLITERATED, "accents gone")
STATE_DROPPED = _state("dropped", latin.DROPPED, "letters with accents left out")
