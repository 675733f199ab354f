"""A random history: customers live through some days, settings change, and days are run, run again, corrected and killed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets_tests.histories.meta.log import Published
from audience_assets_tests.histories.meta.source import LABELS, VALUE_BASED, Source
from audience_assets_tests.histories.meta.troubles import WINDOW, Troubles, random_troubles
from audience_assets_tests.histories.meta.world import World

START = date(2026, 2, 26)
KEYS = (
    ("EMAIL", "PHONE"),
    ("EMAIL",),
    ("EMAIL", "PHONE", "FN", "LN", "CT", "ZIP"),
    ("EXTERN_ID", "EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "LN", "FN", "CT", "ZIP", "MADID"),
    ("LN", "FN", "ZIP", "PHONE"),
)
MOST_LIVES = 8


def random_settings(rng: Random, fixed: Mapping[str, Any], taken_over: Mapping[str, str]) -> MetaSettings:
    """What a person may write into the settings of one destination."""
    listed = {VALUE_BASED, *taken_over, *(label for label in LABELS if rng.random() < 0.4)}
    unlisted = rng.choice(("create", "create", "create", "skip"))
    if unlisted == "skip" and rng.random() < 0.5:
        listed.discard(VALUE_BASED)
    audiences: dict[str, dict[str, Any]] = {}
    for label in listed:
        audiences[label] = {"value_based": label == VALUE_BASED}
        if rng.random() < 0.3:
            audiences[label]["keys"] = rng.choice(KEYS)
        if label in taken_over:
            audiences[label]["id"] = taken_over[label]
    chosen = {"keys": rng.choice(KEYS), "unlisted": unlisted, "audiences": audiences}
    return MetaSettings.model_validate({**fixed, **chosen})


@dataclass
class History:
    """What is done, day by day; every random choice follows from the seed."""

    world: World
    rng: Random
    change_settings: Callable[[], MetaSettings]
    source: Source = field(init=False)
    published: dict[date, list[Published]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = Source(self.rng, self.rng.sample(LABELS, self.rng.choice((1, 2, 2, 3))))

    def happen(self) -> None:
        rng, source = self.rng, self.source
        source.join(rng.choice((2, 4, 7, 12)))
        restless = rng.choice((0.0, 0.1, 0.5))
        days = rng.choice((3, 3, 3, 4, 6))
        for number in range(days):
            day = START + timedelta(days=number)
            if number:
                source.live(rng.choice((0.0, 0.3, 0.8)))
                if rng.random() < restless:
                    self._change_settings()
            self._publish(day)
            if rng.random() < 0.75:
                self._live_through(day)
            if rng.random() < 0.15:
                self._run_older(day)
        self._run(day, lives=0)

    def _change_settings(self) -> None:
        """Most often only which audiences are wanted, so that the customers' rows stay what they are."""
        keys = self.world.settings.keys
        self.world.settings = self.change_settings()
        if self.rng.random() < 0.6:
            self.world.settings = self.world.settings.model_copy(update={"keys": keys})

    def _publish(self, day: date) -> None:
        customers = dict(self.source.there)
        rewritten = [name for name in customers if self.rng.random() < 0.1]
        self.published.setdefault(day, []).append(self.world.publish(day, customers, rewritten))

    def _live_through(self, day: date) -> None:
        """A day: its run, and perhaps the same again, a correction, a correction taken back, or a replacement."""
        rng = self.rng
        if not self._run(day) and rng.random() < 0.5:
            return
        for what in rng.sample(("again", "corrected", "back", "replaced"), rng.choice((0, 0, 0, 0, 1, 2))):
            match what:
                case "again":
                    self._run_well(day)
                    with self.world.unchanged():
                        self._run_well(day)
                case "corrected":
                    self.source.live(0.2)
                    self._publish(day)
                    self._run(day)
                case "back" if self.published[day][0].forms == self.published[day][-1].forms:
                    self.world.log.take_back(self.published[day][0])
                    self._run(day)
                case "replaced" if not self._unfinished():
                    self._run(day, replace=("*",))

    def _run_older(self, newest: date) -> None:
        """A day before the newest one, run or missed."""
        forms = self.published[newest][
            -1
        ].forms  # after another choice of keys an older day must be hashed again first
        older = [day for day, made in self.published.items() if day < newest and made[-1].forms == forms]
        if older:
            self._run(self.rng.choice(older))

    def _run(self, day: date, lives: int = 3, replace: tuple[str, ...] = ()) -> bool:
        """Run a day until it ends by itself; sometimes nobody comes back to it."""
        while lives and self.rng.random() < 0.55:
            lives -= 1
            end = self.world.run(day, random_troubles(self.rng), replace)
            replace = ()
            if end in ("delivered", "out of order"):
                return True
            if self.rng.random() < 0.3:
                self._hours_pass()
            if self.rng.random() < 0.25:
                return False
        self._run_well(day, replace)
        return True

    def _run_well(self, day: date, replace: tuple[str, ...] = ()) -> None:
        """Nothing happens to these runs, so the day is delivered, or refused because a newer one was."""
        self.world.settings = self.world.settings.model_copy(update={"patience_seconds": 900.0})
        for _ in range(MOST_LIVES):
            end = self.world.run(day, Troubles(), replace)
            if end == "delivered":
                return
            if end == "out of order":
                assert self._is_older(day)
                return
            replace = ()
            self.world.server.platform.clock.advance(2 * WINDOW)
        raise AssertionError("a day is not delivered though nothing is in the way")

    def _is_older(self, day: date) -> bool:
        world = self.world
        held = [world.ledger.acknowledged("meta", label) for label in world.ledger.audiences("meta")]
        begun = [world.ledger.unfinished("meta", label) for label in world.ledger.audiences("meta")]
        return any(each is not None and each.day > day for each in (*held, *begun))

    def _unfinished(self) -> bool:
        world = self.world
        return any(world.ledger.unfinished("meta", label) for label in world.ledger.audiences("meta"))

    def _hours_pass(self) -> None:
        self.world.server.platform.clock.advance(self.rng.choice((600.0, WINDOW - 60, WINDOW + 60)))
