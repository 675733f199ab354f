"""The demonstration's deployment, Dagster's UI over it, and a person with a browser, once for all tests of a module."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audience_assets_tests.browser.world import World, user_interface, worlds

if TYPE_CHECKING:
    from audience_assets_tests.browser.person import Person

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = "AUDIENCE_ASSETS_SCREENSHOTS"


@pytest.fixture(scope="module")
def executable() -> str:
    """The browser that is installed here."""
    pytest.importorskip("playwright", reason="playwright drives the browser: install the dev group")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the PATH")
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: the folder that the environment names, or a temporary one."""
    if PICTURES not in os.environ:
        return tmp_path_factory.mktemp("pictures")
    folder = Path(os.environ[PICTURES])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def world(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A few days delivered to three partners; without a browser nothing is made."""
    assert executable
    with worlds(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def person(executable: str, world: World, pictures: Path) -> "Iterator[Person]":
    """Somebody who has just launched a backfill over two days."""
    from audience_assets_tests.browser.person import people  # noqa: PLC0415 - where playwright is missing, tests skip

    with user_interface(world) as address, people(executable, address, pictures) as somebody:
        somebody.materialize(f"[{world.backfill[0]}...{world.backfill[1]}]")
        yield somebody


@pytest.fixture(scope="module")
def backfilled(person: "Person", world: World) -> tuple[str, str]:
    """The two days, once the backfill has ended well."""
    person.look_at("/runs?view=backfills", "2 partitions", "Success", seconds=240)
    return world.backfill


@pytest.fixture(scope="module")
def by_hand(person: "Person", world: World, backfilled: tuple[str, str]) -> str:
    """The day after them, materialized by clicks; its run has ended."""
    day = world.by_hand
    assert day > backfilled[-1]
    assert world.objects(day) == []
    person.materialize(day)
    person.look_at("/runs", f"partition: {day}", "Manually launched", seconds=30)
    for partner in ("tiktok", "meta", "vtex_ads"):
        person.look_at(
            person.asset(f"{partner}/delivery", "partitions", partition=day), "Materialized\n", seconds=240
        )
    return day


@pytest.fixture(scope="module")
def cut_off(world: World, by_hand: str) -> str:
    """The day whose extract was cut off, after its run was stopped."""
    assert world.bad_day > by_hand
    assert not world.run({"dagster/partition": world.bad_day}).success
    return world.bad_day
