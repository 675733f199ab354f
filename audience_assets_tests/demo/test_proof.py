"""The demonstration's proof: what a partner's audiences hold is compared with what is due, where that is certain."""

from dataclasses import dataclass

import pytest

from audience_assets.demo.proof import compare_audiences
from audience_assets.errors import StateError


@dataclass
class Held:
    """One of a partner's audiences."""

    name: str
    digests: set[str]

    def identifiers(self) -> set[tuple[str, str]]:
        return {("EMAIL", each) for each in self.digests} | {("PHONE", "1")}


DUE = {"vip": {"a", "b", "c"}, "few": {"d"}}


def test_audiences_that_hold_what_is_due_are_proven_and_empty_ones_do_not_count() -> None:
    held = [Held("vip", {"a", "b", "c"}), Held("few", {"d"}), Held("gone", set())]
    compare_audiences("Meta", held, "EMAIL", DUE)


@pytest.mark.parametrize(
    "held",
    [
        [Held("vip", {"a", "b", "c"})],
        [Held("vip", {"a", "b"}), Held("few", {"d"})],
        [Held("vip", {"a", "b", "c", "x"}), Held("few", {"d"})],
        [Held("vip", {"a", "b", "c"}), Held("few", {"d"}), Held("gone", {"x"})],
    ],
)
def test_somebody_missing_or_too_much_is_told(held: list[Held]) -> None:
    with pytest.raises(StateError, match="what Meta's audiences hold is not the generator's truth"):
        compare_audiences("Meta", held, "EMAIL", DUE)


def test_an_audience_that_may_have_been_too_small_is_left_out_and_a_large_one_is_not() -> None:
    compare_audiences("TikTok", [Held("vip", {"a", "b", "c"}), Held("few", {"x"})], "EMAIL", DUE, smallest=1)
    compare_audiences("TikTok", [Held("vip", {"a", "b", "c"})], "EMAIL", DUE, smallest=1)
    with pytest.raises(StateError):
        compare_audiences("TikTok", [Held("few", {"d"})], "EMAIL", DUE, smallest=1)
