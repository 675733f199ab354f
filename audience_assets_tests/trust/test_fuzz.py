"""Whatever bytes come, each reader takes them or refuses them in one sentence of ours: no crash, no hang, no hoard of memory, no value told."""

import gzip
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from audience_assets_tests.customers.extracts import MARKER
from audience_assets_tests.trust import reading
from audience_assets_tests.trust.mutations import VALID, inputs
from audience_assets_tests.trust.reading import Outcome, Reader

INPUTS = int(os.environ.get("AUDIENCE_ASSETS_FUZZ_INPUTS", "320"))
"""How many inputs in all; `make fuzz INPUTS=100000` gives more."""
FEW = INPUTS <= 320
MOST_MEMORY = 900 << 20
"""Bytes: DuckDB may take 256 MB in these tests, and the libraries themselves hold some 300."""

fuzzed = settings(
    max_examples=max(1, INPUTS // len(VALID)),
    deadline=None,
    derandomize=FEW,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """One process for all inputs."""
    with reading.reader(tmp_path_factory.mktemp("fuzz")) as started:
        yield started


def assert_well(outcome: Outcome) -> None:
    """It was read, or refused by a sentence that quotes nobody."""
    assert not outcome.broke, outcome.broke
    assert MARKER not in outcome.said
    assert "\n" not in outcome.said.strip()
    assert outcome.peak < MOST_MEMORY


@pytest.mark.parametrize("kind", VALID)
def test_the_inputs_that_changes_begin_with_are_valid(reader: Reader, kind: str) -> None:
    for content in VALID[kind]:
        outcome = reader.give(kind, content)
        assert outcome == Outcome(peak=outcome.peak)


@pytest.mark.timeout(0 if not FEW else 300)
@pytest.mark.parametrize("kind", VALID)
def test_any_bytes_are_read_or_refused_in_one_sentence(reader: Reader, kind: str) -> None:
    @fuzzed
    @given(content=inputs(kind))
    def fed(content: bytes) -> None:
        assert_well(reader.give(kind, content))

    fed()


BOMBS = {
    "a line": b"customer_id,city\n1," + b"a" * (192 << 20),
    "a header": b"a" * (192 << 20),
    "line ends": b"customer_id,city\n" + b"\n" * (64 << 20),
    "an open quote": b'customer_id,city\n1,"' + b"a\n" * (64 << 20),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_becomes_a_large_one_is_read_or_refused_in_bounded_memory(
    reader: Reader, name: str
) -> None:
    packed = gzip.compress(BOMBS[name], 1)
    assert len(packed) < len(BOMBS[name]) / 50
    assert_well(reader.give("csv", packed))


@pytest.mark.parametrize("megabytes", [3, 32, 64])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_line_is_so_long_that_it_is_left_out_without_a_word(
    reader: Reader, megabytes: int, pack: Callable[[bytes], bytes]
) -> None:
    for kind, content in (
        ("csv", b"customer_id,city\n0,b\n1," + b"a" * (megabytes << 20)),
        ("suppression", b"customer_id\n" + b"a" * (megabytes << 20)),
        ("erasure table", b"request,email\n" + b"a" * (megabytes << 20) + b"\n"),
    ):
        outcome = reader.give(kind, pack(content))
        assert "longer than 2 MB" in outcome.said, kind
        assert_well(outcome)


@pytest.mark.parametrize("kind", [kind for kind in VALID if kind != "parquet"])
def test_a_value_of_ten_megabytes_is_read_or_refused(reader: Reader, kind: str) -> None:
    [content, *_] = VALID[kind]
    mark = b"team:data" if kind == "settings" else MARKER.encode()
    assert_well(reader.give(kind, content.replace(mark, mark + b"x" * (10 << 20), 1)))


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_parquet_file_that_lies_about_the_length_of_its_schema_is_refused(
    reader: Reader, length: int
) -> None:
    [content] = VALID["parquet"]
    lying = content[:-8] + length.to_bytes(4, "little") + content[-4:]
    outcome = reader.give("parquet", lying)
    assert outcome.said
    assert_well(outcome)


def test_a_crash_is_seen_and_the_next_input_is_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="the process ended with"):
        reader.give("no such reader", b"")
    assert not reader.give("csv", VALID["csv"][0]).said
    monkeypatch.setattr(reading, "LONGEST", 0.0)
    with pytest.raises(AssertionError, match="nothing was heard"):
        reader.give("csv", VALID["csv"][0])
