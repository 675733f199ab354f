"""Names, labels and odd writings that the corpora draw from."""

from __future__ import annotations

from typing import Final

from audience_assets_tests.reference.words import ANSWERS, GENDERS

FIRST: Final = (
    *(
        "Allan",
        "JOS\u00c9",
        "jos\u00e9",
        "Ana-Lu\u00edsa",
        "Jo\u00e3o",
        "M\u00e1rcia",
        "Concei\u00e7\u00e3o",
        "Mary",
        "Val\u00e9ry",
        "\uc815",
        "\u738b",
        "O'Brien",
    ),
    *(
        "\u00c5sa",
        "\u0130brahim",
        "I\u015f\u0131k",
        "Stra\u00dfe",
        "\u039d\u03af\u03ba\u03bf\u03c2",
        "\u039d\u0399\u039a\u039f\u03a3",
        "\u0421\u0435\u0440\u0433\u0435\u0439",
        "\u0645\u062d\u0645\u062f",
        "D\u2019Angelo",
    ),
)
LAST: Final = (
    "da Silva",
    "DOS SANTOS",
    "Souza",
    "de  Oliveira",
    "Pereira Jr.",
    "M\u00fcller",
    "\u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3",
    "Van der Berg",
    "N\u00fa\u00f1ez",
)
CITIES: Final = (
    "S\u00e3o Paulo",
    "RIO DE JANEIRO",
    "belo horizonte",
    "New York",
    "Bras\u00edlia",
    "M\u00fcnchen",
    "Ji-Paran\u00e1",
    "Santa B\u00e1rbara d'Oeste",
)
DOMAINS: Final = (
    "example.com",
    "Gmail.com",
    "UOL.com.br",
    "ex\u00e4mple.de",
    "b\u00fccher.example",
    "localhost",
    "terra.com.br",
)
TIMES: Final = (
    *(
        "",
        "",
        "",
        " 00:00",
        " 00:00:00",
        "T00:00:00Z",
        "T10:11:12.345",
        " 12:00:00 AM",
        " 1:05 pm",
        "T23:59:59-03:00",
        "T23:59+0000",
        " 00:00:00 UTC",
    ),
    *(
        "  00:00:00",
        "T",
        " banana",
        "T12",
        " 10",
        "t10:00",
        "T 10:00",
        " 10:00 Uhr",
        "\u00a000:00:00",
        " 00:00:00.000",
        "T00:00:00,5Z",
        " 99:99",
    ),
)
OTHER_COUNTRIES: Final = (
    *(
        "",
        "Kosovo",
        "XK",
        "EU",
        "ZZ",
        "UN",
        "Atlantis",
        "076",
        "840",
        "Inglaterra",
        "EUA",
        "U.S.A.",
        "UK",
        "U.K.",
        "Holanda",
        "HOLLAND",
        "England",
        "E.U.A.",
    ),
    *(
        "Estados Unidos da Am\u00e9rica",
        "United States of America",
        "Coreia do Sul",
        "Brasilien",
        "Br\u00e9sil",
        "Rep\u00fablica Tcheca",
        "Hong Kong",
        "Turkey",
    ),
    *(
        "Cote d'Ivoire",
        "Bosnia and Herzegovina",
        "B R",
        "b.r.",
        "B-R",
        "bra",
        "BRAZIL",
        "brasil",
        "Br\u00e1s\u00edl",
        "BR-SP",
        "-",
        ".",
        "?",
        "Brasil/Brazil",
    ),
)
LABELS: Final = (
    "vip",
    "VIP",
    "churn risk",
    "Tablets",
    "Beverages > Non-Alcoholic Beverages",
    "a;b",
    ";",
    "x;",
    "\u037e",
    "SKU-1",
    "0",
    "caf\u00e9",
    "cafe\u0301",
    "",
    " ",
    "\u200b",
    "\u00a0vip\u00a0",
)

GENDER_WORDS: Final = tuple(
    sorted(
        {
            *GENDERS,
            "nonbin\u00e1rio",
            "n\u00e3o-bin\u00e1rio",
            "Non-Binary",
            "N\u00e3o informado",
            "-",
            "?",
            "prefiro n\u00e3o dizer",
        }
    )
)
ANSWER_WORDS: Final = tuple(sorted({*ANSWERS, "Opt-In", "opt out", "n\u00e3o", "s\u00ed"}))
