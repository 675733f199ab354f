"""The example for one machine is what it says: it starts, the UI stands behind a login, and secrets are in one place."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dagster as dg
import httpx2
import pytest
import yaml
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config_schema

from audience_assets import settings
from audience_assets.secret import Secret
from audience_assets_tests.examples.conftest import LOGIN, Machine, eventually
from audience_assets_tests.examples.units import (
    DROP_IN,
    EXAMPLES,
    ONE_MACHINE,
    SERVICES,
    Elsewhere,
    keys_of,
    unit_of,
)

LOADED = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  location { name } assetNodes { assetKey { path } } sensors { name sensorState { status } } } } } }"""
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"


def test_the_services_start_and_the_ui_shows_every_destination_of_the_settings(machine: Machine) -> None:
    def loaded() -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = machine.ask(LOADED)["repositoriesOrError"].get("nodes", [])
        return nodes

    [location] = eventually(loaded, *machine.processes)
    assets = {"/".join(node["assetKey"]["path"]) for node in location["assetNodes"]}
    assert location["location"]["name"] == "audience_assets"
    assert {f"{name}/delivery" for name in ("vtex_ads", "meta", "tiktok")} < assets
    states = {sensor["name"]: sensor["sensorState"]["status"] for sensor in location["sensors"]}
    assert (states["email_on_failure"], states["extract_landed"]) == ("RUNNING", "STOPPED")


def test_the_daemon_works_and_keeps_its_records_where_the_units_allow_it(machine: Machine) -> None:
    def healthy() -> bool:
        daemons = machine.ask(DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(each["healthy"] for each in daemons if each["required"])

    assert eventually(healthy, *machine.processes)
    assert (machine.folder / "var" / "dagster" / "history").is_dir()


def test_without_the_password_the_ui_is_not_seen(proxy: httpx2.Client) -> None:
    assert proxy.get("/server_info").status_code == 401
    assert proxy.post("/graphql", json={"query": LOADED}).status_code == 401
    assert proxy.get("/server_info", auth=(LOGIN[0], "guessed")).status_code == 401
    assert "dagster_webserver_version" in proxy.get("/server_info", auth=LOGIN).json()
    assert proxy.post("/graphql", json={"query": LOADED}, auth=LOGIN).is_success


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    here = Elsewhere(tmp_path, tmp_path, 3000)
    for name in (DROP_IN, *map(unit_of, SERVICES)):
        unit = tmp_path / "units" / name
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(here.of((ONE_MACHINE / name).read_text()))
    units = [str(tmp_path / "units" / unit_of(service)) for service in SERVICES]
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_ui_listens_on_loopback_and_only_the_code_location_sees_the_secrets() -> None:
    assert "--host 127.0.0.1" in keys_of("webserver")["ExecStart"][0]
    assert "--socket" in keys_of("code")["ExecStart"][0]
    assert [name for name in SERVICES if "EnvironmentFile" in keys_of(name)] == ["code"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_as_a_user_of_its_own_that_writes_in_its_own_folder_only(service: str) -> None:
    unit = keys_of(service)
    assert unit["User"] == ["audience-assets"]
    assert (unit["UMask"], unit["NoNewPrivileges"], unit["ProtectSystem"]) == (["0077"], ["yes"], ["strict"])
    assert unit["ReadWritePaths"] == ["/var/lib/audience-assets"]


def test_the_read_me_names_files_that_are_there() -> None:
    for folder in ("one-machine", "kubernetes"):
        named = re.findall(r"examples/[\w./-]+\w", (EXAMPLES / folder / "README.md").read_text())
        for name in named:
            assert (EXAMPLES.parent / name).exists() or name.endswith("audience-assets"), name


def test_the_secrets_file_has_every_variable_that_the_settings_name_and_no_value() -> None:
    lines = [line for line in (ONE_MACHINE / "secrets.env").read_text().splitlines() if line[:1] != "#"]
    assert all(line.endswith("=") for line in lines)
    named = set(re.findall(r'env = "(\w+)"', (ONE_MACHINE / "settings.toml").read_text()))
    assert {line.rstrip("=") for line in lines} == named


def test_the_settings_load_and_seal_what_lies_on_the_disk() -> None:
    loaded = settings.load(ONE_MACHINE / "settings.toml")
    assert loaded.state_dir == Path("/var/lib/audience-assets/state")
    assert loaded.encryption_key == Secret(env="AUDIENCE_ASSETS_KEY")


def test_dagster_takes_its_settings_also_with_postgres_instead_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ONE_MACHINE / "dagster.yaml").read_text()
    (tmp_path / "dagster.yaml").write_text(text)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
    with_postgres = re.sub(r"(?m)^# (storage:|  postgres:|    postgres_url:|      env:)", r"\1", text)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql://dagster@db/dagster")
    given = yaml.safe_load(with_postgres)
    assert given["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    assert process_config(dagster_instance_config_schema(), given).success


def test_what_a_deployment_installs_is_locked_to_the_versions_that_are_tested() -> None:
    def pins(file: Path) -> dict[str, str]:
        return dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", file.read_text()))

    tested, deployed = (
        pins(each) for each in (EXAMPLES.parent / "requirements" / "lock.txt", EXAMPLES / "requirements.txt")
    )
    assert {
        "dagster",
        "dagster-webserver",
        "dagster-postgres",
        "dagster-k8s",
        "dagster-slack",
    } < deployed.keys()
    shared = deployed.keys() & tested.keys()
    assert {name: deployed[name] for name in shared} == {name: tested[name] for name in shared}
    assert "pytest" not in deployed
