"""Marked customers in every field and script pass through a whole life; afterwards no mark stands anywhere that docs/privacy.md does not name."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import duckdb
import pyarrow.parquet as pq
import pytest

from audience_assets.erasure.receipt import receipts
from audience_assets.normalize import Normalizer
from audience_assets.rules import engine
from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage.layout import NORMALIZED
from audience_assets_tests.assets.conftest import bucket as bucket  # noqa: PLC0414 - the same partner's side
from audience_assets_tests.assets.deployment import DAYS, KEY, KEY_ID, Bucket, Row
from audience_assets_tests.trust import canary, marks, places
from audience_assets_tests.trust.canary import ERASED, EVERYBODY, FILLERS, REFUSED_BY_META, SUPPRESSED, Lived
from audience_assets_tests.trust.marks import CUSTOMERS, Needle, Search
from audience_assets_tests.trust.places import Place

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Searched:
    """A life and what is looked for in what it left."""

    life: Lived
    sealed: bool

    @cached_property
    def search(self) -> Search:
        values = [needle for row in EVERYBODY for needle in marks.needles(row)]
        return Search([*values, *marks.digests(self.strings), *self.secrets])

    @cached_property
    def strings(self) -> set[str]:
        """What the partners hash of these customers, and what else one might."""
        return strings_of(self.life, CUSTOMERS)

    @cached_property
    def secrets(self) -> list[Needle]:
        account, advertiser = self.life.account, self.life.advertiser
        keys = [account.access_token, account.app_secret, advertiser.access_token, canary.SECRET_KEY]
        return [needle for key in keys for needle in marks.forms("secret", key)]


def strings_of(life: Lived, rows: Iterable[Row]) -> set[str]:
    """The string of each column of each partner, and each value as it was given."""
    pipeline = life.deployment.pipeline
    given = {
        value if isinstance(value, str) else (value or [""])[0] for row in rows for value in row.values()
    }
    lines = [
        json.dumps(
            {
                "destination": table.name,
                "field": column.name,
                "from": name,
                "value": row[name],
                "country": "BR",
            }
        )
        for row in rows
        for table in pipeline.destinations.values()
        for column in table.columns
        for name in column.fields
        if column.hashed and name in row
    ]
    with duckdb.connect() as connection:
        engine.install(connection)
        answers = Normalizer(connection, pipeline.settings, pipeline.destinations).lines(lines)
        told = [json.loads(answer)["normalized"] for answer in answers]
    return {text for text in [*given, *told] if isinstance(text, str) and len(text) >= marks.SHORTEST}


def digest_of(row: Row) -> str:
    """The digest of a customer's e-mail address that Meta knows."""
    return sha256(str(row["email"]).lower().encode()).hexdigest()


@pytest.fixture(scope="module", params=["with a key", "without a key"])
def searched(
    request: pytest.FixtureRequest,
    s3_server: S3Server,
    bucket: Bucket,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Searched]:
    sealed = request.param == "with a key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_ID, s3_server.write_only.access_key_id)
        patch.setenv(KEY, s3_server.write_only.secret_access_key)
        with canary.lived(tmp_path_factory.mktemp("canary"), s3_server, bucket, sealed=sealed) as life:
            yield Searched(life, sealed)


def assert_clean(searched: Searched, found: list[Place]) -> None:
    wrong = {each.name: searched.search.found(each.content, each.allowed) for each in found}
    assert {name: told for name, told in wrong.items() if told} == {}


def test_the_life_had_all_that_it_should(searched: Searched) -> None:
    life = searched.life
    told = [] if searched.sealed else ["code 100", "", "code 40002"]
    told += ["ConversionException", "a bug among 7 rows"]
    assert all(words in said for words, said in zip(told, life.failures, strict=True)), life.failures
    gone = [ERASED, SUPPRESSED]
    [vip] = [each for each in life.account.audiences.values() if each.name == "vip"]
    at_meta = {value for _, value in vip.identifiers()}
    assert {email for email in map(digest_of, EVERYBODY) if email not in at_meta} == set(
        map(digest_of, [*gone, REFUSED_BY_META])
    )
    [vip_of_tiktok] = [each for each in life.advertiser.audiences.values() if each.name == "vip"]
    assert vip_of_tiktok.size() == len(EVERYBODY) + FILLERS + 1 - len(gone)
    assert list((life.folder / "state" / "meta" / "refused").rglob("*.parquet"))
    with life.deployment.pipeline.ledger() as ledger:
        assert [each.done_at is not None for each in receipts(ledger)] == [True]
    runs = life.deployment.instance.get_runs()
    assert len(runs) > 4


def test_the_marks_are_where_they_may_be(searched: Searched) -> None:
    state = searched.life.folder / "state"
    of_delta = b"".join(each.content for each in places.of_state(state) if "/delta/" in each.name)
    still = [row for row in CUSTOMERS if row not in (ERASED, SUPPRESSED)]
    for row in still:
        assert Search(marks.digests([str(row["email"]).lower()])).found(of_delta)
    if not searched.sealed:
        files = sorted((state / NORMALIZED / DAYS[0]).glob("customers-*.parquet"))
        clear = [row for file in files for row in pq.read_table(file).to_pylist()]
        assert {str(row["customer_id"]) for row in still} <= {row["customer_id"] for row in clear}
        assert {row["email"] for row in still if row} <= {row["email"] for row in clear} | {
            row["email"] for row in still
        }


def test_our_files_hold_what_they_may_and_no_more(searched: Searched) -> None:
    found = list(places.of_state(searched.life.folder / "state"))
    assert {".json", ".sqlite", ".parquet"} <= {
        each.name.rpartition(".")[2].join([".", ""]) for each in found
    }
    assert_clean(searched, found)


def test_with_a_key_only_what_is_sent_can_be_read(searched: Searched) -> None:
    read = {
        each.name
        for each in places.of_state(searched.life.folder / "state")
        if " " in each.name and "the name" not in each.name
    }
    assert read
    assert all("/delta/" in name for name in read) is searched.sealed


def test_nothing_is_left_in_the_scratch_folder(searched: Searched) -> None:
    assert [each for each in (searched.life.folder / "scratch").rglob("*") if each.is_file()] == []


def test_dagster_was_told_nothing(searched: Searched) -> None:
    found = list(places.of_files(searched.life.folder / "dagster"))
    assert any(each.name.endswith(".db") for each in found)
    assert_clean(searched, found)
    instance = searched.life.deployment.instance
    records = [record for run in instance.get_runs() for record in instance.all_logs(run.run_id)]
    assert len(records) > 100
    assert_clean(searched, [Place("events", "\n".join(map(repr, records)).encode())])


def test_nothing_was_said(searched: Searched) -> None:
    life = searched.life
    assert "but refused" in life.said
    with life.deployment.pipeline.ledger() as ledger:
        life.told += [each.model_dump_json() for each in receipts(ledger)]
    said = [life.said, *life.failures, *life.told]
    assert_clean(searched, [Place(f"said {number}", each.encode()) for number, each in enumerate(said)])


def test_of_whoever_was_erased_nothing_is_left(searched: Searched) -> None:
    search = Search([*marks.needles(ERASED), *marks.digests(strings_of(searched.life, [ERASED]))])
    for place in places.of_state(searched.life.folder / "state"):
        assert search.found(place.content) == set(), place.name
