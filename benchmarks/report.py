"""Writes a run: the JSON with every figure, the tables between the marks of a page, and the plots."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure, summary, tables
from benchmarks.job import Details
from benchmarks.plan import ENVIRONMENTS
from benchmarks.summary import Records
from benchmarks.targets import judge

BEGIN = "<!-- figures: begin (written by make bench) -->"
END = "<!-- figures: end -->"
BEGIN_PROFILE = "<!-- profile: begin (written by make profile) -->"
END_PROFILE = "<!-- profile: end -->"


def figures(
    records: list[Details], comparisons: Details, extract: Details, about: Details, sizes: tuple[int, ...]
) -> Details:
    """Everything that a run says.

    Args:
        records: One for each process that ran.
        comparisons: By stack, how its digests compare with ours.
        extract: Rows and bytes by day.
        about: Size, repeats, machine, versions, and what another run said.
        sizes: The sizes by which growth is judged, besides the whole.
    """
    asked = Records(records)
    found: Details = {
        **about,
        "extract": extract,
        "stacks": summary.stacks(asked, comparisons),
        "days": summary.days(asked),
        "overhead": summary.overhead(asked),
        "limit": summary.limit(asked),
        "delivery": summary.delivery(asked),
        "payloads": summary.payloads(asked),
        "growth": summary.growth(asked, sizes),
        "tasks": summary.tasks(asked),
        "state": summary.state(asked),
    }
    found["ratios"] = summary.ratios(found["stacks"])
    found["cpu_ratios"] = summary.ratios(found["stacks"], "rows_per_cpu_second")
    found["targets"] = [target.described() for target in judge(found)]
    return {**found, "runs": records}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the figures, the page with their tables and the plots go."""

    figures: Path
    page: Path
    plots: Path

    def below(self, folder: Path) -> "Places":
        """The same places in a folder."""
        return Places(folder / self.figures, folder / self.page, folder / self.plots)


def another_run(places: Places, size: int) -> Details:
    """What the last run said, as far as it is set beside the next one; nothing if it had another size or there is none."""
    if not places.figures.is_file():
        return {}
    found: Details = json.loads(places.figures.read_text(encoding="utf-8"))
    if found["size"] != size:
        return {}
    return {
        "day": found["day"],
        "commit": found.get("commit", ""),
        "repeats": found["repeats"],
        "load_before": found["load_before"],
        "targets": {each["what"]: each["figure"] for each in found["targets"]},
        "rows_per_second": {
            name: each["rows_per_second"]
            for name, each in found["stacks"].items()
            if "rows_per_second" in each
        },
    }


def write(found: Details, places: Places) -> list[Path]:
    """Write the JSON file, the tables between the marks of the page, and the plots; return what was written."""
    places.plots.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    places.figures.write_text(f"{text}\n", encoding="utf-8")
    replace(places.page, BEGIN, END, tables.of(found))
    return [places.figures, places.page, *_drawn(places)]


def replace(page: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two marks of a page; a page that is not there has nothing else."""
    written = page.read_text(encoding="utf-8") if page.is_file() else f"{begin}\n{end}\n"
    before, _, rest = written.partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def _drawn(places: Places) -> list[Path]:
    """The plots, made where matplotlib is; none where that is not set up."""
    python = measure.REPOSITORY / ENVIRONMENTS["rivals"]
    if not python.exists():
        return []
    command = [str(python), "-m", "benchmarks.plots", str(places.figures), str(places.plots)]
    said = subprocess.run(command, cwd=measure.REPOSITORY, capture_output=True, text=True, check=True)
    return [Path(line) for line in said.stdout.splitlines()]
