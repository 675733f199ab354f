"""A random history: customers live through some days, settings change, and days are run, run again, corrected and killed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from audience_assets_tests.histories.partners.log import Log, Published
from audience_assets_tests.histories.partners.source import Source
from audience_assets_tests.histories.partners.troubles import WINDOW, Troubles
from audience_assets_tests.histories.partners.world import World

START = date(2026, 2, 26)
MOST_LIVES = 8


@dataclass
class History:
    """What is done, day by day, for each partner; every random choice follows from the seed."""

    worlds: Sequence[World]
    log: Log
    source: Source
    rng: Random
    published: dict[date, list[Published]] = field(default_factory=dict)

    def happen(self) -> None:
        rng, source = self.rng, self.source
        source.join(rng.choice((2, 4, 7, 12)))
        restless = rng.choice((0.0, 0.1, 0.5))
        for number in range(rng.choice((3, 3, 3, 4))):
            day = START + timedelta(days=number)
            if number:
                source.live(rng.choice((0.0, 0.3, 0.8)))
            changing = [world for world in self.worlds if number and rng.random() < restless]
            for world in changing:
                world.change_settings_for_good(rng)
            self._publish(day)
            for world in rng.sample(self.worlds, len(self.worlds)):
                self._live_through(world, day)
        for world in self.worlds:
            if world.delivered != self.log.current(day):
                self._run_well(world, day)

    def _publish(self, day: date) -> None:
        customers = dict(self.source.there)
        rewritten = [name for name in customers if self.rng.random() < 0.1]
        made = self.log.publish(day, customers, self.worlds, rewritten)
        self.published.setdefault(day, []).append(made)

    def _live_through(self, world: World, day: date) -> None:
        """A day of a partner: missed, or run, perhaps with the missed one before it, and perhaps run again."""
        rng = self.rng
        chance = rng.random()
        if chance < 0.3:
            return
        if chance < 0.4:
            self._run_with_the_day_before(world, day)
        if not self._run(world, day) and rng.random() < 0.5:
            return
        match rng.choice(("nothing",) * 12 + ("again", "again", "corrected", "back", "replaced", "older")):
            case "again":
                self._run_well(world, day)
                with world.unchanged():
                    self._run_well(world, day)
            case "corrected":
                self.source.live(0.2)
                self._publish(day)
                self._run(world, day)
            case "back" if self.published[day][0].forms == self.published[day][-1].forms:
                self.log.take_back(self.published[day][0])
                self._run(world, day)
            case "replaced" if not world.unfinished() and world.replaceable:
                self._run(world, day, replace=("*",))
            case "older":
                self._run_older(world, day)

    def _run_with_the_day_before(self, world: World, day: date) -> None:
        """Plan two days and then deliver both, as a range of days is run; however it ends, the day is run again."""
        before = day - timedelta(days=1)
        if before in self.published and self._readable(before, day) and not world.is_older(before):
            world.run(day, world.random_troubles(self.rng), before=(before,))

    def _run_older(self, world: World, newest: date) -> None:
        """A day before the newest one, run or missed."""
        older = [day for day in self.published if day < newest and self._readable(day, newest)]
        if older:
            self._run(world, self.rng.choice(older))

    def _readable(self, day: date, newest: date) -> bool:
        """After another choice of columns an older day must be hashed again first."""
        return self.published[day][-1].forms == self.published[newest][-1].forms

    def _run(self, world: World, day: date, lives: int = 3, replace: tuple[str, ...] = ()) -> bool:
        """Run a day until it ends by itself; sometimes nobody comes back to it."""
        while lives and self.rng.random() < 0.55:
            lives -= 1
            end = world.run(day, world.random_troubles(self.rng), replace)
            replace = ()
            if end in ("delivered", "out of order"):
                return True
            if self.rng.random() < 0.3:
                world.clock.advance(self.rng.choice((600.0, WINDOW - 60, WINDOW + 60)))
            if self.rng.random() < 0.25:
                return False
        self._run_well(world, day, replace)
        return True

    def _run_well(self, world: World, day: date, replace: tuple[str, ...] = ()) -> None:
        """Nothing happens to these runs, so the day is delivered, or refused because a newer one was."""
        world.be_patient()
        for _ in range(MOST_LIVES):
            end = world.run(day, Troubles(), replace)
            if end == "delivered":
                return
            if end == "out of order":
                assert world.is_older(day)
                return
            replace = ()
            world.wait(end)
        raise AssertionError("a day is not delivered though nothing is in the way")
