"""A real Postgres server on 127.0.0.1, for as long as a `with` block: started, restarted and stopped, a database for each test."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from audience_assets.sandbox.child_process import ChildProcess

USER, PASSWORD = "ledger", "p@ss:w/rd ?#%"
START_SECONDS = 30.0
PORT_ATTEMPTS = 4

# Postgres refuses to run as root, so there it runs as another user: this becomes that user, and then the program.
BECOME = """
import os, sys
user, group, *command = sys.argv[1:]
os.setgroups([])
os.setgid(int(group))
os.setuid(int(user))
os.execv(command[0], command)
"""


def program(name: str) -> Path | None:
    """The newest of a server's programs on this machine; Debian keeps them out of PATH."""
    debian = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(debian, key=lambda path: float(path.parts[-3]))[-1:]
    found = shutil.which(name)
    return newest[0] if newest else Path(found) if found else None


class PostgresServer:
    """A cluster in a folder of its own; its user must give a password, as at a real one."""

    port = 0

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="postgres")
        self.log = Path(self._folder.name) / "log"
        try:
            self._initialize()
            self.start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    @cached_property
    def version(self) -> int:
        return int(str(self.execute("SHOW server_version_num")[0][0])) // 10_000

    @property
    def data(self) -> Path:
        return Path(self._folder.name) / "data"

    def url(self, database: str, query: str = "timeout=10", *, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}?{query}"

    def start(self) -> None:
        for _ in range(PORT_ATTEMPTS):
            self.port = self.port or _free_port()
            settings = {
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "",
                "fsync": "off",  # what is tested outlives a process, not a machine
                "max_connections": "40",
                "autovacuum": "off",
                "shared_buffers": "16MB",
            }
            options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
            command = [str(program("postgres")), "-D", str(self.data), "-p", str(self.port), *options]
            self._process = ChildProcess(
                [*_become(), *command], log=self.log, env={"LC_ALL": "C"}, cwd=self.data.parent
            )
            if self._answers():
                return
            self._process.stop()
            self.port = 0  # another program took it
        raise OSError(f"Postgres did not start: {self.log.read_text(encoding='utf-8')}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, by default in order: connections are closed on it (SIGQUIT: it crashes, and recovers at its start)."""
        if self._process.running:
            os.kill(self._process.pid, how)
            deadline = time.monotonic() + START_SECONDS
            while self._process.running and time.monotonic() < deadline:
                time.sleep(0.01)
        self._process.stop()

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @contextmanager
    def as_standby(self) -> Iterator[None]:
        """Let it wait for a primary's changes and take none of its own, while the body runs."""
        signal_file = self.data / "standby.signal"
        self.stop()
        signal_file.touch()
        try:
            self.start()
            yield
        finally:
            self.stop()
            signal_file.unlink()
            self.start()

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the database's owner would with psql."""
        url = self.url(database, "connect_timeout=5")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, name: str, template: str = "template0", options: str = "") -> Iterator[str]:
        """A database while the body runs: empty, or the copy of another one."""
        quicker = "STRATEGY file_copy" if self.version >= 15 else ""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {quicker} {options}')
        try:
            yield name
        finally:
            if not self._process.running:
                self.start()
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _initialize(self) -> None:
        folder = Path(self._folder.name)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            user = _other_user()
            for path in (folder, secret):
                os.chown(path, user.pw_uid, user.pw_gid)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [*_become(), str(program("initdb")), "-D", self.data, "-U", USER, f"--pwfile={secret}", *options],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=60,
        )

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self._process.running and time.monotonic() < deadline:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return self._process.running
        return False


def _become() -> list[str]:
    if os.geteuid() != 0:
        return []
    user = _other_user()
    return [sys.executable, "-I", "-S", "-c", BECOME, str(user.pw_uid), str(user.pw_gid)]


def _other_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
