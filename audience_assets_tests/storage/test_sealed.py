"""A sealed file gives back what was written, from anywhere in it, and nothing at all of what was tampered with."""

import base64
import io
import os
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audience_assets.errors import SettingsError, StateError
from audience_assets.secret import Secret
from audience_assets.storage import sealed
from audience_assets.storage.keys import Key, KeyRing, Keys, new_key
from audience_assets.storage.sealed import CHUNK, HEADER_BYTES, SEALED_CHUNK, TAG, SealedWriter
from audience_assets.storage.shared_file import SharedFile

EDGES = [0, 1, TAG, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK + 77]
"""Sizes around which a chunk more or less is written."""
A_SECRET, ANOTHER = bytes(range(32)), bytes(range(1, 33))


class Memory:
    """Bytes that were never written to a disk."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read_at(self, start: int, size: int) -> bytes:
        return self._content[start : start + size]

    def close(self) -> None:
        """Nothing is open."""


def ring(*secrets: bytes) -> KeyRing:
    """The first is written with, all are read with."""
    keys = [Key(secret, secret[:8]) for secret in secrets]
    return KeyRing(keys[0] if keys else None, {key.id: key for key in keys})


def some_bytes(size: int) -> bytes:
    """Bytes of which no chunk is like another one."""
    return b"".join(number.to_bytes(8, "big") for number in range(size // 8 + 1))[:size]


def written(path: Path, content: bytes, cuts: list[int] | None = None, secret: bytes = A_SECRET) -> bytes:
    """The bytes of a sealed file, to which `content` was written in pieces."""
    key = ring(secret).current
    assert key is not None
    edges = sorted({0, len(content), *(cut for cut in cuts or [] if cut < len(content))})
    with SealedWriter(path, key) as file:
        for first, last in pairwise(edges):
            assert file.write(content[first:last]) == last - first
        assert file.tell() == len(content)
    return path.read_bytes()


def opened(content: bytes, *secrets: bytes) -> SharedFile:
    return sealed.opened(Memory(content), ring(*(secrets or (A_SECRET,))), "the file")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed") / "file"


@given(
    st.one_of(st.sampled_from(EDGES), st.integers(0, 4 * CHUNK)),
    st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, 4 * CHUNK)), max_size=4),
    st.lists(st.tuples(st.integers(0, 4 * CHUNK), st.integers(0, 3 * CHUNK)), max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_what_was_written_in_any_pieces_is_read_in_any_pieces(
    path: Path, size: int, cuts: list[int], reads: list[tuple[int, int]]
) -> None:
    content = some_bytes(size)
    found = written(path, content, cuts)
    assert len(found) == HEADER_BYTES + size + TAG * max(1, -(-size // CHUNK))
    with opened(found) as file:
        assert file.size == size
        assert file.read() == content
        for start, length in reads:
            file.seek(start)
            assert file.read(length) == content[start : start + length]


@pytest.mark.parametrize("size", EDGES)
def test_nothing_of_what_was_written_can_be_seen(path: Path, size: int) -> None:
    content = (b"marked-7f3a" * (size // 11 + 1))[:size]
    first, second = written(path, content), written(path, content)
    assert b"marked" not in first
    assert first[HEADER_BYTES:] != second[HEADER_BYTES:]
    assert opened(first).read() == opened(second).read() == content


@given(st.sampled_from(EDGES), st.data())
@settings(max_examples=80, deadline=None)
def test_a_file_of_which_any_byte_was_changed_is_refused(path: Path, size: int, data: st.DataObject) -> None:
    found = bytearray(written(path, some_bytes(size)))
    at = data.draw(st.one_of(st.integers(len(sealed.MAGIC), HEADER_BYTES), st.integers(0, len(found) - 1)))
    found[at % len(found)] ^= data.draw(st.integers(1, 255))
    if not sealed.is_sealed(bytes(found)):
        assert opened(bytes(found)).read() == bytes(found)  # it does not claim to be one of ours
        return
    with pytest.raises(StateError, match="the file is sealed"):
        opened(bytes(found)).read()


@given(st.sampled_from(EDGES), st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_that_was_cut_off_or_made_longer_is_refused(
    path: Path, size: int, data: st.DataObject
) -> None:
    found = written(path, some_bytes(size))
    ends = [HEADER_BYTES + number * SEALED_CHUNK for number in range(4)]
    kept = data.draw(st.one_of(st.sampled_from(ends), st.integers(len(sealed.MAGIC), len(found) - 1)))
    for changed in (found[: min(kept, len(found) - 1)], found + found[-kept:], found + b"\0"):
        with pytest.raises(StateError, match="the file is sealed"):
            opened(changed).read()


def chunks(content: bytes) -> list[bytes]:
    return [content[at : at + SEALED_CHUNK] for at in range(HEADER_BYTES, len(content), SEALED_CHUNK)]


def test_chunks_that_were_exchanged_repeated_or_left_out_are_refused(path: Path) -> None:
    found = written(path, some_bytes(3 * CHUNK))
    first, second, last = chunks(found)
    header = found[:HEADER_BYTES]
    assert opened(header + first + second + last).read() == some_bytes(3 * CHUNK)
    for wrong in (
        (second, first, last),
        (first, first, last),
        (first, last),
        (first, second),
        (first, last, second),
    ):
        with pytest.raises(StateError, match="was changed or cut off"):
            opened(header + b"".join(wrong)).read()


def test_a_chunk_of_another_file_is_refused(path: Path) -> None:
    found, other = written(path, some_bytes(2 * CHUNK)), written(path, some_bytes(2 * CHUNK))
    first, last = chunks(found)
    for wrong in ((chunks(other)[0], last), (first, chunks(other)[1])):
        with pytest.raises(StateError, match="was changed or cut off"):
            opened(found[:HEADER_BYTES] + b"".join(wrong)).read()


def test_what_is_whole_before_the_damage_is_not_given_out_with_it(path: Path) -> None:
    found = bytearray(written(path, some_bytes(3 * CHUNK)))
    found[HEADER_BYTES + SEALED_CHUNK + 5] ^= 1
    with opened(bytes(found)) as file:
        assert file.read(CHUNK) == some_bytes(CHUNK)
        with pytest.raises(StateError, match="restore it from a backup, or materialize its asset"):
            file.read(1)


def test_with_another_key_it_is_refused_and_says_which_setting(path: Path) -> None:
    found = written(path, b"some text")
    with pytest.raises(
        StateError,
        match="the file is sealed with a key that is not set: add that key to encryption_keys_before",
    ):
        opened(found, ANOTHER)
    same_id = KeyRing(None, {A_SECRET[:8]: Key(ANOTHER, A_SECRET[:8])})
    with pytest.raises(StateError, match="its key is another one"):
        sealed.opened(Memory(found), same_id, "the file")


def test_an_earlier_key_still_reads_what_it_sealed(path: Path) -> None:
    found = written(path, b"some text")
    assert opened(found, ANOTHER, A_SECRET).read() == b"some text"


def test_a_file_from_before_there_was_a_key_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"PAR1 and so on")
    with sealed.opened_on_disk(tmp_path / "plain", ring(A_SECRET)) as file:
        assert file.read() == b"PAR1 and so on"


def test_only_its_owner_can_read_it_from_its_first_byte_on(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        written(tmp_path / "sealed", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "sealed").stat().st_mode & 0o777 == 0o600


def test_pyarrow_writes_and_reads_it_and_other_parquet_tools_do_not(tmp_path: Path) -> None:
    table = pa.table({"customer_id": [f"c{number}" for number in range(50_000)]})
    key = ring(A_SECRET).current
    assert key is not None
    with SealedWriter(tmp_path / "file.parquet", key) as file:
        pq.write_table(table, file)
    with sealed.opened_on_disk(tmp_path / "file.parquet", ring(A_SECRET)) as file:
        assert pq.read_table(file) == table
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(tmp_path / "file.parquet")


@pytest.mark.parametrize("whence", [os.SEEK_SET, os.SEEK_CUR, os.SEEK_END])
def test_a_place_is_found_as_in_any_file(whence: int) -> None:
    ours, other = SharedFile(Memory(some_bytes(1000))), io.BytesIO(some_bytes(1000))
    for file in (ours, other):
        file.seek(100)
    offset = -40 if whence == os.SEEK_END else 40
    assert ours.seek(offset, whence) == other.seek(offset, whence) == ours.tell()
    assert ours.read(17) == other.read(17)
    assert (ours.readable(), ours.seekable(), ours.tell()) == (True, True, other.tell())


A_KEY = base64.b64encode(A_SECRET).decode()


@pytest.mark.parametrize("text", [A_KEY, base64.urlsafe_b64encode(A_SECRET).decode(), A_SECRET.hex()])
def test_a_key_is_base64_or_hex_and_never_shown(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TEST_KEY", f"{text}\n")
    keys = Keys(Secret(env="TEST_KEY"))
    found = keys.ring()
    assert found.current is not None
    assert found.current.secret == A_SECRET
    assert not any(shown in f"{keys!r} {found!r}" for shown in (text, repr(A_SECRET), A_SECRET.hex()))
    assert found.current.id.hex() not in A_SECRET.hex()


@pytest.mark.parametrize("text", ["short", "AAAA", A_KEY[:-4], A_KEY + A_KEY, "é" * 44, "g" * 64])
def test_what_is_no_key_is_refused_with_the_way_to_make_one(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TEST_KEY", text)
    with pytest.raises(
        SettingsError, match="TEST_KEY is not a key of 32 bytes as base64 or hex: audience-assets key prints"
    ) as caught:
        Keys(Secret(env="TEST_KEY")).ring()
    assert text not in str(caught.value)


def test_new_keys_differ_and_are_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = new_key(), new_key()
    monkeypatch.setenv("TEST_KEY", first)
    assert Keys(Secret(env="TEST_KEY")).ring().current is not None
    assert first != second
