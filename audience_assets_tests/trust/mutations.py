"""Valid inputs of each reader, and what is done to their bytes: the tricks of damaged, cut-off and hostile files."""

import gzip
import json
from collections.abc import Callable

import pyarrow as pa
from hypothesis import strategies as st

from audience_assets_tests.customers.extracts import MARKER, csv_of, parquet_of

PEOPLE = [
    {
        "customer_id": f"{MARKER}-{number}",
        "email": f"{MARKER}{number}@example.com",
        "phone": "(11) 98765-4321",
        "birth_date": "13/03/1987",
        "city": f"São {MARKER}, SP",
        "audiences": f"vip;{MARKER}",
        "value": "10,50",
    }
    for number in range(4)
]
SETTINGS = """
state_dir = "state"
owners = ["team:data"]
[source]
path = "extract/{day}.csv"
csv_delimiter = ";"
columns = { email = "E-Mail" }
[engine]
memory_limit = "1GB"
buckets = 4
[guards]
removals = 0.3
[destinations.meta]
type = "meta"
ad_account = "1"
access_token = { env = "TOKEN" }
keys = ["EMAIL"]
"""


def _json_lines(rows: list[dict[str, str]]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _columns(rows: list[dict[str, str]]) -> pa.Table:
    return pa.Table.from_pylist([row | {"audiences": ["vip", MARKER]} for row in rows])


VALID: dict[str, list[bytes]] = {
    "csv": [csv_of(PEOPLE).encode(), gzip.compress(csv_of(PEOPLE).encode(), mtime=0)],
    "json": [
        _json_lines(PEOPLE),
        json.dumps(PEOPLE, indent=1).encode(),
        gzip.compress(_json_lines(PEOPLE), mtime=0),
    ],
    "parquet": [parquet_of(_columns(PEOPLE))],
    "settings": [SETTINGS.encode()],
    "normalize": [
        _json_lines([{"destination": "vtex_ads", "field": field, "value": MARKER, "country": "BR"}])
        for field in ("EMAIL_HASHED", "PHONE_HASHED", "AGE", "AUDIENCES")
    ],
    "suppression": [
        csv_of([{name: row[name] for name in ("customer_id", "email", "phone")} for row in PEOPLE]).encode()
    ],
    "erasure lines": [
        _json_lines(
            [{"request": "T-1", "email": row["email"], "asked_at": "2026-01-05T00:00:00Z"} for row in PEOPLE]
        )
    ],
    "erasure table": [csv_of([{"request": "T-1", "email": row["email"]} for row in PEOPLE]).encode()],
}
"""At least one input of each reader that it takes."""

TOKENS = [
    b'"', b'""', b"'", b"\\", b"\\u0000", b"\\ud800", b"\x00", b"\r", b"\n", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b",", b";", b"\t", b"|", b"{", b"}", b"[", b"]", b"[[[[[[[[", b":", b"=",
    b"null", b"true", b"-1", b"1e999", b"NaN", b"9" * 400, b"-9223372036854775809", b"2026-02-30", b"=cmd|' /C calc'!A0",
    b"'; drop table extract; --", b"../../etc/passwd", b"%s{0}", b"\x1f\x8b", b"PAR1", b"\x1b[31m", b"\xe2\x80\xae",
    b"e" + "\u0301".encode() * 300, b"x" * 70_000, b"\xff" * 8, b"\x7f\xff\xff\xff",
]  # fmt: skip
"""What has broken readers elsewhere."""

CHANGES: dict[str, Callable[[bytes, int, int, bytes], bytes]] = {
    "flip": lambda given, at, length, _: _overwritten(
        given, at, bytes(each ^ 1 << length % 8 for each in given[at : at + 1])
    ),
    "insert": lambda given, at, _, token: given[:at] + token + given[at:],
    "overwrite": lambda given, at, _, token: _overwritten(given, at, token),
    "cut": lambda given, at, _, __: given[:at],
    "drop": lambda given, at, length, _: given[:at] + given[at + length :],
    "repeat": lambda given, at, length, _: given[: at + length] + given[at:],
    # What decides of a Parquet file, or of a gzip, stands at its end.
    "overwrite the end": lambda given, _, length, token: _overwritten(
        given, max(0, len(given) - length), token
    ),
}
"""What becomes of an input: given a place in it, a length, and a token."""


def _overwritten(given: bytes, at: int, token: bytes) -> bytes:
    return given[:at] + token + given[at + len(token) :]


@st.composite
def inputs(draw: st.DrawFn, kind: str) -> bytes:
    """A valid input of a reader after some changes, and now and then compressed or nothing but noise."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    content = draw(st.sampled_from(VALID[kind]))
    changes = st.tuples(
        st.sampled_from(sorted(CHANGES)),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 40),
        st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8)),
    )
    for change, share, length, token in draw(st.lists(changes, max_size=5)):
        content = CHANGES[change](content, int(len(content) * share), length, token)
    return gzip.compress(content, mtime=0) if draw(st.integers(0, 19)) == 0 else content
