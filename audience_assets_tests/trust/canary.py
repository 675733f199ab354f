"""The life of a deployment through which marked customers pass: good days, faults, refusals, a crash, suppression, erasure, purge."""

import io
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets.assets import destinations, erasure
from audience_assets.assets import retention as retention_asset
from audience_assets.erasure import reading
from audience_assets.errors import ExtractError
from audience_assets.pipeline import Pipeline
from audience_assets.preflight import looking, table
from audience_assets.retention import purging
from audience_assets.rules import name
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.faults import Fault as TikTokFault
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    Bucket,
    Deployment,
    Row,
    destination,
    failure,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of
from audience_assets_tests.trust.marks import CUSTOMERS, REFUSED

KEY = "TRUST_TESTS_ENCRYPTION_KEY"  # the name of a variable
SECRET_KEY = "vN4+/" + "q" * 38 + "="
META_KEYS = ["EXTERN_ID", "EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "DOBY", "DOBM", "DOBD", "MADID"]
ERASED, SUPPRESSED, REFUSED_BY_META = CUSTOMERS[:3]
FILLERS = 20
EVERYBODY = [*CUSTOMERS, REFUSED]


@dataclass
class Lived:
    """What a life left behind.

    Attributes:
        folder: Has state/, scratch/ and dagster/.
        said: Standard output, standard error and the log.
        failures: What the failed runs told.
        told: What commands and receipts showed.
    """

    deployment: Deployment
    folder: Path
    account: Account
    advertiser: Advertiser
    failures: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    said: str = ""


def fillers(more: int = 0) -> list[Row]:
    """Others, so that no guard takes the marked for everybody, and that each partner has something to be told."""
    return [
        {"customer_id": f"c{number}", "email": f"c{number}@example.com", "city": "Rio", "audiences": ["vip"]}
        for number in range(FILLERS + more)
    ]


@contextmanager
def lived(folder: Path, server: S3Server, bucket: Bucket, *, sealed: bool) -> Iterator[Lived]:
    """Live, with a key or without one."""
    (folder / "dagster").mkdir()
    prefix = f"{server.prefix}/{folder.name}"
    log = logging.StreamHandler(said := io.StringIO())
    with (
        MetaServer(folder / "meta") as meta,
        TikTokServer(folder / "tiktok") as tiktok,
        secrets_of(meta.account),
        token_of(tiktok.advertiser),
        pytest.MonkeyPatch.context() as patch,
        dg.DagsterInstance.local_temp(str(folder / "dagster")) as instance,
        redirect_stderr(said),
        redirect_stdout(said),
    ):
        patch.setenv(KEY, SECRET_KEY)
        patch.setattr(destinations, "RETRIES", dg.RetryPolicy(max_retries=1))
        logging.getLogger().addHandler(log)
        tiktok.advertiser.smallest_audience = 1
        places = {
            "vtex_ads": destination(server, prefix),
            "meta": meta_destination(
                meta, meta.account, keys=META_KEYS, rows_per_batch=100, patience_seconds=1
            ),
            "tiktok": tiktok_destination(tiktok, tiktok.advertiser, patience_seconds=1),
        }
        given = {"encryption_key": {"env": KEY}} if sealed else {}
        settings = settings_of(
            folder,
            places,
            scratch_dir="scratch",
            suppression={"path": "suppressed.csv"},
            erasure={"requests": {"path": "requests.csv"}},
            **given,
        )
        life = Lived(Deployment(settings, bucket, prefix, instance), folder, meta.account, tiktok.advertiser)
        try:
            _live(life)
        finally:
            logging.getLogger().removeHandler(log)
        life.said = said.getvalue()
        yield life


def _live(life: Lived) -> None:
    _write(life, "suppressed.csv", [{"email": "nobody@example.com"}])
    _write(life, "requests.csv", [{"request": "T-0", "customer_id": "nobody"}])
    _a_good_day_with_refused_rows(life)
    if life.deployment.settings.encryption_key is None:  # one of the two lives is enough for these
        _a_day_of_faults(life)
    _a_crash(life)
    _suppression_and_erasure(life)
    _purge(life)
    pipeline = life.deployment.pipeline
    findings = {each: looking.look(pipeline, each, None) for each in pipeline.destinations}
    life.told += [table.as_json(findings), repr(pipeline.settings), repr(pipeline)]


def _a_good_day_with_refused_rows(life: Lived) -> None:
    theirs = sha256(str(REFUSED_BY_META["email"]).lower().encode()).hexdigest()
    life.account.samples, life.account.refuses = "rows", lambda _key, cell: cell == theirs
    life.deployment.land(DAYS[0], _alike([*EVERYBODY, *fillers()]))
    assert life.deployment.run(DAYS[0]).success


def _a_day_of_faults(life: Lived) -> None:
    """The partners repeat rows in their errors, or do not answer; a delivery fails, and is then repeated."""
    deployed, account, advertiser = life.deployment, life.account, life.advertiser
    deployed.land(
        DAYS[1],
        _alike([{**row, "last_name": f"{row['last_name']} e mais"} for row in EVERYBODY] + fillers(1)),
    )
    echoed = repr(EVERYBODY) + json.dumps(EVERYBODY)
    account.faults += [
        Fault("*", "error", body=f"<html>{echoed}</html>"),
        Fault(
            "users_add",
            "error",
            status=400,
            body=json.dumps({"error": {"message": echoed, "code": 100}}),
            times=20,
        ),
    ]
    life.failures.append(
        failure(deployed.run(DAYS[1], *ASSETS, "meta/delta", "meta/delivery", "tiktok/delta"))[1]
    )
    account.faults[:] = [Fault("users_add", "drop_after", times=20)]
    life.failures.append(failure(deployed.run(DAYS[1], "meta/delivery"))[1])
    account.faults[:] = [Fault("users_add", "drop_after")]
    assert deployed.run(DAYS[1], "meta/delivery").success
    body = json.dumps({"code": 40002, "message": echoed, "request_id": echoed, "data": {}})
    advertiser.faults += [
        TikTokFault("*", "error", body=f"<html>{echoed}</html>"),
        TikTokFault("update_append", "error", status=200, body=body, content_type="application/json"),
    ]
    life.failures.append(failure(deployed.run(DAYS[1], "tiktok/delivery"))[1])
    advertiser.faults.clear()
    assert deployed.run(DAYS[1], "tiktok/delivery").success


def _a_crash(life: Lived) -> None:
    """DuckDB fails on a value and quotes it; then something of ours fails that nobody thought of."""
    life.deployment.land(
        DAYS[2],
        _alike([{**row, "first_name": f"{row['first_name']} outra"} for row in EVERYBODY] + fillers(1)),
    )
    with pytest.MonkeyPatch.context() as broken:
        wrong = replace(name.SPACELESS_LOWER, expression="cast(cast({0} as integer) as varchar)")
        broken.setattr(name, "SPACELESS_LOWER", wrong)
        life.failures.append(failure(replace(life.deployment).run(DAYS[2]))[1])
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Pipeline, "plan", _bug)
        result = life.deployment.run(DAYS[2])
        [event] = [
            each for each in result.all_events if each.is_step_failure and "delta" in str(each.node_name)
        ][:1]
        life.failures.append(event.step_failure_data.error_display_string)


