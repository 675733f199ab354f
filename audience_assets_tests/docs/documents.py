"""The documents under test: the README and the pages of docs/."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SHELLS = ("console", "bash", "sh")
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


def pages() -> list[Path]:
    """The README and every page of docs/, in the order of their names."""
    return [README, *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A block of a shell's lines in a page."""

    page: str
    lines: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """The page's blocks of shell commands, without their indentation."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if found["language"] in SHELLS:
            lines = [line.removeprefix(found["indent"]) for line in found["text"].splitlines()]
            yield Block(str(page.relative_to(ROOT)), tuple(lines))
