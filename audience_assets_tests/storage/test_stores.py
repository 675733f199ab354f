"""Files of ours are whole or not there, and read alike, whether they lie on the disk or on S3."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from audience_assets import database
from audience_assets.errors import DeliveryInterruptedError, StateError
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files, manifest, state_reading
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import ObjectPath, Place

NOTHING = "select null::varchar as customer_id where false"
ROWS = "select 'c' || i as customer_id from range(100) t(i)"


class Note(Manifest):
    """A manifest of these tests."""

    rows: int


def everything(place: Place) -> set[str]:
    """What lies below a folder, by its way from it."""
    if isinstance(place, Path):
        return {each.relative_to(place).as_posix() for each in place.rglob("*") if each.is_file()}
    return {name.removeprefix(f"{place.key}/") for name in place.store.names(f"{place.key}/")}


def publish(settings: Settings, name: str, buckets: int, query: str = ROWS) -> Place:
    """The rows of a query as a dataset, cut and written as a task does it."""
    folder = settings.state / "asset"
    with files.draft_folder_beside(folder) as draft, database.connect(settings) as connection:
        with files.workshop(draft / "share") as workshop:
            dataset.write_buckets(connection, query, workshop, buckets, "zstd")
            parts = dataset.hand_over(workshop, draft / "share", buckets)
        return dataset.publish(parts, folder / name)


def read(settings: Settings, place: Place, bucket: int = 0, buckets: int = 1) -> set[str]:
    with database.connect(settings) as connection:
        Dataset.existing(place, "asset").view(connection, "rows", NOTHING, bucket, buckets)
        return {customer for (customer,) in connection.execute("select * from rows").fetchall()}


def scratched(settings: Settings) -> Iterable[Path]:
    """What was left in the scratch folder."""
    return [each for each in settings.scratch.rglob(".draft-*") if each.parent.name != "asset"]


@pytest.mark.parametrize("buckets", [1, 3])
def test_a_dataset_is_read_as_it_was_written(settings: Settings, buckets: int) -> None:
    place = publish(settings, "customers", buckets)
    assert read(settings, place) == {f"c{number}" for number in range(100)}
    with database.connect(settings) as connection:
        assert Dataset.existing(place, "asset").rows(connection) == 100
    by_bucket = [read(settings, place, bucket, 3) for bucket in range(3)]
    assert all(by_bucket)
    assert sum(map(len, by_bucket)) == 100


def test_nothing_of_a_draft_is_left(settings: Settings) -> None:
    publish(settings, "customers", 3)
    assert not [name for name in everything(settings.state) if "draft" in name]
    assert not scratched(settings)
    with suppress(ZeroDivisionError), files.draft_folder_beside(settings.state / "asset") as draft:
        with files.written(draft / "one.parquet") as path:
            path.write_bytes(b"one")
        raise ZeroDivisionError
    assert not [name for name in everything(settings.state) if "draft" in name]
    assert not scratched(settings)


def test_a_dataset_without_its_contents_is_not_there(settings: Settings) -> None:
    place = publish(settings, "customers", 3)
    if isinstance(place, ObjectPath):
        place.store.remove_below((place / dataset.CONTENTS).key)
    else:
        (place / dataset.CONTENTS).unlink()
    with pytest.raises(StateError, match=r"contents\.json is missing: materialize asset for that day again"):
        Dataset.existing(place, "asset")


def test_a_dataset_without_one_of_its_files_is_not_there(settings: Settings) -> None:
    place = publish(settings, "customers", 3)
    file = Dataset.existing(place, "asset").files[1]
    if isinstance(file, ObjectPath):
        file.store.remove_below(file.key)
    else:
        file.unlink()
    with pytest.raises(StateError, match=f"{file.name} is missing: materialize asset for that day again"):
        Dataset.existing(place, "asset")


def test_a_dataset_that_is_written_again_has_its_new_rows(settings: Settings) -> None:
    publish(settings, "customers", 2)
    place = publish(settings, "customers", 2, "select 'new' as customer_id")
    assert read(settings, place) == {"new"}


def test_a_manifest_is_replaced(settings: Settings) -> None:
    folder = files.private_folder(settings.state / "asset")
    with pytest.raises(StateError, match="asset has nothing for this day yet"):
        manifest.read(Note, folder, "asset")
    for rows in (1, 2):
        Note(rows=rows).write(folder)
        assert manifest.read(Note, folder, "asset").rows == rows
    assert everything(folder) == {manifest.NAME}


def test_a_file_is_brought_to_this_machine_for_as_long_as_it_is_needed(settings: Settings) -> None:
    folder = files.private_folder(settings.state / "asset")
    with files.draft_beside(folder, ".bin") as draft:
        draft.write_bytes(b"x" * 3_000_000)
        stored = files.publish(draft, folder / "file.bin")
    with files.at_hand(stored.path) as path:
        assert files.sha256_of(path) == stored.sha256 == files.sha256_of(stored.path)
        assert path.stat().st_mode & 0o777 == 0o600
    assert (path.exists(), everything(folder)) == (isinstance(stored.path, Path), {"file.bin"})


def test_the_ledger_calls_a_file_the_same_wherever_the_state_lies(settings: Settings) -> None:
    layout = Layout(settings.state)
    place = settings.state / "hashed_customers" / "2026-01-05" / "left"
    assert layout.relative(place) == "hashed_customers/2026-01-05/left"
    assert layout.absolute(layout.relative(place)) == place


def test_what_tasks_write_crosses_machines_only_where_it_must(settings: Settings) -> None:
    with files.draft_folder_beside(settings.state / "asset") as draft:
        assert isinstance(draft, ObjectPath) == (settings.engine.runner == "ray")


def test_a_state_can_be_moved_to_s3_and_back(on_s3: Settings, tmp_path: Path) -> None:
    here = on_s3.model_copy(update={"state_dir": tmp_path / "here"})
    back = on_s3.model_copy(update={"state_dir": tmp_path / "back"})
    written = [Layout(here.state).relative(publish(here, f"of-{number}", number)) for number in (1, 3)]
    remote = on_s3.state
    assert isinstance(remote, ObjectPath)
    for name in everything(here.state):
        content = (here.state / name).read_bytes()
        remote.store.put((remote / name).key, content, files.sha256_of(here.state / name))
    written.append(Layout(remote).relative(publish(on_s3, "of-s3", 2)))
    for name in everything(remote):
        copy = tmp_path / "back" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((remote / name).read_bytes())
    for settings, names in ((on_s3, written), (back, written)):
        for name in names:
            assert len(read(settings, Layout(settings.state).absolute(name))) == 100


def test_an_object_is_never_replaced_by_other_bytes(on_s3: Settings) -> None:
    folder = on_s3.state / "asset"
    for content in (b"one", b"one", b"other"):
        with files.draft_beside(folder, ".txt") as draft:
            draft.write_bytes(content)
            if content == b"other":
                with pytest.raises(StateError, match=r"asset/file\.txt is there with other bytes"):
                    files.publish(draft, folder / "file.txt")
            else:
                files.publish(draft, folder / "file.txt")
    assert (folder / "file.txt").read_bytes() == b"one"


def test_a_draft_that_is_written_again_is_not_mistaken_for_the_first(on_s3: Settings) -> None:
    folder = on_s3.state
    assert isinstance(folder, ObjectPath)
    draft, final, store = folder / "draft", folder / "final", folder.store
    store.put(draft.key, b"one", hashlib.sha256(b"one").hexdigest())
    found = store.find(draft.key)
    assert found is not None
    store.put(draft.key, b"two", hashlib.sha256(b"two").hexdigest())
    with pytest.raises(DeliveryInterruptedError, match="was written again meanwhile"):
        store.copy_new(draft.key, found, final.key)
    assert not final.exists()


def test_the_contents_name_each_file_by_its_bytes_on_s3(on_s3: Settings) -> None:
    place = publish(on_s3, "customers", 2)
    names = [name for bucket in json.loads((place / dataset.CONTENTS).read_bytes()) for name in bucket]
    digests = [files.sha256_of(place / name)[:16] for name in names]
    assert names == [f"{number:04d}-0000-{digest}.parquet" for number, digest in enumerate(digests)]
    assert [state_reading.plain_columns(place / name) for name in names] == [["customer_id"]] * 2
