"""Reads the example's systemd units, and what it means for a file to stand somewhere else than in production."""

import os
import shlex
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
ONE_MACHINE = EXAMPLES / "one-machine"
SERVICES = ("code", "daemon", "webserver")
DROP_IN = "audience-assets-.service.d/all.conf"


def unit_of(service: str) -> str:
    return f"audience-assets-{service}.service"


def keys_of(service: str) -> dict[str, list[str]]:
    """What a unit's section [Service] says, with what all units have in common."""
    found = defaultdict(list)
    for file in (ONE_MACHINE / DROP_IN, ONE_MACHINE / unit_of(service)):
        section = file.read_text().partition("[Service]")[2].partition("[Install]")[0]
        for line in section.splitlines():
            if line and not line.startswith("#"):
                key, _, value = line.partition("=")
                found[key].append(value)
    return dict(found)


@dataclass(frozen=True)
class Elsewhere:
    """The example's folders and port, below a folder of a test."""

    folder: Path
    runtime: Path
    port: int

    def of(self, text: str) -> str:
        """A text of the example with its paths and its port changed."""
        places = {
            "/opt/audience-assets/bin/": f"{Path(sys.executable).parent}/",
            "/run/audience-assets": str(self.runtime),
            "/var/lib/audience-assets": f"{self.folder}/var",
            "/etc/audience-assets": f"{self.folder}/etc",
            "--port 3000": f"--port {self.port}",
            "127.0.0.1:3000": f"127.0.0.1:{self.port}",
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text

    def install(self) -> None:
        """Put the example's files where its README puts them."""
        (self.folder / "etc").mkdir()
        (self.folder / "var" / "dagster").mkdir(parents=True)
        for name, place in {
            "settings.toml": "etc",
            "workspace.yaml": "etc",
            "dagster.yaml": "var/dagster",
        }.items():
            (self.folder / place / name).write_text(self.of((ONE_MACHINE / name).read_text()))

    def commands(self, service: str, key: str) -> list[list[str]]:
        """What the service starts, by the key ExecStart, or runs before that, by ExecStartPre."""
        return [shlex.split(self.of(line)) for line in keys_of(service).get(key, [])]

    def environment(self, service: str, secrets: Mapping[str, str]) -> dict[str, str]:
        """What the service's process sees: secrets only where the unit names their file."""
        unit = keys_of(service)
        given = {name: value for name, value in os.environ.items() if not name.startswith("AUDIENCE_ASSETS")}
        given |= dict(self.of(pair).split("=", 1) for pair in unit["Environment"])
        return given | (dict(secrets) if "EnvironmentFile" in unit else {})
