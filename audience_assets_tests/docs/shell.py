"""Runs the commands of a page in one shell, as a reader does, and tells what each of them printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audience_assets_tests.docs.documents import Block

PROMPT = "$ "
MARK = "@@ended"
ANYTHING = "\N{HORIZONTAL ELLIPSIS}"
NOTHING = "prints nothing"
_HEREDOC = re.compile(r"<<'?(\w+)'?")
_TOOLS = {
    "duckdb": """import duckdb
try: print(duckdb.sql(sys.argv[2]))
except duckdb.Error as error: sys.exit(f'{error}')""",
    "jq": "import json; print(json.load(open(sys.argv[3]))[sys.argv[2].removeprefix('.')])",
}
"""Tools that the pages use and that a machine may lack, in the little of them that is used."""


@dataclass(frozen=True)
class Command:
    """What a reader types, with the lines of a text that goes in, and what the page says is printed."""

    typed: str
    printed: tuple[str, ...]

    @property
    def words(self) -> str:
        """The command without the comment behind it, and without what goes in."""
        return self.typed.split("\n")[0].split(" #")[0].strip()


@dataclass(frozen=True)
class Ended:
    """A command that was run: its exit code and its lines."""

    command: Command
    code: int
    lines: tuple[str, ...]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block; without prompts every line is one."""
    prompted = any(line.startswith(PROMPT) for line in block.lines)
    lines = list(block.lines)
    while lines:
        typed = [lines.pop(0).removeprefix(PROMPT)]
        if not typed[0].strip():
            continue
        if text := _HEREDOC.search(typed[0]):
            while typed[-1] != text[1]:
                typed.append(lines.pop(0))
        printed = []
        while prompted and lines and not lines[0].startswith(PROMPT):
            printed.append(lines.pop(0))
        printed = [line for line in printed if line.strip()]
        yield Command("\n".join(typed), tuple(printed))


def run(typed: Sequence[Command], folder: Path, variables: Mapping[str, str]) -> list[Ended]:
    """Type them one after the other into a shell that stands in a folder with `.venv`."""
    tools = folder / ".venv/bin"
    if not tools.exists():
        tools.parent.mkdir(parents=True)
        tools.symlink_to(Path(sys.executable).parent)
    shims = _shims(folder / ".tools")
    script = "\n".join(["set -m", *(f"{each.typed}\nprintf '\\n{MARK} %d\\n' $?" for each in typed)])
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUDIENCE_ASSETS", "DAGSTER", "PYTHON", "FORCE_COLOR", "PY_COLORS"))
    }
    path = f"{tools}:{os.environ['PATH']}:{shims}"
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**clean, "PATH": path, "PYTHONUTF8": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    told = re.split(rf"\n?{MARK} (\d+)\n", ended.stdout)
    assert len(told) == 2 * len(typed) + 1, ended.stdout
    return [
        Ended(command, int(code), tuple(text.strip("\n").splitlines()))
        for command, text, code in zip(typed, told[::2], told[1::2], strict=False)
    ]


def says_what_the_page_says(ended: Ended) -> bool:
    """Whether each line is the page's; an ellipsis stands for anything, also for several lines."""
    if NOTHING in ended.command.typed:
        return not ended.lines
    if not ended.command.printed:
        return True
    pattern = "\n".join(ended.command.printed)
    wanted = ".*".join(re.escape(piece.rstrip()) for piece in pattern.split(ANYTHING))
    return re.fullmatch(wanted, "\n".join(ended.lines), re.DOTALL) is not None


def _shims(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, code in _TOOLS.items():
        shim = folder / name
        shim.write_text(f"#!{sys.executable}\nimport sys\n{code}\n", encoding="utf-8")
        shim.chmod(0o700)
    return folder
