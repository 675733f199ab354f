"""The deployment on one machine, started from the example's own units and files, with the login in front."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from audience_assets_tests.examples.units import ONE_MACHINE, SERVICES, Elsewhere
from audience_assets_tests.self_signed import self_signed

Answer = TypeVar("Answer")

HOST = "127.0.0.1"
PATIENCE_SECONDS = 45.0
LOGIN = ("somebody", "proxy-secret")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(ask: Callable[[], Answer], *processes: subprocess.Popen[bytes]) -> Answer:
    """What `ask` answers once it answers something true; connections that are refused are no answer."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for process in processes:
            assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            if answer := ask():
                return answer
        except httpx2.TransportError:
            pass
        time.sleep(0.3)
    raise AssertionError("there was no answer in time")


def start(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A program that writes what it says into a file of the folder."""
    with (folder / f"{Path(command[0]).name}-{time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Stop them together, as systemd does; what does not listen is killed with its children."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class Machine:
    """A machine on which the example runs."""

    folder: Path
    url: str
    processes: tuple[subprocess.Popen[bytes], ...]

    def ask(self, query: str) -> dict[str, Any]:
        """What GraphQL answers."""
        answer = httpx2.post(f"{self.url}/graphql", json={"query": query}, timeout=30)
        data: dict[str, Any] = answer.raise_for_status().json()["data"]
        return data


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The three services, by the commands and the environment of their units."""
    folder = tmp_path_factory.mktemp("machine")
    secrets = {
        line.partition("=")[0]: "not-used"
        for line in (ONE_MACHINE / "secrets.env").read_text().splitlines()
        if not line.startswith("#")
    }
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as runtime:  # a socket's path must be short
        here = Elsewhere(folder, Path(runtime), free_port())
        here.install()
        try:
            for name in SERVICES:
                environment = here.environment(name, secrets)
                for command in here.commands(name, "ExecStartPre"):
                    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
                [command] = here.commands(name, "ExecStart")
                started.append(start(command, folder, environment))
            made = Machine(folder, f"http://{HOST}:{here.port}", tuple(started))
            eventually(lambda: httpx2.get(f"{made.url}/server_info").is_success, *started)
            yield made
        finally:
            stop(started)


@pytest.fixture(scope="session")
def proxy(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """The example's nginx in front of it, and a client that trusts its certificate and has no password."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    certificate, port = self_signed(folder), free_port()
    (folder / "htpasswd").write_text(f"{LOGIN[0]}:{{PLAIN}}{LOGIN[1]}\n")
    server = (ONE_MACHINE / "nginx.conf").read_text()
    for there, here in {
        "listen 443 ssl": f"listen {HOST}:{port} ssl",
        "    listen [::]:443 ssl;\n": "",
        "/etc/nginx/audience-assets.crt": str(certificate),
        "/etc/nginx/audience-assets.key": str(certificate),
        "/etc/nginx/audience-assets.htpasswd": f"{folder}/htpasswd",
        "http://127.0.0.1:3000": machine.url,
    }.items():
        assert there in server
        server = server.replace(there, here)
    (folder / "server.conf").write_text(server)
    as_root = "user root;\n" if os.geteuid() == 0 else ""
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{as_root}daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {kept}include {folder}/server.conf; }}\n"
    )
    trusting = ssl.create_default_context(cafile=certificate)
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = start(command, folder, dict(os.environ))
    try:
        with httpx2.Client(base_url=f"https://{HOST}:{port}", verify=trusting) as client:
            eventually(lambda: client.get("/server_info").status_code, process)
            yield client
    finally:
        stop([process])
