"""The limits of an advertiser's calls: some a second, some a minute."""

from audience_assets.sandbox.tiktok.answers import TikTokError
from audience_assets.sandbox.tiktok.behaviour import Behaviour

MINUTE = 60
SUSPENDED_SECONDS = 300.0


class Usage:
    """The calls of this second and this minute of one advertiser."""

    def __init__(self) -> None:
        self._second = (0, 0)
        self._minute = (0, 0)
        self._suspended_until = 0.0

    def count(self, behaviour: Behaviour, now: float) -> None:
        """Count one call.

        Source: TikTok, Business API, rate limits: behind the limit of a second the next second is free; behind that
        of a minute the advertiser is suspended for five minutes.

        Raises:
            TikTokError: It is one too many (40100, or the code that the advertiser is set to).
        """
        if now < self._suspended_until:
            raise _too_frequent(behaviour)
        self._second = _counted(self._second, int(now))
        self._minute = _counted(self._minute, int(now) // MINUTE)
        if _is_over(self._minute, behaviour.per_minute):
            self._suspended_until = now + SUSPENDED_SECONDS
            raise _too_frequent(behaviour)
        if _is_over(self._second, behaviour.per_second):
            raise _too_frequent(behaviour)


def _too_frequent(behaviour: Behaviour) -> TikTokError:
    return TikTokError(behaviour.limit_code, "Requests made too frequently, please try again later")


def _is_over(window: tuple[int, int], limit: int | None) -> bool:
    return limit is not None and window[1] > limit


def _counted(window: tuple[int, int], current: int) -> tuple[int, int]:
    return (current, window[1] + 1 if window[0] == current else 1)
