"""audience_assets: the real assets, run by Dagster in this process, with contracts, checks and ledger.

`prepare` is everything from the extract to the files of the deltas; `deliver` takes them to the partners.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import dagster as dg
import pyarrow.parquet as pq

from audience_assets.definitions import JOB, build_defs
from audience_assets.destinations import delta_files
from audience_assets.destinations.contract import Contract
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.ledger.ledger import Ledger
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets.storage import manifest, parquet
from benchmarks.job import Details, Job, Work
from benchmarks.stacks import deployment
from benchmarks.stacks.timing import Stopwatch

SHARED = ("raw_customers", "normalized_customers", "hashed_customers")
STEPS = ("read_extract", "normalize", "hash", "plan")
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def prepare(job: Job) -> Work:
    """Load the definitions, which is not measured; then two steps."""
    settings = deployment.settings_of(job)
    deployment.dagster_home(job)
    names = list(settings.destinations)
    deployment.acknowledge_unsent([name for name in names if name not in (job.options.get("partners") or {})])
    definitions = build_defs(settings).resolve_job_def(JOB)
    day = date.fromisoformat(job.options["day"])
    deltas = [*([each] for each in SHARED), *([name, "delta"] for name in names)]
    deliveries = [[name, "delivery"] for name in names]
    return {
        "prepare": partial(_prepare, definitions, settings, day, deltas),
        "deliver": partial(_deliver, definitions, settings, day, deliveries),
    }


def _prepare(
    definitions: dg.JobDefinition, settings: Settings, day: date, keys: Sequence[Sequence[str]]
) -> Details:
    watch = _watched()
    assets = _run(definitions, day, keys)
    return {
        "assets": assets,
        "shares": watch.totals(),
        "deltas": {name: _counted(settings, name, day) for name in settings.destinations},
        "state": _narrow_state(settings, day),
    }


def _deliver(
    definitions: dg.JobDefinition, settings: Settings, day: date, keys: Sequence[Sequence[str]]
) -> Details:
    assets = _run(definitions, day, keys)
    with Ledger.open(settings.ledger) as ledger:
        sent = {name: _sent(ledger, name, day) for name in settings.destinations}
    return {"assets": assets, "sent": sent}


def _sent(ledger: Ledger, name: str, day: date) -> Details:
    """What the ledger knows of the day's deliveries to a destination; batches are numbered in each session without a gap."""
    deliveries = [each for each in ledger.deliveries(name, limit=1000) if each.day == day]
    batches = [batch for each in deliveries for batch in ledger.batches(each.id)]
    sessions: dict[str, list[int]] = {}
    if name == "meta":
        for session, _, number in (batch.remote_key.partition("/") for batch in batches):
            sessions.setdefault(session, []).append(int(number))
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in sessions.values())
    return {
        "batches": len(batches),
        "rows": sum(batch.rows for batch in batches),
        "largest_batch": max((batch.rows for batch in batches), default=0),
        "refused": sum(batch.refused for batch in batches),
    }


def _run(definitions: dg.JobDefinition, day: date, keys: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Materialize these assets for a day; what each took, from the end of the one before it."""
    ends: list[tuple[str, float, float]] = []

    @dg.success_hook
    def note(context: dg.HookContext) -> None:
        ends.append((context.op.name.replace("__", "/"), perf_counter(), process_time()))

    began = ("", perf_counter(), process_time())
    with dg.DagsterInstance.get() as instance:
        result = definitions.with_hooks({note}).execute_in_process(
            partition_key=day.isoformat(),
            instance=instance,
            asset_selection=[dg.AssetKey(list(key)) for key in keys],
            run_config=QUIET,
        )
    if not result.success:
        raise RuntimeError(f"the run of {day} failed")
    return {
        name: {"seconds": at - before[1], "cpu_seconds": used - before[2]}
        for before, (name, at, used) in pairwise([began, *ends])
    }


def _watched() -> Stopwatch:
    """Times the steps themselves, what they spend on contracts, and what the ledger takes."""
    watch = Stopwatch()
    for step in STEPS:
        watch.watch(Pipeline, step, "steps")
    for owner, name in contract_checks():
        watch.watch(owner, name, "asset checks" if owner is Pipeline else "contracts")
    watch.watch_all(Ledger, "ledger")
    return watch


def contract_checks() -> list[tuple[Any, str]]:
    """Everything that proves a delta before it is published or after: owner and name of each function."""
    return [
        (Contract, "check"),
        (parquet, "verify"),
        (delta_files, "_refuse_repeated"),
        (Pipeline, "count_delta"),
    ]


def _counted(settings: Settings, name: str, day: date) -> Details:
    pipeline = Pipeline(settings)
    made = manifest.read(DeltaManifest, pipeline.layout.delta(name, day), name)
    folder = pipeline.layout.delta(name, day)
    return {
        "rows": made.rows,
        "files": len(made.files),
        "bytes": sum(Path(str(folder / file.name)).stat().st_size for file in made.files),
    }


def _narrow_state(settings: Settings, day: date) -> Details:
    """What is rewritten every day: bytes of the index's columns besides the customer's id, and its customers."""
    with Ledger.open(settings.ledger) as ledger:
        snapshot = ledger.current_snapshot(day)
    if snapshot is None:
        raise RuntimeError(f"the ledger has no snapshot of {day}")
    index = Path(settings.state_dir) / snapshot.index_file
    files = [index] if index.is_file() else sorted(index.glob("*.parquet"))
    size = 0
    for metadata in map(pq.read_metadata, files):
        for group in range(metadata.num_row_groups):
            columns = (metadata.row_group(group).column(place) for place in range(metadata.num_columns))
            size += sum(
                each.total_compressed_size for each in columns if each.path_in_schema != "customer_id"
            )
    return {"customers": snapshot.customers, "bytes_besides_id": size}
