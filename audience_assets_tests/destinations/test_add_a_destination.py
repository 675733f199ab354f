"""A fourth destination from scratch, as docs/add-a-destination.md says: a partner who takes lines of digests into a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from audience_assets.destinations import catalog
from audience_assets.destinations.audience_state import Feed
from audience_assets.destinations.audiences import AudiencePlanner
from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.kind import Kind
from audience_assets.destinations.sending import Answer, Sender
from audience_assets.ledger import Batch, Delivery, PlannedBatch
from audience_assets.pipeline import Pipeline
from audience_assets.rules import email
from audience_assets.settings import Settings
from audience_assets_tests.histories.world import run_day


class PostboxSettings(BaseModel):
    folder: Path
    consent: str = "opt_out"


def columns(name: str, _settings: PostboxSettings) -> Destination:
    mail = Column("mail", ("email",), email.LOWER, "E-mail", hashed=True, role="identifier")
    return Destination(name, (mail,), audiences=True)


@dataclass(frozen=True)
class PostboxFeeds:
    destination: Destination

    def feed(self, _audience: str) -> Feed | None:
        return Feed(self.destination.columns)

    def table(self, _also: object) -> Destination:
        return self.destination


@dataclass(frozen=True)
class PostboxSender:
    folder: Path

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        return f"{day}-{ordinal}-{part}-{sha256[:8]}"

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        assert pq.read_metadata(path).num_rows == batch.rows

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None: ...

    def key(self, delivery: Delivery, batch: Batch) -> str:  # noqa: ARG002
        return batch.remote_key

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        lines = "".join(f"{batch.operation} {row['mail']}\n" for row in pq.read_table(path).to_pylist())
        (self.folder / f"{delivery.audience}-{batch.remote_key}").write_text(lines)
        return Answer("posted")

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None: ...

    def rename(self, audience: str) -> None: ...

    def delete(self, audience: str) -> None: ...


@contextmanager
def connect(_table: Any, settings: PostboxSettings, _ledger: Any, _layout: Any) -> Iterator[Sender]:
    yield PostboxSender(settings.folder)


def planner(table: Destination, _settings: PostboxSettings) -> AudiencePlanner:
    return AudiencePlanner(PostboxFeeds(table), rows_per_batch=1000, replace_above=1.0)


POSTBOX = Kind(PostboxSettings, "Postbox", columns, planner, connect, batch="letter", technology="file")


def test_a_new_partner_is_a_folder_of_declarations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "KINDS", (POSTBOX,))
    (tmp_path / "post").mkdir()
    settings = Settings(state_dir=tmp_path / "state", source={"path": str(tmp_path / "{day}.parquet")})  # type: ignore[arg-type]
    declared = {"postbox": PostboxSettings(folder=tmp_path / "post")}
    pipeline = Pipeline(settings.model_copy(update={"destinations": declared}))
    extracts = {date(2026, 1, 1): ["Ana@x.com", "bia@x.com"], date(2026, 1, 2): ["bia@x.com", "cleo@x.com"]}
    for day, people in extracts.items():
        rows = [{"customer_id": who, "email": who, "audiences": ["vip"]} for who in people]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{day}.parquet")
        run_day(pipeline, day, "postbox")
    posted = "".join(path.read_text() for path in sorted((tmp_path / "post").iterdir()))
    ana, bia, cleo = (sha256(f"{who}@x.com".encode()).hexdigest() for who in ("ana", "bia", "cleo"))
    assert set(posted.splitlines()) == {f"add {ana}", f"add {bia}", f"remove {ana}", f"add {cleo}"}
