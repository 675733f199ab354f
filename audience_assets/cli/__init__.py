"""The command line: `audience-assets …`."""

from audience_assets.cli import trying_out  # isort: skip - its commands come first in the help
from audience_assets.cli import audiences, operating
from audience_assets.cli.application import app

__all__ = ["app", "audiences", "operating", "trying_out"]
