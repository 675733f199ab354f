"""What is looked at at VTEX Ads before a file leaves: the bucket and its rights, or Newtail's API; nothing is left there."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property

import httpx2

from audience_assets.destinations.preflight import Check, Preflight, clock_sentence, opening
from audience_assets.destinations.vtex_ads import newtail
from audience_assets.destinations.vtex_ads.newtail import NewtailAccess
from audience_assets.destinations.vtex_ads.put_rights import Answer, ask
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import DestinationRefusedError
from audience_assets.http.witness import Witness
from audience_assets.storage.objects import S3Target

WHAT = "no upload form came from Newtail"
REFUSES_CREDENTIALS = frozenset({httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN})


@dataclass
class Bucket:
    """A publisher's bucket while it is looked at; the one question is asked once."""

    make_target: Callable[[], S3Target] = field(repr=False)
    prefix: str

    @cached_property
    def target(self) -> S3Target:
        """Where files go.

        Raises:
            SettingsError: No bucket is configured, or a secret is not in the environment.
        """
        return replace(self.make_target(), max_attempts=2)

    @cached_property
    def answer(self) -> Answer:
        """What the store says to an upload that cannot be."""
        prefix = self.prefix.strip("/")
        return ask(self.target, f"{prefix}/audiences/preflight" if prefix else "audiences/preflight")

    def concerning(self, check: str, well: str) -> str:
        """What is well, unless the answer speaks against this check."""
        if self.answer.check == check and self.answer.error is not None:
            raise self.answer.error
        return well


@dataclass
class Publisher:
    """A publisher's access to Newtail's API while it is looked at."""

    make_access: Callable[[], NewtailAccess] = field(repr=False)
    stack: ExitStack = field(repr=False)
    witness: Witness = field(default_factory=Witness, repr=False)

    @cached_property
    def newtail(self) -> newtail.Newtail:
        """The connection, made when it is first needed.

        Raises:
            SettingsError: A secret is not in the environment.
        """
        made = self.stack.enter_context(newtail.connect(self.make_access()))
        self.witness.listen(made.connection)
        return made

    @cached_property
    def refusal(self) -> DestinationRefusedError | None:
        """Why Newtail hands out no form; a form that is not used leaves nothing behind.

        Raises:
            DeliveryInterruptedError: There is no answer, or Newtail is failing.
        """
        try:
            self.newtail.ask_for_form(WHAT)
        except DestinationRefusedError as error:
            return error
        return None

    @property
    def refuses_credentials(self) -> bool:
        """Whether the last answer was about the credentials."""
        return self.witness.last is not None and self.witness.last.status_code in REFUSES_CREDENTIALS


def of(name: str, settings: VtexAdsSettings) -> Preflight:
    """The preflight of a publisher by its transport; secrets are read when it begins."""
    if settings.transport == "presigned":
        return opening(OF_NEWTAIL, lambda _, stack: Publisher(lambda: settings.newtail(name), stack))
    return opening(OF_S3, lambda _, __: Bucket(lambda: settings.target(name), settings.prefix))


def _secrets(bucket: Bucket) -> str:
    return f"s3://{bucket.target.bucket} is named, and its secrets are in the environment"


def _api_secrets(publisher: Publisher) -> str:
    publisher.make_access()
    return "app_id and api_key are in the environment"


def _api_connection(publisher: Publisher) -> str:
    if publisher.refusal is not None and not publisher.refuses_credentials:
        raise publisher.refusal
    return "Newtail answers"


def _api_credentials(publisher: Publisher) -> str:
    if publisher.refusal is not None:
        raise publisher.refusal
    return "Newtail hands out upload forms"


OF_S3: tuple[Check[Bucket], ...] = (
    Check("secrets", "The bucket is named and its secrets are in the environment.", _secrets),
    Check(
        "connection",
        "The store answers.",
        lambda bucket: bucket.concerning("connection", "the store answers"),
        ("secrets",),
    ),
    Check(
        "clock",
        "This machine's clock agrees with the store's, or signatures are refused.",
        lambda bucket: bucket.concerning("clock", "") or clock_sentence(bucket.answer.seconds_ahead),
        ("connection",),
    ),
    Check(
        "credentials",
        "The store accepts the credentials.",
        lambda bucket: bucket.concerning("credentials", "the store accepts the credentials"),
        ("clock",),
    ),
    Check(
        "bucket",
        "The bucket is there, in the region of the settings.",
        lambda bucket: bucket.concerning("bucket", f"s3://{bucket.target.bucket} is there"),
        ("credentials",),
    ),
    Check(
        "put_rights",
        "The credentials may put objects below the prefix: asked by a part of an upload that is not there.",
        lambda bucket: bucket.concerning("put_rights", "the credentials may put objects below the prefix"),
        ("bucket",),
    ),
)
OF_NEWTAIL: tuple[Check[Publisher], ...] = (
    Check("secrets", "app_id and api_key are in the environment.", _api_secrets),
    Check("connection", "Newtail answers.", _api_connection, ("secrets",)),
    Check(
        "clock",
        "This machine's clock agrees with Newtail's.",
        lambda publisher: clock_sentence(publisher.witness.seconds_ahead),
        ("connection",),
    ),
    Check(
        "credentials",
        "Newtail hands out an upload form, which is not used.",
        _api_credentials,
        ("connection",),
    ),
)
