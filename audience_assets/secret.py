"""A secret is named in the settings and read from the environment at the moment it is used, never at import."""

import os

from pydantic import BaseModel, ConfigDict, Field, model_validator

from audience_assets.errors import SettingsError


class Secret(BaseModel):
    """`{ env = "NAME" }` in the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _never_in_clear(cls, given: object) -> object:
        if isinstance(given, str):
            message = (
                'a secret does not belong in the file: put it in the environment and write { env = "NAME" }'
            )
            raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a validation message
        return given

    def value(self) -> str:
        """The secret itself.

        Raises:
            SettingsError: The environment variable is not set.
        """
        found = os.environ.get(self.env)
        if not found:
            raise SettingsError(
                f"the environment variable {self.env} is not set; the settings read a secret from it"
            )
        return found


def revealed(secret: Secret | None) -> str | None:
    """The secret's value, or None where none is configured."""
    return None if secret is None else secret.value()
