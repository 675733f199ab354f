"""The example for Kubernetes fits Dagster's chart, its run launcher and our settings; the UI is behind a login."""

import json
import os
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import construct_dagster_k8s_job

from audience_assets import settings
from audience_assets_tests.examples.units import EXAMPLES

KUBERNETES = EXAMPLES / "kubernetes"
CHART_SCHEMA = os.environ.get("DAGSTER_CHART_SCHEMA")
"""The chart's values.schema.json, with the chart's own values.yaml beside it."""


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    [values] = documents("values.yaml")
    return values


@pytest.fixture(scope="module")
def secrets() -> dict[str, dict[str, str]]:
    return {each["metadata"]["name"]: each["stringData"] for each in documents("secrets.example.yaml")}


def location(values: dict[str, Any]) -> dict[str, Any]:
    [only] = values["dagster-user-deployments"]["deployments"]
    return dict(only)


def as_dagster_calls_it(given: dict[str, Any]) -> dict[str, Any]:
    """The chart's keys as they stand in dagster.yaml."""
    return {
        re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", key): value for key, value in given.items()
    }


def launcher_config(values: dict[str, Any]) -> dict[str, Any]:
    """What the chart's template makes of the run launcher's values."""
    given = values["runLauncher"]["config"]["k8sRunLauncher"]
    config = as_dagster_calls_it(given) | {
        "env_secrets": [each["name"] for each in given["envSecrets"]],
        "run_k8s_config": as_dagster_calls_it(given["runK8sConfig"]),
    }
    return config | {
        "instance_config_map": "dagster-instance",
        "dagster_home": "/opt/dagster/dagster_home",
        "service_account_name": values["global"]["serviceAccountName"],
        "postgres_password_secret": values["global"]["postgresqlSecretName"],
    }


