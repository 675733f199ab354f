"""Shows what a preflight found: as a table for people, as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from audience_assets.destinations.preflight import Finding

Found = Mapping[str, Sequence[Finding]]
"""The findings of each destination, by its name."""

SIGNS = {True: "passed", None: "not looked at"}
STYLES = {"passed": "green", "failed": "bold red", "warning": "yellow", "not looked at": "dim"}


def of(found: Found) -> Table:
    """A line for each check, a section for each destination."""
    made = Table("destination", "check", "result", "what was seen")
    for name, findings in found.items():
        for finding in findings:
            said = _outcome(finding)
            made.add_row(name, finding.check, Text(said, STYLES[said]), Text(finding.sentence))
        made.add_section()
    return made


def as_json(found: Found) -> str:
    """A list with an object for each check; `passed` is null where it was not looked at."""
    return json.dumps(
        [{"destination": name, **asdict(each)} for name, findings in found.items() for each in findings],
        indent=2,
        ensure_ascii=False,
    )


def _outcome(finding: Finding) -> str:
    if finding.passed is False:
        return "failed" if finding.severity == "error" else "warning"
    return SIGNS[finding.passed]
