"""Runs the tasks of a step: one after the other in this process, side by side in processes of this machine, or on Ray.

A task is a plain function over settings, paths and numbers that writes drafts and returns counts. Only those cross a
process's border, never a row; and a task that is run again writes the same drafts again.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from audience_assets import progress
from audience_assets.errors import AudienceAssetsError, SettingsError, WorkersError
from audience_assets.settings import Settings

Result = TypeVar("Result")
Calls = Sequence[tuple[Any, ...]]

TRIES_ON_RAY = 3
"""How often Ray runs a task again whose worker died."""


class Workers(Protocol):
    """Who runs tasks."""

    def map(self, task: Callable[..., Result], calls: Calls) -> list[Result]:
        """Run the task for each of the calls and return the results in their order.

        The first argument of a call is the settings; a worker beside others gets its part of memory and threads.

        Raises:
            WorkersError: A worker died, or there are none.
        """
        ...


class Here:
    """This process, one task after the other, each with all the memory and threads of the settings."""

    def map(self, task: Callable[..., Result], calls: Calls) -> list[Result]:
        """Run the tasks in their order."""
        return [task(*call) for call in progress.each(calls, len(calls))]


class Processes:
    """Processes of this machine, started with the first task that has another one beside it and kept for the next step."""

    def __init__(self, number: int) -> None:
        self._number = number

    def map(self, task: Callable[..., Result], calls: Calls) -> list[Result]:
        """Run the tasks as processes are free."""
        if len(calls) <= 1:
            return Here().map(task, calls)
        given = [_for_a_worker(call) for call in calls]
        try:
            results = _pool(self._number).map(task, *zip(*given, strict=True))
            return list(progress.each(results, len(calls)))
        except BrokenProcessPool:
            _pool.cache_clear()
            raise WorkersError(
                "a worker process died, most likely for want of memory: nothing was published; lower engine.workers or "
                "engine.memory_limit, or raise engine.buckets, and run the day again"
            ) from None


@lru_cache(maxsize=1)
def _pool(number: int) -> ProcessPoolExecutor:
    """Spawned, because DuckDB's threads do not survive a fork."""
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"))


class RayTasks:
    """Tasks of a Ray cluster, which sees the state directory and the extract under the same paths as this process."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        try:
            import ray  # noqa: PLC0415 - an extra that few deployments have
        except ImportError:
            raise SettingsError(
                'engine.runner is "ray", which is not installed: install audience-assets[ray]'
            ) from None
        self._ray = ray
        if not ray.is_initialized():
            try:
                ray.init(
                    address=settings.engine.ray_address,
                    num_cpus=None if settings.engine.ray_address else settings.engine.workers,
                    include_dashboard=False,
                    log_to_driver=False,
                    configure_logging=False,
                )
            except (ConnectionError, RuntimeError) as error:
                raise WorkersError(
                    f"there is no Ray cluster at {settings.engine.ray_address} ({type(error).__name__}): start it, or mend "
                    "engine.ray_address"
                ) from None
            stack.callback(ray.shutdown)

    def map(self, task: Callable[..., Result], calls: Calls) -> list[Result]:
        """Run the tasks as the cluster has room; Ray runs a task again whose worker died."""
        remote: Any = self._ray.remote(max_retries=TRIES_ON_RAY)(_run)
        waiting = [remote.remote(task, _for_a_worker(call)) for call in calls]
        try:
            outcomes = [self._ray.get(each) for each in progress.each(waiting, len(waiting))]
        except self._ray.exceptions.RayError as error:
            raise WorkersError(
                f"the Ray cluster could not finish a task ({type(error).__name__}): nothing was published; look at the "
                "cluster's logs and run the day again"
            ) from None
        return [_result(outcome) for outcome in outcomes]


@contextmanager
def workers(settings: Settings) -> Iterator[Workers]:
    """Who runs the tasks of a step, as the settings say."""
    with ExitStack() as stack:
        if settings.engine.runner == "ray":
            yield RayTasks(settings, stack)
        elif settings.engine.workers > 1:
            yield Processes(settings.engine.workers)
        else:
            yield Here()


def _for_a_worker(call: tuple[Any, ...]) -> tuple[Any, ...]:
    settings, *others = call
    part = settings.engine.part_of_a_worker()
    return (settings.model_copy(update={"engine": part}), *others)


def _run(task: Callable[..., Result], call: tuple[Any, ...]) -> Result | AudienceAssetsError:
    """What a task returned, or the sentence that it failed with: Ray would wrap an error in its own traceback."""
    try:
        return task(*call)
    except AudienceAssetsError as error:
        return error


def _result(outcome: Result | AudienceAssetsError) -> Result:
    if isinstance(outcome, AudienceAssetsError):
        raise outcome
    return outcome
