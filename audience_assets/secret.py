"""A secret is named in the settings and read from the environment at the moment it is used, never at import."""

import os
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from audience_assets.errors import SettingsError

VARIABLE_NAME = re.compile("[A-Z_][A-Z0-9_]*")
"""In capitals, so that a secret that was pasted in place of the name is noticed before a message repeats it."""


class Secret(BaseModel):
    """`{ env = "NAME" }` in the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str

    @model_validator(mode="before")
    @classmethod
    def _never_in_clear(cls, given: object) -> object:
        if isinstance(given, Secret) or (isinstance(given, Mapping) and cls.is_declared_by(given)):
            return given
        raise ValueError(
            'a secret does not belong in the file: put it in the environment and write { env = "NAME" }'
            " with the variable's name in capitals"
        )

    @staticmethod
    def is_declared_by(given: Mapping[str, Any]) -> bool:
        """Whether this table names an environment variable and says nothing else."""
        name = given.get("env")
        return given.keys() == {"env"} and isinstance(name, str) and VARIABLE_NAME.fullmatch(name) is not None

    def value(self) -> str:
        """The secret itself.

        Raises:
            SettingsError: The environment variable is not set.
        """
        found = os.environ.get(self.env)
        if not found:
            raise SettingsError(
                f"the environment variable {self.env} is not set: set it where Dagster runs; the settings read a secret from"
                f' it with {{ env = "{self.env}" }}'
            )
        return found


def revealed(secret: Secret | None) -> str | None:
    """The secret's value, or None where none is configured."""
    return None if secret is None else secret.value()
