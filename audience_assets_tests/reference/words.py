"""The closed word lists of docs/fields.md, in the form in which words are compared."""

from __future__ import annotations

from typing import Final

from audience_assets_tests.reference.text import word

_FEMALE: Final = "f fem feminino feminina femenino femenina female mulher mujer woman menina girl"
_MALE: Final = "m masc masculino masculina male homem hombre man menino boy"
_OTHER: Final = "o outro outra outros other otro otra x naobinario nonbinary nobinario"
_NOT_IDENTIFIED: Final = (
    "null none na n/a n ni nd u unknown desconhecido desconocido naoinformado noinformado naoidentificado "
    "notidentified prefironaodizer prefieronodecir prefernottosay undefined - ?"
)
GENDERS: Final[dict[str, str | None]] = {
    word(entry): gender
    for gender, entries in (("F", _FEMALE), ("M", _MALE), ("O", _OTHER), (None, _NOT_IDENTIFIED))
    for entry in entries.split()
}
ANSWERS: Final = {
    word(entry): answer
    for answer, entries in (
        (True, "1 true t yes y sim s si sí verdadeiro optin granted"),
        (False, "0 false f no n nao não falso optout denied"),
    )
    for entry in entries.split()
}
