"""What all sections of the settings are made of."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the settings: of known keys only, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
