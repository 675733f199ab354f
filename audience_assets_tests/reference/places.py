"""Countries through Babel's names and codes; states of Brazil and the United States."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale
from babel.core import get_global

from audience_assets_tests.reference.text import word

# CLDR territories of two letters that are not ISO 3166-1: exceptional reservations, unions, user-assigned and test codes.
NOT_ISO: Final = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ")
)

# Names in daily use that Babel's four locales lack (coreiadosul is in Babel; usa is an alpha-3 code already).
EXTRA_NAMES: Final = {
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

LOCALES: Final = (Locale("pt"), Locale("pt", "PT"), Locale("en"), Locale("es"))

BRAZIL: Final = {
    "AC": "Acre",
    "AL": "Alagoas",
    "AP": "Amapá",
    "AM": "Amazonas",
    "BA": "Bahia",
    "CE": "Ceará",
    "DF": "Distrito Federal",
    "ES": "Espírito Santo",
    "GO": "Goiás",
    "MA": "Maranhão",
    "MT": "Mato Grosso",
    "MS": "Mato Grosso do Sul",
    "MG": "Minas Gerais",
    "PA": "Pará",
    "PB": "Paraíba",
    "PR": "Paraná",
    "PE": "Pernambuco",
    "PI": "Piauí",
    "RJ": "Rio de Janeiro",
    "RN": "Rio Grande do Norte",
    "RS": "Rio Grande do Sul",
    "RO": "Rondônia",
    "RR": "Roraima",
    "SC": "Santa Catarina",
    "SP": "São Paulo",
    "SE": "Sergipe",
    "TO": "Tocantins",
}

# The fifty states and the District of Columbia. Territories have ISO 3166-1 codes of their own and are no states.
UNITED_STATES: Final = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "DC": "District of Columbia",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
}

STATES: Final = {"BR": BRAZIL, "US": UNITED_STATES}


def is_country(code: str) -> bool:
    """Whether this is an upper-case ISO 3166-1 alpha-2 code."""
    return (
        len(code) == 2
        and code.isascii()
        and code.isalpha()
        and code in LOCALES[0].territories
        and code not in NOT_ISO
    )


@cache
def country_words() -> dict[str, str]:
    """Every word that names a country, with its code. Codes win over names; no two countries share a name."""
    words = dict(EXTRA_NAMES)
    for locale in LOCALES:
        for code, name in locale.territories.items():
            if is_country(str(code)):
                words[word(str(name))] = str(code)
    for alias, codes in get_global("territory_aliases").items():
        if isinstance(alias, str) and len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            (code,) = codes
            if is_country(code):
                words[word(alias)] = code
    for code in map(str, LOCALES[0].territories):
        if is_country(code):
            words[word(code)] = code
    return words


@cache
def state_words(country: str) -> dict[str, str]:
    states = STATES.get(country, {})
    return {word(name): code for code, name in states.items()} | {word(code): code for code in states}
