"""Draws what a run measured: rows a second by stack, seconds by change, seconds and memory by size.

`python -m benchmarks.plots FIGURES FOLDER`, in the environment that has matplotlib.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.job import Details
from benchmarks.plan import RIVALS, VTEX_ADS

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "audience_assets"  # the same figures make the same file
mpl.rcParams["svg.fonttype"] = "none"

OURS, OTHERS = "#1f6f8b", "#b0b7bd"
GIGABYTE = 1e9
NO_DATE = {"Date": None}


def draw(found: Details, folder: Path) -> list[Path]:
    """Write one SVG for each picture that there are figures for."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"stacks": _stacks, "days": _days, "growth": _growth}
    drawn = []
    for name, picture in pictures.items():
        figure = picture(found)
        if figure is not None:
            drawn.append(folder / f"{name}.svg")
            figure.savefig(drawn[-1], metadata=NO_DATE, bbox_inches="tight")
            plt.close(figure)
    return drawn


def _stacks(found: Details) -> plt.Figure | None:
    """Rows a second of a first load, the fastest on top."""
    names = (VTEX_ADS.name, *(each.name for each in RIVALS))
    known = [found["stacks"][name] for name in names if "rows_per_second" in found["stacks"][name]]
    if not known:
        return None
    known.sort(key=lambda each: float(each["rows_per_second"]))
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(known) + 1))
    colors = [OURS if each["title"] == VTEX_ADS.title else OTHERS for each in known]
    rates = [each["rows_per_second"] for each in known]
    bars = axes.barh([each["title"] for each in known], rates, color=colors)
    axes.bar_label(bars, labels=[f" {rate:,.0f}" for rate in rates])
    axes.set_xlabel("rows a second, from the extract to files for VTEX Ads")
    _plain(axes)
    return figure


def _days(found: Details) -> plt.Figure | None:
    """Seconds by what changed since the day before, for all three partners."""
    days = found["days"].get("all_three")
    if not days:
        return None
    figure, axes = plt.subplots(figsize=(8, 3))
    seconds = [each["prepare"]["seconds"] for each in days.values()]
    bars = axes.bar(list(days), seconds, color=OURS)
    axes.bar_label(bars, labels=[f"{each:.1f}" for each in seconds])
    axes.set_ylabel("seconds")
    axes.set_xlabel("customers that changed since the day before")
    _plain(axes)
    return figure


def _growth(found: Details) -> plt.Figure | None:
    """Seconds and memory by size, both on log axes."""
    growth = found["growth"]
    if len(growth) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    figure, both = plt.subplots(1, 2, figsize=(9, 3.2))
    sizes = [each["customers"] for each in growth]
    lines = (("seconds", 1.0, "seconds"), ("peak_bytes", GIGABYTE, "peak memory, GB"))
    for axes, (key, unit, label) in zip(both, lines, strict=True):
        axes.plot(sizes, [each[key] / unit for each in growth], marker="o", color=OURS)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("customers")
        axes.set_ylabel(label)
        axes.grid(visible=True, which="both", alpha=0.3)
        _plain(axes)
    return figure


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    for drawn_file in draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])):
        print(drawn_file)
