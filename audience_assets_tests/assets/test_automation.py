"""What starts a day by itself: the schedule, and the sensor that waits for the extract."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from audience_assets.definitions import JOB, build_defs
from audience_assets_tests.assets.conftest import Deploy
from audience_assets_tests.assets.deployment import Deployment, numbered

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def yesterday() -> str:
    """The newest day that is over in the deployment's time zone."""
    return (datetime.now(ZONE).date() - timedelta(days=1)).isoformat()


def asked(deployed: Deployment) -> tuple[list[str | None], str]:
    """The days that the sensor asks for, and why it asks for none."""
    defs = build_defs(deployed.settings)
    with dg.build_sensor_context(deployed.instance, definitions=defs) as context:
        tick = defs.resolve_sensor_def("extract_landed").evaluate_tick(context)
    keys = [request.run_key for request in tick.run_requests or ()]
    assert keys == [request.partition_key for request in tick.run_requests or ()]
    return [request.partition_key for request in tick.run_requests or ()], tick.skip_message or ""


@pytest.mark.filterwarnings("ignore:Function `JobDefinition.run_request_for_partition`:DeprecationWarning")
def test_the_schedule_runs_the_day_before_in_the_deployment_s_time_zone(deploy: Deploy) -> None:
    deployed = deploy(schedule={"hour": 1})
    schedule = build_defs(deployed.settings).resolve_schedule_def(f"{JOB}_schedule")
    at = datetime(2026, 3, 2, 1, tzinfo=ZONE)
    with dg.build_schedule_context(deployed.instance, scheduled_execution_time=at) as context:
        [request] = schedule.evaluate_tick(context).run_requests or ()
    assert request.partition_key == "2026-03-01"


def test_the_sensor_waits_and_says_for_which_days(deployed: Deployment, yesterday: str) -> None:
    days, reason = asked(deployed)
    assert days == []
    assert reason.startswith("no extract has landed for ")
    assert reason.endswith(yesterday)
    assert reason.count(",") == 2


def test_the_sensor_asks_for_a_day_once_its_file_is_there(deployed: Deployment, yesterday: str) -> None:
    deployed.land(yesterday, numbered(1))
    assert asked(deployed) == ([yesterday], "")


def test_the_sensor_asks_for_days_that_landed_together_oldest_first(
    deployed: Deployment, yesterday: str
) -> None:
    before = (datetime.fromisoformat(yesterday) - timedelta(days=1)).date().isoformat()
    for day in (yesterday, before):
        deployed.land(day, numbered(1))
    assert asked(deployed)[0] == [before, yesterday]


@pytest.mark.parametrize("source", [{"query": "select 'c' as customer_id, $day as x"}, {}])
def test_the_sensor_cannot_wait_for_a_query(deploy: Deploy, source: dict[str, str]) -> None:
    days, reason = asked(deploy(source=source))
    assert days == []
    assert reason == "source.path is not set: only files can be waited for, a query cannot"
