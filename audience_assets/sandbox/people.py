"""A graph of people that only a test knows: who is found by the identifiers of a row."""

from collections.abc import Iterable, Mapping, Sequence

People = Sequence[frozenset[tuple[str, str]]]
"""Each person as the set of their (key, value) identifiers."""


def first_persons(people: People) -> dict[tuple[str, str], int]:
    """The first person, in the order of the list, of each identifier."""
    first: dict[tuple[str, str], int] = {}
    for index, person in enumerate(people):
        for identifier in person:
            first.setdefault(identifier, index)
    return first


def matched(identifiers: Iterable[tuple[str, str]], persons: Mapping[tuple[str, str], int]) -> set[int]:
    """The first person who has any of the identifiers of a row."""
    found = [persons[identifier] for identifier in identifiers if identifier in persons]
    return {min(found)} if found else set()
