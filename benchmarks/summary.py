"""Makes medians of the records, and the figures that the report and the targets are made of."""

from collections.abc import Iterable
from statistics import median
from typing import Any

from benchmarks.extract import DAYS
from benchmarks.job import Details
from benchmarks.plan import ALL_THREE, BARE, CORES, LIMIT, RIVALS, STACKS, TASKS, VTEX_ADS

FIRST = DAYS[0].name
MEASURES = ("seconds", "cpu_seconds", "peak_bytes")
NOT_RUN = "was not run"
OURS = ("vtex_ads", "all_three", "meta", "tiktok")


class Records:
    """What was measured, to be asked by stack, day and step."""

    def __init__(self, records: list[Details]) -> None:
        self._records = records

    def of(self, stack: str, day: str = FIRST, customers: int | None = None) -> list[Details]:
        """The runs of a stack on a day that did not fail."""
        return [
            each
            for each in self._records
            if each["stack"] == stack
            and each["day"] == day
            and "error" not in each
            and customers in (None, each["customers"])
        ]

    def error(self, stack: str) -> str | None:
        """Why a stack has no result."""
        return next(
            (each["error"] for each in self._records if each["stack"] == stack and "error" in each), None
        )

    def step(
        self, stack: str, day: str = FIRST, step: str | None = None, customers: int | None = None
    ) -> Details:
        """Medians of a step, with the smallest and largest seconds; all steps together without a name."""
        runs = self.of(stack, day, customers)
        if not runs:
            return {}
        taken = [[step] if step else list(run["steps"]) for run in runs]
        values = {
            measure: [
                (max if measure == "peak_bytes" else sum)(run["steps"][name][measure] for name in names)
                for run, names in zip(runs, taken, strict=True)
            ]
            for measure in MEASURES
        }
        if step in (
            None,
            next(iter(runs[0]["steps"])),
        ):  # the one that needs most; children's memory counts too
            values["peak_bytes"] = [run["peak_bytes"] for run in runs]
        return {
            "customers": runs[0]["customers"],
            "runs": len(runs),
            "seconds": median(values["seconds"]),
            "seconds_from": min(values["seconds"]),
            "seconds_to": max(values["seconds"]),
            "cpu_seconds": median(values["cpu_seconds"]),
            "peak_bytes": median(values["peak_bytes"]),
            "start_seconds": median(run["start_seconds"] for run in runs),
        }


def stacks(records: Records, comparisons: Details) -> Details:
    """Every stack's first load, from the extract to files, and how fast that is."""
    found: Details = {}
    for stack in (each for each in STACKS if each not in TASKS):
        step = "prepare" if stack.destinations else None
        figures = records.step(stack.name, step=step)
        if not figures:
            found[stack.name] = {
                "title": stack.title,
                "error": records.error(stack.name) or NOT_RUN,
                "remark": stack.remark,
            }
            continue
        found[stack.name] = {
            "title": stack.title,
            **figures,
            "rows_per_second": figures["customers"] / figures["seconds"],
            "rows_per_cpu_second": figures["customers"] / figures["cpu_seconds"],
            "remark": stack.remark,
            **comparisons.get(stack.name, {}),
        }
    return found


def days(records: Records) -> Details:
    """Ours, day by day: preparing, delivering, each asset, rows that changed."""
    found: Details = {}
    for name in OURS:
        for day in (each.name for each in DAYS):
            runs = records.of(name, day)
            if not runs:
                continue
            found.setdefault(name, {})[day] = {
                "prepare": records.step(name, day, "prepare"),
                "deliver": records.step(name, day, "deliver"),
                "assets": _assets(runs),
                "deltas": runs[0]["steps"]["prepare"]["deltas"],
            }
    return found


def tasks(records: Records) -> Details:
    """The same work by whoever runs the tasks of a step, day by day."""
    found: Details = {}
    for stack in TASKS:
        days_run = {day.name: records.step(stack.name, day.name, "prepare") for day in stack.days}
        found[stack.name] = {
            "title": stack.title,
            "days": {day: figures for day, figures in days_run.items() if figures},
            "error": records.error(stack.name),
        }
    return found


def overhead(records: Records) -> Details:
    """What Dagster, contracts and ledger take of a first load, timed inside of it, and by the difference to a bare run."""
    found: Details = {}
    for name in (VTEX_ADS.name, ALL_THREE.name):
        shares = [_overhead(run["steps"]["prepare"]) for run in records.of(name)]
        if shares:
            found[name] = {key: median(each[key] for each in shares) for key in shares[0]}
    whole, bare = records.step(VTEX_ADS.name, step="prepare"), records.step(BARE.name)
    if whole and bare:
        found["by_difference"] = {
            measure: 1 - bare[measure] / whole[measure] for measure in ("seconds", "cpu_seconds")
        }
    return found


