"""Finds which people of a batch Meta did not take, by the samples in its answers, and by halving where there are none."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from audience_assets.destinations.meta.client import UsersAnswer
from audience_assets.destinations.meta.payload import Cell

Row = Sequence[Cell]
Probe = Callable[[list[int]], UsersAnswer]
"""Sends some of a batch's rows again, which changes nothing, and returns Meta's answer to them."""

TRIES = 8
"""How many single rows are asked before all that look the same are held to be refused."""


def find_refused(rows: Sequence[Row], answer: UsersAnswer, probe: Probe) -> list[int]:
    """The positions of the rows that Meta did not take, in order.

    Meta says how many entries were badly formed, not exactly, and shows up to 100 of them. So what it shows is set aside
    and the rest is asked again, until it finds nothing more. A sample that several rows share stands for all of them if
    some that are asked one by one are refused; otherwise it does not tell which is meant, and they are asked by halves.
    """
    known = _places(rows)
    refused: set[int] = set()
    suspects = list(range(len(rows)))
    while answer.invalid and suspects:
        certain, shared = _shown(answer.samples, known, set(suspects))
        decided = certain.union(*shared)
        if not decided:
            refused.update(_by_halves(suspects, probe))
            break
        for places in shared:
            asked = sorted(places - certain)
            certain.update(asked if _all_alike(asked, probe) else _by_halves(asked, probe))
        refused |= certain
        suspects = [place for place in suspects if place not in decided]
        if suspects:
            answer = probe(suspects)
    return sorted(refused)


def _all_alike(places: list[int], probe: Probe) -> bool:
    """Whether each of some rows, spread over all of these, is refused by itself."""
    return all(probe([places[at]]).invalid for at in spread(len(places), TRIES))


def spread(length: int, count: int) -> list[int]:
    """At most `count` positions from the first to the last of `length`."""
    return sorted({place * (length - 1) // max(count - 1, 1) for place in range(count)}) if length else []


def _by_halves(places: list[int], probe: Probe) -> list[int]:
    """Which of these rows are refused, without any help but whether some are."""
    if not places or not probe(places).invalid:
        return []
    if len(places) == 1:
        return places
    middle = len(places) // 2
    return [*_by_halves(places[:middle], probe), *_by_halves(places[middle:], probe)]


def _places(rows: Sequence[Row]) -> dict[str, set[int]]:
    """Where each cell, and each whole row in JSON, stands."""
    places: defaultdict[str, set[int]] = defaultdict(set)
    for place, row in enumerate(rows):
        for cell in row:
            if isinstance(cell, str) and cell:
                places[cell].add(place)
        places[json.dumps(list(row), separators=(",", ":"))].add(place)
    return places


def _shown(
    samples: Iterable[str], known: dict[str, set[int]], suspects: set[int]
) -> tuple[set[int], list[set[int]]]:
    """The rows that the samples show for certain, and for each other sample the rows that share it."""
    certain: set[int] = set()
    shared: list[set[int]] = []
    for sample in dict.fromkeys(samples):
        places = (known.get(sample) or known.get(_compact(sample)) or set()) & suspects
        if len(places) == 1:
            certain |= places
        elif places:
            shared.append(places)
    return certain, shared


def _compact(sample: str) -> str:
    """A sample that is JSON, without the blanks that another writer puts in."""
    try:
        return json.dumps(json.loads(sample), separators=(",", ":"))
    except ValueError:
        return sample
