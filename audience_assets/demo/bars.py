"""Bars on the terminal: one for the demonstration as a whole, and one for whatever in it takes long."""

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column

from audience_assets.progress import Progress


def bars() -> Bars:
    """Bars on standard error, so that standard output stays the demonstration's result."""
    elapsed = TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True))
    return Bars(TextColumn("{task.description}"), BarColumn(), elapsed, console=Console(stderr=True))


class StepBars:
    """A listener that shows a bar for each stage of a step while the stage runs."""

    def __init__(self, shown: Bars) -> None:
        self._shown = shown
        self._running: dict[str, TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        """Move the stage's bar; take it away at the end."""
        if progress.ended:
            self._shown.remove_task(self._running.pop(progress.doing))
            return
        if progress.doing not in self._running:
            self._running[progress.doing] = self._shown.add_task("", total=None)
        self._shown.update(
            self._running[progress.doing],
            description=f"  {progress}",
            completed=progress.share or 0,
            total=None if progress.share is None else 1,
        )
