"""The site builds without a warning, fetches nothing from elsewhere, and no link in it or in the README is dead."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]  # Markdown ships no types

from audience_assets_tests.docs.documents import README, ROOT

_LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)")
_LOADED = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=\"?(https?://[^\" >]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `mkdocs build --strict` builds it."""
    folder = tmp_path_factory.mktemp("site")
    ended = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def test_every_page_is_in_the_site_and_in_its_navigation(site: Path) -> None:
    pages = {file.relative_to(ROOT / "docs").with_suffix(".html") for file in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not (site / page).is_file()} == set()
    start = (site / "index.html").read_text(encoding="utf-8")
    assert {str(page) for page in pages if f'href="{page}"' not in start} <= {"index.html"}


def test_no_page_stands_twice_in_the_navigation() -> None:
    listed = re.findall(r"(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(listed)) == sorted(listed)


def test_a_page_that_is_opened_asks_nobody_else_for_anything(site: Path) -> None:
    loaded = {file.name: _LOADED.findall(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}
    assert {name: urls for name, urls in loaded.items() if urls} == {}


@pytest.mark.parametrize(
    ("file", "anchor"), sorted(set(_LINK.findall(README.read_text(encoding="utf-8")))) or [("", "")]
)
def test_a_link_of_the_readme_leads_somewhere(file: str, anchor: str) -> None:
    target = ROOT / file if file else README
    assert target.exists()
    if anchor:
        titles = re.findall("^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {slugify(title.replace("`", ""), "-") for title in titles}
