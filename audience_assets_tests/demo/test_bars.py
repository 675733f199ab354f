"""The demonstration's bars: one for each stage that takes long, gone when the stage is."""

from rich.progress import Progress as Bars

from audience_assets.demo.bars import StepBars
from audience_assets.progress import Progress


def test_a_stage_has_one_bar_that_moves_and_goes() -> None:
    shown = Bars(disable=True)
    listener = StepBars(shown)
    listener(Progress("normalizing", None, None, 200))
    [bar] = shown.tasks
    assert (bar.description, bar.total) == ("  normalizing, 200 rows", None)
    listener(Progress("normalizing", 0.25, 50, 200))
    [bar] = shown.tasks
    assert (bar.description, bar.percentage) == ("  normalizing, 50 of 200 rows (25 %)", 25)
    listener(Progress("normalizing", 1.0, 200, 200, ended=True))
    assert not shown.tasks
    listener(Progress("normalizing", 0.1))
    assert len(shown.tasks) == 1
