"""Gender words in Portuguese, English and Spanish."""

from audience_assets.rules.rule import CanonicalRule, Form

WORDS: dict[str, str] = {
    "F": "f fem feminino feminina femenino femenina female mulher mujer woman menina girl",
    "M": "m masc masculino masculina male homem hombre man menino boy",
    "O": "o outro outra outros other otro otra x naobinario nonbinary nobinario",
    "": (
        "null none na n/a n ni nd u unknown desconhecido desconocido naoinformado noinformado naoidentificado "
        "notidentified prefironaodizer prefieronodecir prefernottosay undefined ?"
    ),
}
"""Word keys by canonical gender; the empty one stands for "not identified". A lone `-` has the empty key."""

CANONICAL = CanonicalRule(
    field="gender",
    version=1,
    value="nullif(gender_word.gender, '')",
    refusal="case when cleaned.gender_found is null then 'unknown word' end",
    found="gender_word.gender",
    joins=("left join gender_words as gender_word on gender_word.word = word_key(cleaned.gender)",),
    identifier=True,
    description="F, M or O; blank when not identified",
)


def words() -> list[tuple[str, str]]:
    """Rows of the look-up table gender_words: word key and gender."""
    listed = [(word, gender) for gender, line in WORDS.items() for word in line.split()]
    return [*listed, ("", "")]


PLAIN = Form(
    name="gender.letter",
    version=1,
    expression="{0}",
    description="F, M, O or null, not hashed",
    source="VTEX Ads, Integrating audiences, Attributes",
)

M_OR_F = Form(
    name="gender.m_or_f",
    version=1,
    expression="case {0} when 'M' then 'm' when 'F' then 'f' end",
    description="m or f, else null",
    source="Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, GEN",
    refusal="case when {0} = 'O' then 'neither m nor f' end",
)
