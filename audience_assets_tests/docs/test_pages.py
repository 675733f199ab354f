"""The pages say what the product says and has: every setting, and sentences that the code can really produce."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from audience_assets.destinations.meta.settings import MetaAudienceSettings, MetaSettings
from audience_assets.destinations.tiktok.settings import TikTokAudienceSettings, TikTokSettings
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.settings import Settings
from audience_assets_tests.docs.documents import ROOT

ANYTHING = "\N{HORIZONTAL ELLIPSIS}"


@pytest.mark.parametrize(
    ("page", "model"),
    [
        ("vtex_ads", VtexAdsSettings),
        ("meta", MetaSettings),
        ("meta", MetaAudienceSettings),
        ("tiktok", TikTokSettings),
        ("tiktok", TikTokAudienceSettings),
    ],
)
def test_a_partners_page_has_a_row_for_every_setting(page: str, model: type[BaseModel]) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = {
        key
        for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    }
    assert set(model.model_fields) <= named, f"docs/{page}.md lacks {set(model.model_fields) - named}"


def test_the_example_has_every_section_of_the_settings() -> None:
    text = (ROOT / "examples/settings.toml").read_text(encoding="utf-8")
    assert [
        key for key in Settings.model_fields if not re.search(rf"^(# )?\[?{key}\b", text, re.MULTILINE)
    ] == []


def quotes() -> list[str]:
    """The sentences that the page of troubles quotes."""
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    return re.findall("^> (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("quote", quotes())
def test_a_quoted_sentence_is_one_that_the_product_says(quote: str) -> None:
    for piece in quote.split(ANYTHING):
        assert any(piece.strip() in sentence for sentence in _sentences()), piece


def test_a_sentence_that_nobody_says_would_be_noticed() -> None:
    assert not any("the moon is not set" in sentence for sentence in _sentences())
    assert len(quotes()) > 20


@cache
def _sentences() -> frozenset[str]:
    """Every text in the package, as it is put together, with an ellipsis for what is filled in."""
    return frozenset(
        text for file in (ROOT / "audience_assets").rglob("*.py") for text in _texts(file) if " " in text
    )


def _texts(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(each.value) if isinstance(each, ast.Constant) else ANYTHING for each in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
