"""What every destination that keeps a list for each of the customers' audiences can be told of them."""

from abc import abstractmethod
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from audience_assets.settings_section import Section


class AudienceSettings(Section):
    """One of the customers' audiences at a partner; what is not given here is the destination's."""

    id: Annotated[str, Field(pattern="^[0-9]{1,20}$")] | None = None
    name: str | None = None
    replace: Literal["auto", "never"] = "auto"
    retire: bool = False

    @model_validator(mode="after")
    def _ours_to_delete(self) -> Self:
        if self.retire and self.id is not None:
            raise ValueError(
                "retire deletes an audience that we created, and id names one that was there before: leave out id to delete it "
                'all the same, or leave out the section and set unlisted = "skip" to empty it only'
            )
        return self


A = TypeVar("A", bound=AudienceSettings)


class AccountSettings(Section, Generic[A]):
    """One account at a partner, and which of the customers' audiences it gets."""

    base_url: str
    consent: Literal["opt_out", "opt_in"] = "opt_out"
    name: str = "{audience}"
    unlisted: Literal["create", "skip"] = "create"
    audiences: dict[Annotated[str, Field(min_length=1)], A] = Field(default_factory=dict)
    replace_above: float = Field(default=0.5, gt=0)
    timeout_seconds: float = Field(default=60.0, gt=0)
    patience_seconds: float = Field(default=900.0, ge=0, le=1500)

    @field_validator("name")
    @classmethod
    def _usable_template(cls, name: str) -> str:
        if "{audience}" not in name:
            raise ValueError("must contain {audience}, or every audience would have the same name")
        return name

    @property
    @abstractmethod
    def account(self) -> str:
        """The account as the partner's API names it."""

    @property
    @abstractmethod
    def undeclared(self) -> A:
        """What holds for an audience that has no section of its own."""

    def audience(self, label: str) -> A | None:
        """The settings of an audience of the customers; None when it does not go to this account."""
        declared = self.audiences.get(label)
        if declared is not None and declared.retire:
            return None
        return self.undeclared if declared is None and self.unlisted == "create" else declared

    def name_of(self, label: str) -> str:
        """What an audience of the customers is called at the partner."""
        declared = self.audiences.get(label)
        return (declared and declared.name) or self.name.replace("{audience}", label)

    def description_of(self, label: str) -> str | None:  # noqa: ARG002 - for partners that keep one
        """How an audience of the customers is described at the partner; None where it keeps no description."""
        return None

    @property
    def retired(self) -> frozenset[str]:
        """The customers' audiences that end: everybody is taken out, and the partner's audience is deleted."""
        return frozenset(label for label, declared in self.audiences.items() if declared.retire)

    def id_of(self, label: str) -> str | None:
        """The partner's id of an audience, where the settings name it."""
        declared = self.audiences.get(label)
        return declared.id if declared else None