def _bug(*_given: Any, **_named: Any) -> None:
    """Fails as any program may, with customers in its local variables."""
    rows = [dict(row) for row in EVERYBODY]
    raise RuntimeError(f"a bug among {len(rows)} rows")


def _suppression_and_erasure(life: Lived) -> None:
    _write(life, "suppressed.csv", [{"email": SUPPRESSED["email"]}])
    assert life.deployment.run(DAYS[2]).success
    _write(life, "requests.csv", [{"request": "T-1", "customer_id": "", "email": ERASED["email"]}])
    asset = erasure.build(life.deployment.pipeline)
    assert dg.materialize([asset], instance=life.deployment.instance).success
    with pytest.raises(ExtractError) as refused:
        list(reading.from_lines([json.dumps({"request": "T-2", "phone": [REFUSED]}), json.dumps(REFUSED)]))
    life.told.append(repr(refused.value))


def _purge(life: Lived) -> None:
    """A month later: what was sent, and who was refused, is over its time."""
    asset = retention_asset.build(life.deployment.pipeline)
    assert dg.materialize([asset], instance=life.deployment.instance).success
    with life.deployment.pipeline.ledger() as ledger:
        settings, known = life.deployment.settings, life.deployment.pipeline.destinations
        later = datetime.combine(date.fromisoformat(DAYS[0]), datetime.min.time(), UTC).replace(
            month=2, day=5, hour=12
        )
        done = purging.purge(settings, ledger, known, dry_run=True, now=later)
    life.told += done.sentences(dry_run=True)


def _alike(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The same columns for all; nbo lists as text, since one of the rows has a text."""
    columns = dict.fromkeys(column for row in CUSTOMERS for column in row)
    return [{each: _text(each, row.get(each)) for each in columns} for row in rows]


def _text(column: str, value: Any) -> Any:
    return value[0] if isinstance(value, list) and column != "audiences" else value


def _write(life: Lived, file: str, rows: list[dict[str, Any]]) -> None:
    lines = [",".join(rows[0]), *(",".join(f'"{each}"' for each in row.values()) for row in rows)]
    (life.folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
