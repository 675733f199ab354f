"""Every command of the README and of docs/ is run, page by page as a reader would, or is named with who runs it.

A new command in a page that no page's run has and that is not named here fails.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from audience_assets import settings
from audience_assets.demo import partners
from audience_assets.pipeline import Pipeline
from audience_assets.storage.keys import new_key
from audience_assets.synthetic.extract import generate
from audience_assets_tests.docs import shell
from audience_assets_tests.docs.documents import ROOT, blocks, pages

pytestmark = pytest.mark.slow

ELSEWHERE = {
    "make demo": "audience_assets_tests/cli/test_demo.py",
    "make ui": "audience_assets_tests/browser",
    "make test": "audience_assets_tests",
    "make bench": "benchmarks",
    "make bench SIZE=100000 REPEATS=1": "benchmarks",
    'make bench OPTIONS="--only vtex_ads,polars_hash,limit"': "benchmarks",
    'make bench OPTIONS="--keep /tmp/bench"': "benchmarks",
    'make bench OPTIONS="--keep /tmp/bench --only growth --sizes 50000000"': "benchmarks",
    "make bench-smoke": ".ci/run",
}
"""Commands that take minutes or do not end, and what runs what they run."""

MAY_FAIL = {"grep": 1, "duckdb -c \"from '.audience_assets/normalized": 1}
"""Beginnings of commands whose exit code is another one than 0, as they find nothing or show an error."""

TYPED = {
    str(page.relative_to(ROOT)): [
        command
        for block in blocks(page)
        for command in shell.commands(block)
        if command.words not in ELSEWHERE
    ]
    for page in pages()
}
"""The commands of each page that are run here."""


@dataclass(frozen=True)
class World:
    """A folder in which a deployment has been set up, and the variables of its shell."""

    folder: Path
    variables: Mapping[str, str]


def read(page: str, world: World) -> list[shell.Ended]:
    """Type a page's commands; each must end as the page says."""
    ended = shell.run(TYPED[page], world.folder, world.variables)
    for each in ended:
        assert each.code == _code(each.command), (each.command.typed, each.lines[-20:])
        assert shell.says_what_the_page_says(each), (each.command.typed, each.lines)
    return ended


def _code(command: shell.Command) -> int:
    return next((code for start, code in MAY_FAIL.items() if command.typed.startswith(start)), 0)


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """What a reader of the README has: three days of an extract, settings that name them, and partners that answer."""
    folder = tmp_path_factory.mktemp("world")
    generate(60, 3, folder / "crm")
    before = dict(os.environ)
    with partners.running(folder) as running, pytest.MonkeyPatch.context() as patch:
        running.configure(folder, date(2026, 1, 5))
        given = {name: value for name, value in os.environ.items() if before.get(name) != value}
        for name in given:
            patch.delenv(name)
        world = World(folder, given | {"AUDIENCE_ASSETS__STATE_DIR": str(folder / ".audience_assets")})
        read("README.md", world)
        yield world


@pytest.fixture(scope="module")
def sealed_day(tmp_path_factory: pytest.TempPathFactory) -> World:
    """What a reader of the page on privacy has: a day of an extract, in a state that is sealed."""
    folder = tmp_path_factory.mktemp("sealed")
    generate(60, 1, folder / "crm")
    (folder / "settings.toml").write_text(
        'encryption_key = { env = "THE_KEY" }\n[source]\npath = "crm/extract/{day}/customers.parquet"\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THE_KEY", key := new_key())
        pipeline = Pipeline(settings.load(folder / "settings.toml"))
        pipeline.read_extract(date(2026, 1, 5))
        pipeline.normalize(date(2026, 1, 5))
    return World(folder, {"AUDIENCE_ASSETS_SETTINGS": str(folder / "settings.toml"), "THE_KEY": key})


def test_every_page_with_commands_is_read_here() -> None:
    read_here = {
        "README.md",
        "docs/audiences.md",
        "docs/first-ten-minutes.md",
        "docs/operating.md",
        "docs/consent-and-erasure.md",
        "docs/privacy.md",
        "docs/troubleshooting.md",
    }
    assert {page for page, typed in TYPED.items() if typed} == read_here


def test_what_is_run_elsewhere_stands_in_a_page_and_somebody_runs_it() -> None:
    known = {command.words for page in pages() for block in blocks(page) for command in shell.commands(block)}
    assert set(ELSEWHERE) <= known
    assert [where for where in ELSEWHERE.values() if not (ROOT / where).exists()] == []


@pytest.mark.timeout(600)
def test_the_first_ten_minutes_are_as_the_page_says(tmp_path: Path) -> None:
    ended = read("docs/first-ten-minutes.md", World(tmp_path, {}))
    told = {each.command.words: "\n".join(each.lines) for each in ended}
    assert "failed" not in told[".venv/bin/audience-assets preflight --day 2026-01-05"]
    assert told[".venv/bin/audience-assets quarantine"].count("1002") == 2
    assert "upsert, blank" in told[".venv/bin/audience-assets history 1003"]
    delta = json.loads((tmp_path / "mine/rehearsal/vtex_ads/delta/2026-01-06/manifest.json").read_text())
    assert sum(file["rows"] for part in delta["parts"] for file in part["files"]) == 3


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", ["docs/operating.md", "docs/consent-and-erasure.md"])
def test_a_page_s_commands_do_what_it_says_in_the_readme_s_deployment(three_days: World, page: str) -> None:
    read(page, three_days)


@pytest.mark.timeout(600)
def test_the_page_on_audiences_counts_who_is_where_and_lists_who_is_held_out(three_days: World) -> None:
    holdout = {"AUDIENCE_ASSETS__HOLDOUT": '{"salt": "2026", "shares": {"vip": 0.5}}'}
    *_, listed = read("docs/audiences.md", World(three_days.folder, {**three_days.variables, **holdout}))
    assert listed.code == 0
    control = (three_days.folder / "control.csv").read_text().splitlines()
    assert control[0] == "customer_id"


def test_the_page_on_privacy_proves_what_it_promises(sealed_day: World) -> None:
    read("docs/privacy.md", sealed_day)


@pytest.mark.timeout(600)
def test_the_page_of_troubles_shows_the_string_that_is_hashed(three_days: World) -> None:
    read("docs/troubleshooting.md", three_days)