def limit(records: Records) -> Details:
    """The limit's parts, and our processor seconds against their sum."""
    figures, ours = records.step(LIMIT.name), records.step(VTEX_ADS.name, step="prepare")
    if not figures or not ours:
        return {"error": records.error(LIMIT.name) or NOT_RUN}
    run = records.of(LIMIT.name)[0]["steps"]
    return {
        "cpu_seconds": figures["cpu_seconds"],
        "parts": {part: records.step(LIMIT.name, step=part)["cpu_seconds"] for part in run},
        "fastest": run["hash"]["fastest"],
        "digests_per_cpu_second": run["hash"]["rates"],
        "texts": run["hash"]["texts"],
        "bytes_written": run["write"]["bytes"],
        "ours_to_limit": ours["cpu_seconds"] / figures["cpu_seconds"],
    }


def delivery(records: Records) -> Details:
    """What really delivering took: rows a second, calls, and calls that the delta saved."""
    found: Details = {}
    days_run = [day.name for day in DAYS if records.of("delivery", day.name)]
    full: dict[str, int] = {}
    for day in days_run:
        runs = records.of("delivery", day)
        assets = _assets(runs, "deliver")
        found[day] = {"customers": runs[0]["customers"]}
        for name, sent in runs[0]["steps"]["deliver"]["sent"].items():
            seconds = assets[f"{name}/delivery"]["seconds"]
            calls = sum(runs[0]["calls"][name].values()) or sent["batches"]
            full.setdefault(name, calls)
            found[day][name] = {
                **assets[f"{name}/delivery"],
                **sent,
                "rows_per_second": sent["rows"] / seconds,
                "calls": calls,
                "calls_by_operation": runs[0]["calls"][name],
                "calls_saved": 1 - calls / full[name] if full[name] else 0.0,
            }
    return found or {"error": records.error("delivery") or NOT_RUN}


def payloads(records: Records) -> Details:
    """Rows of Meta payloads built a second of processor time."""
    figures = records.step("payloads")
    if not figures:
        return {"error": records.error("payloads") or NOT_RUN}
    step = records.of("payloads")[0]["steps"]["build"]
    return {
        "rows": step["rows"],
        "keys": step["keys"],
        "bytes_per_row": step["bytes"] / step["rows"],
        "rows_per_cpu_second": step["rows"] / figures["cpu_seconds"],
    }


def growth(records: Records, sizes: Iterable[int]) -> list[Details]:
    """Our first load by size."""
    found = [records.step("growth", step="prepare", customers=size) for size in sizes]
    whole = records.step(VTEX_ADS.name, step="prepare")
    return sorted((each for each in [*found, whole] if each), key=lambda each: int(each["customers"]))


def ratios(found: Details, measure: str = "rows_per_second") -> dict[str, float]:
    """How many times more rows ours makes, in a second or in a processor second, than each other stack."""
    ours = found[VTEX_ADS.name].get(measure)
    return {
        each.name: ours / found[each.name][measure] for each in RIVALS if ours and measure in found[each.name]
    }


def _assets(runs: list[Details], *steps: str) -> dict[str, dict[str, float]]:
    found: dict[str, Any] = {}
    for step in steps or ("prepare", "deliver"):
        for name in runs[0]["steps"][step]["assets"]:
            taken = [run["steps"][step]["assets"][name] for run in runs]
            found[name] = {key: median(each[key] for each in taken) for key in taken[0]}
    return found


def _overhead(prepare: Details) -> dict[str, float]:
    """Shares of the seconds. Steps contain their contracts and calls of the ledger, and leave out what Dagster does."""
    shares = {label: each["seconds"] / prepare["seconds"] for label, each in prepare["shares"].items()}
    checks = shares.get("asset checks", 0.0)
    dagster = 1 - shares["steps"] - checks
    contracts = shares.get("contracts", 0.0) + checks
    return {
        "dagster": dagster,
        "contracts": contracts,
        "ledger": shares.get("ledger", 0.0),
        "together": dagster + contracts + shares.get("ledger", 0.0),
        "seconds": prepare["seconds"],
    }


def machine_was_shared(load: float) -> bool:
    """Whether others wanted the cores before the benchmark began."""
    return load > CORES / 2


def state(records: Records) -> Details:
    """Bytes of the index that is rewritten every day, besides the customers' ids."""
    runs = records.of(VTEX_ADS.name)
    if not runs:
        return {}
    kept = runs[0]["steps"]["prepare"]["state"]
    return {**kept, "bytes_per_customer": kept["bytes_besides_id"] / kept["customers"]}
