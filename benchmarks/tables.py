"""The tables of a run as Markdown: targets, stacks, days, deliveries, sizes, and the spread between two runs."""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks import summary
from benchmarks.extract import DAYS
from benchmarks.job import Details
from benchmarks.targets import inexactness

PLOTS = "performance"
"""The folder of the plots, beside the page."""
DRAWN = {
    "stacks": "Rows a second by stack",
    "days": "Seconds by share of changed customers",
    "growth": "Seconds and memory by size",
}
"""What `plots` draws."""
GIGABYTE = 1e9


def of(found: Details) -> str:
    """The run as Markdown."""
    machine = found["machine"]
    shared = (
        " The machine was shared while it ran." if summary.machine_was_shared(found["load_before"]) else ""
    )
    sections = {
        f"{found['size']:,} customers, medians of {found['repeats']}, on {machine['cores']} cores of"
        f" {machine['processor']} with {machine['memory_gib']} GiB, {found['day']}.{shared}": _targets(found),
        "A first load for VTEX Ads, from the extract to files that are ready to be sent:": _stacks(found),
        "Day by day, from the extract to the deltas of all three partners:": _days(found),
        "Really delivered to the sandboxes:": _delivery(found),
        "By size, a first load for VTEX Ads:": _growth(found),
        "By who runs the tasks, VTEX Ads without Dagster:": _tasks(found),
    }
    plots = "\n\n".join(f"![{title}]({PLOTS}/{name}.svg)" for name, title in DRAWN.items())
    described = [f"{title}\n\n{table}" for title, table in sections.items() if table]
    return "\n\n".join([*described, _spread(found), plots])


def _targets(found: Details) -> str:
    marks = {True: "met", False: "**not met**", None: "not measured"}
    earlier = found["another_run"].get("targets", {})
    rows = [
        (
            each["what"],
            f"{each['side']} {each['bound']:,g}",
            _number(each["figure"]),
            _number(earlier.get(each["what"])),
            marks[each["met"]],
            each["note"],
        )
        for each in found["targets"]
    ]
    return table(("target", "bound", "measured", "another run", "", "remark"), rows)


def _spread(found: Details) -> str:
    """By how much the rows a second of the stacks differ from those of another run."""
    earlier = found["another_run"].get("rows_per_second", {})
    ratios = {
        each["title"]: max(each["rows_per_second"], earlier[name])
        / min(each["rows_per_second"], earlier[name])
        for name, each in found["stacks"].items()
        if name in earlier and "rows_per_second" in each
    }
    if not ratios:
        return "There is no other run to compare with."
    title = max(ratios, key=lambda each: ratios[each])
    another = found["another_run"]
    times = "once" if another["repeats"] == 1 else f"{another['repeats']} times"
    return (
        f"This run measured {found['commit']}. Another, on {another['day']}, measured {another['commit']}, each stack {times}. Rows a second of the same stack differ"
        f" between the two by {median(ratios.values()) - 1:.0%} in the median, and by {ratios[title] - 1:.0%} at most"
        f" ({title})."
    )


def _stacks(found: Details) -> str:
    rows = []
    for name, each in found["stacks"].items():
        if each.get("error") == summary.NOT_RUN:
            continue
        if "error" in each:
            rows.append((each["title"], "", "", "", "", "", each["error"]))
            continue
        ratios = [found[kind].get(name) for kind in ("ratios", "cpu_ratios")]
        remarks = "; ".join(part for part in (inexactness(each), each["remark"]) if part)
        rows.append(
            (
                each["title"],
                f"{each['customers']:,}",
                f"{each['rows_per_second']:,.0f}",
                f"{each['rows_per_cpu_second']:,.0f}",
                f"{each['peak_bytes'] / GIGABYTE:.2f}",
                " / ".join(f"{ratio:.1f}" for ratio in ratios if ratio),
                remarks,
            )
        )
    head = (
        "stack",
        "customers",
        "rows/s",
        "rows/CPU s",
        "peak GB",
        "ours is faster by: s / CPU s",
        "digests and remarks",
    )
    return table(head, rows)


def _days(found: Details) -> str:
    days = found["days"].get("all_three", {})
    first = days.get(DAYS[0].name, {}).get("prepare", {}).get("seconds")
    rows = []
    for name, each in days.items():
        step = each["prepare"]
        prepared = [asset for asset in each["assets"] if not asset.endswith("/delivery")]
        slowest = max(prepared, key=lambda asset: float(each["assets"][asset]["seconds"]))
        rows.append(
            (
                name,
                f"{step['seconds']:.1f}",
                f"{step['cpu_seconds']:.1f}",
                f"{step['peak_bytes'] / GIGABYTE:.2f}",
                f"{step['seconds'] / first:.1%}" if first else "",
                " / ".join(f"{delta['rows']:,}" for delta in each["deltas"].values()),
                slowest,
            )
        )
    return table(("day", "s", "CPU s", "peak GB", "of the first load", "rows sent", "slowest asset"), rows)


def _delivery(found: Details) -> str:
    if "error" in found["delivery"]:
        return "" if found["delivery"]["error"] == summary.NOT_RUN else str(found["delivery"]["error"])
    rows = [
        (
            day,
            name,
            f"{each['rows']:,}",
            f"{each['seconds']:.1f}",
            f"{each['rows_per_second']:,.0f}",
            f"{each['calls']:,}",
            f"{each['calls_saved']:.0%}",
        )
        for day, partners in found["delivery"].items()
        for name, each in partners.items()
        if isinstance(each, dict)
    ]
    return table(("day", "partner", "rows", "s", "rows/s", "calls", "calls saved by the delta"), rows)


def _growth(found: Details) -> str:
    rows = [
        (
            f"{each['customers']:,}",
            f"{each['seconds']:.1f}",
            f"{each['cpu_seconds']:.1f}",
            f"{each['peak_bytes'] / GIGABYTE:.2f}",
            f"{each['customers'] / each['seconds']:,.0f}",
        )
        for each in found["growth"]
    ]
    return table(("customers", "s", "CPU s", "peak GB", "rows/s"), rows)


def _tasks(found: Details) -> str:
    rows = []
    for each in found["tasks"].values():
        if each["error"] and each["error"] != summary.NOT_RUN:
            rows.append((each["title"], "", "", "", "", each["error"]))
        rows += [
            (
                each["title"],
                f"{figures['customers']:,}",
                day,
                f"{figures['seconds']:.1f}",
                f"{figures['cpu_seconds']:.1f}",
                f"{figures['peak_bytes'] / GIGABYTE:.2f}",
            )
            for day, figures in each["days"].items()
        ]
    return table(("by", "customers", "day", "s", "CPU s", "peak GB"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, or nothing where there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines]) if lines else ""


def _number(figure: float | None) -> str:
    """Three digits that say something."""
    if figure is None:
        return ""
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}"  # noqa: PLR2004 - from a thousand on, whole numbers
