"""Ways to make SHA-256 digests of many texts, and which of them is the fastest on this machine."""

import ctypes
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import duckdb
import pyarrow as pa

SOURCE = Path(__file__).with_name("sha256.c")
HEX_BYTES = 64
SAMPLE = 300_000
REPEATS = 3

Digest = Callable[[pa.Array], object]
"""Makes the hex digest of each text of an array without nulls, of at most 55 bytes each."""


def rates(folder: Path, texts: pa.Array) -> dict[str, float]:
    """Digests a second of processor time by way, each the best of a few runs, and each proved right first.

    Args:
        folder: Where a library may be compiled.
        texts: What is hashed.
    """
    sample = texts.slice(0, SAMPLE)
    measured = {}
    for name, digest in ways(folder).items():
        _prove(name, digest, sample.slice(0, 1000))
        measured[name] = max(_rate(digest, sample) for _ in range(REPEATS))
    return measured


def ways(folder: Path) -> dict[str, Digest]:
    """Every way that works here; those in C where there is a compiler."""
    library = _compiled(folder)
    found: dict[str, Digest] = {"hashlib": _hashlib, "DuckDB": _DuckDb().digest}
    if library is not None:
        for name, function in (("OpenSSL EVP", "sha256_openssl"), ("C, 16 lanes", "sha256_lanes")):
            if hasattr(library, function):
                found[name] = _Compiled(getattr(library, function)).digest
    return found


def _rate(digest: Digest, sample: pa.Array) -> float:
    used = process_time()
    digest(sample)
    return len(sample) / (process_time() - used)


def _prove(name: str, digest: Digest, sample: pa.Array) -> None:
    made = digest(sample)
    texts = made if isinstance(made, list) else pa.array(made).to_pylist()
    if texts != _hashlib(sample):
        raise ValueError(f"{name} makes wrong digests")


def _hashlib(texts: pa.Array) -> list[str]:
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts.to_pylist()]


class _DuckDb:
    """DuckDB's function, with one thread."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": 1})

    def digest(self, texts: pa.Array) -> pa.Array:
        self._connection.register("texts", pa.table({"text": texts}))
        made = self._connection.sql("select sha256(text) from texts").to_arrow_table()
        return made.column(0).combine_chunks()


class _Compiled:
    """A function of the compiled library."""

    def __init__(self, function: Any) -> None:
        function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
        function.restype = ctypes.c_int64
        self._function = function

    def digest(self, texts: pa.Array) -> pa.Array:
        _, offsets, data = texts.buffers()
        out = pa.allocate_buffer(HEX_BYTES * len(texts))
        self._function(data.address, offsets.address + 4 * texts.offset, len(texts), out.address)
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(HEX_BYTES), len(texts), [None, out]).cast(
            pa.string()
        )


def _compiled(folder: Path) -> ctypes.CDLL | None:
    """The library, with OpenSSL if its headers are there; nothing without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "sha256.so"
    command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    for options in (["-DWITH_OPENSSL", "-lcrypto"], []):
        if subprocess.run([*command, *options], capture_output=True, check=False).returncode == 0:
            return ctypes.CDLL(str(library))
    return None
