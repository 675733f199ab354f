"""What a call needs to know besides its ad account: the time, and where the server is."""

from dataclasses import dataclass

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.reading import Call


@dataclass(frozen=True)
class Scene:
    """The surroundings of one call."""

    clock: Clock
    base_url: str

    def url_of(self, call: Call) -> str:
        """The address of a call without its parameters."""
        major, minor = call.version
        return f"{self.base_url}/v{major}.{minor}/{call.path}"