@pytest.fixture(scope="module")
def run_s_container(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The container of the Job that the run launcher makes of the values for a run."""
    cluster = {"name": "none", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "none", "context": {"cluster": "none", "user": "none"}}
    kubeconfig = tmp_path_factory.mktemp("kubernetes") / "config"
    kubeconfig.write_text(
        json.dumps(
            {
                "clusters": [cluster],
                "contexts": [context],
                "users": [{"name": "none", "user": {}}],
                "current-context": "none",
            }
        )
    )
    config = launcher_config(values) | {"load_incluster_config": False, "kubeconfig_file": str(kubeconfig)}
    launcher, run = K8sRunLauncher(**config), dg.DagsterRun("daily_audiences")
    found = K8sContainerContext.create_for_run(run, launcher, include_run_tags=False)
    job = construct_dagster_k8s_job(
        found.get_k8s_job_config("registry.example.com/audience-assets:0.1.0", launcher),
        ["dagster", "api", "execute_run"],
        "a-run",
        user_defined_k8s_config=found.run_k8s_config,
    )
    assert job.spec.template.spec.security_context.run_as_non_root is True
    [container] = job.spec.template.spec.containers
    return container


@pytest.mark.skipif(CHART_SCHEMA is None, reason="DAGSTER_CHART_SCHEMA does not name the chart's schema")
def test_the_chart_s_own_schema_takes_the_values(values: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads(Path(str(CHART_SCHEMA)).read_text())
    whole = merged(yaml.safe_load(Path(str(CHART_SCHEMA)).with_name("values.yaml").read_text()), values)
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(whole)] == []


def merged(below: Any, above: Any) -> Any:
    """Values over the chart's own, as Helm lays them."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: merged(below[key], value) if key in below else value for key, value in above.items()}


def test_dagster_takes_what_the_chart_makes_of_the_values(values: dict[str, Any]) -> None:
    logs = as_dagster_calls_it(values["computeLogManager"]["config"]["s3ComputeLogManager"])
    kinds: dict[Any, dict[str, Any]] = {
        K8sRunLauncher: launcher_config(values),
        S3ComputeLogManager: logs,
    }
    for kind, config in kinds.items():
        result = process_config(resolve_to_config_type(kind.config_type()), config)
        assert result.success, result.errors
    postgres = values["postgresql"]
    instance = {
        "storage": {
            "postgres": {
                "postgres_db": {
                    "username": postgres["postgresqlUsername"],
                    "password": {"env": "HOME"},
                    "hostname": postgres["postgresqlHost"],
                    "db_name": postgres["postgresqlDatabase"],
                    "params": postgres["postgresqlParams"],
                }
            }
        },
        "concurrency": {
            key: as_dagster_calls_it(value)
            for key, value in values["concurrency"].items()
            if key != "enabled"
        },
        "telemetry": values["telemetry"],
        **values["additionalInstanceConfig"],
    }
    result = process_config(dagster_instance_config_schema(), instance)
    assert result.success, result.errors
    assert instance["concurrency"]["pools"] == {"default_limit": 1}


def test_a_run_has_the_settings_the_secrets_and_its_own_resources(run_s_container: Any) -> None:
    assert "audience-assets" in [each.secret_ref.name for each in run_s_container.env_from if each.secret_ref]
    assert "/etc/audience-assets/settings.toml" in [each.value for each in run_s_container.env]
    mounted = {each.mount_path for each in run_s_container.volume_mounts}
    assert {"/etc/audience-assets", "/var/tmp/audience-assets"} <= mounted  # noqa: S108 - the pod's own volume
    assert run_s_container.resources.limits == {"memory": "5Gi"}
    assert run_s_container.security_context.allow_privilege_escalation is False
    assert run_s_container.security_context.run_as_user == 10001


def test_the_settings_load_and_keep_everything_off_the_pods(
    values: dict[str, Any], secrets: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in secrets["audience-assets"]:
        monkeypatch.setenv(name, "postgresql://somebody@db/audience_assets")
    loaded = settings.load(KUBERNETES / "settings.toml")
    assert loaded.state_dir == "s3://our-bucket/audiences"
    assert loaded.ledger == "postgresql://somebody@db/audience_assets"
    mounts = {each["name"]: each["mountPath"] for each in location(values)["volumeMounts"]}
    assert loaded.scratch.parent == Path(mounts["scratch"])
    assert location(values)["env"] == [
        {"name": settings.SETTINGS_VARIABLE, "value": f"{mounts['settings']}/settings.toml"}
    ]


def test_the_secret_has_every_variable_that_the_settings_name_and_no_value(
    secrets: dict[str, dict[str, str]],
) -> None:
    named = set(re.findall(r'env = "(\w+)"', (KUBERNETES / "settings.toml").read_text()))
    assert secrets["audience-assets"].keys() == named
    assert {value for secret in secrets.values() for value in secret.values()} == {"FILL-IN"}


def test_neither_the_ui_nor_the_daemon_sees_the_partners_secrets(values: dict[str, Any]) -> None:
    assert location(values)["envSecrets"] == [{"name": "audience-assets"}]
    for part in ("dagsterWebserver", "dagsterDaemon"):
        assert "audience-assets" not in json.dumps(values[part].get("envSecrets", []))
    assert values["global"]["postgresqlSecretName"] == "dagster-postgresql"
    assert not values["generatePostgresqlPasswordSecret"]


def test_nobody_reaches_the_ui_but_through_the_login(values: dict[str, Any]) -> None:
    webserver, ingress = values["dagsterWebserver"], values["ingress"]
    assert webserver["service"]["type"] == "ClusterIP"
    assert {name.rpartition("/")[2] for name in ingress["annotations"]} > {"auth-url", "auth-signin"}
    assert ingress["dagsterWebserver"]["tls"]["enabled"]
    [to_the_ui, to_the_code] = (each["spec"] for each in documents("network-policy.yaml"))
    assert to_the_ui["podSelector"]["matchLabels"] == {"component": "dagster-webserver"}
    assert to_the_ui["ingress"][0]["ports"] == [{"port": webserver["service"]["port"]}]
    assert to_the_code["podSelector"]["matchLabels"] == {"deployment": location(values)["name"]}
    assert to_the_code["ingress"][0]["ports"] == [{"port": location(values)["port"]}]


def test_all_parts_run_one_image_as_a_user_without_rights(values: dict[str, Any]) -> None:
    parts = [location(values), values["dagsterWebserver"], values["dagsterDaemon"]]
    assert {json.dumps(part["image"]) for part in parts} == {json.dumps(parts[0]["image"])}
    assert parts[0]["image"]["tag"] != "latest"
    assert all(part["podSecurityContext"]["runAsNonRoot"] for part in parts)
    assert all(part["securityContext"]["capabilities"] == {"drop": ["ALL"]} for part in parts)


def test_the_image_is_of_locked_files_and_runs_as_that_user(values: dict[str, Any]) -> None:
    dockerfile = (KUBERNETES / "Dockerfile").read_text()
    for line in re.findall(r"(?m)^COPY (?!--from)(.*)$", dockerfile):
        for source in line.split()[:-1]:
            assert (EXAMPLES.parent / source).exists(), source
    assert "--require-hashes -r /locked/requirements.txt" in dockerfile
    assert f"USER {location(values)['podSecurityContext']['runAsUser']}" in dockerfile
