"""The sensors that tell people of runs that failed and of checks that failed; there are none until `[alerts]` is set."""

from collections.abc import Callable, Iterator
from functools import partial

import dagster as dg

from audience_assets.alerts import email, message, slack
from audience_assets.alerts.message import Message, Problem
from audience_assets.alerts.settings import AlertSettings
from audience_assets.errors import AudienceAssetsError

Send = Callable[[Message], None]

DAY_TAG = "dagster/partition"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
TOLD_TAG = "audience_assets/alert_by_{way}"
HELD_BY_A_CHECK = "DagsterAssetCheckFailedError"
"""How Dagster fails a step whose blocking check failed; the check itself says why."""


class AlertNotSentError(dg.DagsterError):
    """Fails a sensor's tick, so that its cursor stays and the next tick tries again.

    Only Dagster's own errors do: any other that a run status sensor meets is noted, and the run is passed over.
    """


def build(settings: AlertSettings) -> list[dg.SensorDefinition]:
    """Two sensors for each way that is set: runs that failed, and failed checks of runs that went through.

    Raises:
        SettingsError: A way needs a package that is not installed.
    """
    ways: dict[str, Send] = {}
    if settings.slack is not None:
        slack.need_the_package()
        ways["slack"] = partial(slack.post, settings.slack)
    if settings.email is not None:
        ways["email"] = partial(email.send, settings.email)
    return [sensor for way, send in ways.items() for sensor in _sensors(settings, way, send)]


def _sensors(settings: AlertSettings, way: str, send: Send) -> Iterator[dg.SensorDefinition]:
    @dg.run_failure_sensor(
        name=f"{way}_on_failure",
        description=f"Tells by {way} of every run that failed: the asset, the cause and the mend.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def on_failure(context: dg.RunFailureSensorContext) -> None:
        found = [*_failed_steps(context), *_failed_checks(context, settings.severity)] or [
            _before_any_step(context)
        ]
        _tell(context, way, send, _composed(context, settings, found, failed=True))

    @dg.run_status_sensor(
        name=f"{way}_on_failed_checks",
        description=f"Tells by {way} of checks that failed in a run that went through.",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def on_failed_checks(context: dg.RunStatusSensorContext) -> None:
        if found := _failed_checks(context, settings.severity):
            _tell(context, way, send, _composed(context, settings, found, failed=False))

    yield on_failure
    yield on_failed_checks


def _tell(context: dg.RunStatusSensorContext, way: str, send: Send, told: Message) -> None:
    """Send it once; a tag on the run remembers it where the tick fails for another run's sake."""
    run, tag = context.dagster_run.run_id, TOLD_TAG.format(way=way)
    stored = context.instance.get_run_by_id(run)
    if stored is None or tag in stored.tags:
        return
    try:
        send(told)
    except AudienceAssetsError as error:
        raise AlertNotSentError(
            f"the alert about run {run} was not sent and will be tried again: {error}"
        ) from None
    context.instance.add_run_tags(run, {tag: "sent"})


def _composed(
    context: dg.RunStatusSensorContext, settings: AlertSettings, problems: list[Problem], *, failed: bool
) -> Message:
    run = context.dagster_run
    job = "a materialization" if run.job_name.startswith("__") else run.job_name
    days = run.tags.get(DAY_TAG) or " to ".join(run.tags[tag] for tag in RANGE_TAGS if tag in run.tags)
    link = f"{settings.ui_url}runs/{run.run_id}" if settings.ui_url else run.run_id
    return message.compose(f"{job} for {days}" if days else job, problems, link, failed=failed)


def _failed_steps(context: dg.RunFailureSensorContext) -> Iterator[Problem]:
    """Each failed step with its own sentence; of an error that is not ours, only the kind, as its message may quote data."""
    for event in context.get_step_failure_events():
        failure, place = event.step_failure_data, _asset_of(str(event.step_key))
        kind = (failure.error.cause or failure.error).cls_name if failure.error else None
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            yield Problem(place, failure.user_failure_data.description)
        elif kind != HELD_BY_A_CHECK:
            yield Problem(
                place, f"an error that nobody foresaw ({kind}): look at the run's log and report it"
            )


def _before_any_step(context: dg.RunFailureSensorContext) -> Problem:
    """A run that never came to a step, or was killed, in Dagster's own words."""
    return Problem(context.dagster_run.job_name, (context.failure_event.message or "").partition("\n")[0])


def _failed_checks(context: dg.RunStatusSensorContext, severity: str) -> list[Problem]:
    """The checks whose last evaluation in the run failed, from a severity on."""
    events = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    last: dict[dg.AssetCheckKey, dg.AssetCheckEvaluation] = {}
    for record in context.instance.all_logs(context.dagster_run.run_id, of_type=events):
        if record.dagster_event is not None:
            evaluation = record.dagster_event.asset_check_evaluation_data
            last[evaluation.asset_check_key] = evaluation
    return [
        Problem(f"{key.asset_key.to_user_string()}, check {key.name}", evaluation.description or "failed")
        for key, evaluation in last.items()
        if not evaluation.passed
        and (severity == "warn" or evaluation.severity is dg.AssetCheckSeverity.ERROR)
    ]


def _asset_of(step: str) -> str:
    """The asset, or the checks, that a step is named after: `meta__delivery` is `meta/delivery`."""
    return step.replace("__", "/")
