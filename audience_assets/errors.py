"""The errors a person can act on: one type for each kind of action.

Every message says what happened, to which thing, and what to do. None of them carries a value from a customer's record.
"""


class AudienceAssetsError(Exception):
    """Base of every error that this package raises on purpose."""


class SettingsError(AudienceAssetsError):
    """The settings file or the environment is wrong: mend it and run again."""


class ExtractError(AudienceAssetsError):
    """The day's extract cannot be used: mend the extract or its column mapping and run again."""


class ContractError(AudienceAssetsError):
    """Rows or a file broke a column contract, so nothing was published: mend the rule or the source."""


class GuardError(AudienceAssetsError):
    """A guard stopped it: look at what it saw, mend the extract or let it through."""


class StateError(AudienceAssetsError):
    """Our own files or ledger are missing or damaged: restore them or materialize the named asset again."""


class WorkersError(AudienceAssetsError):
    """Those who run the tasks died or are not there: mend the machine or the cluster and run again."""


class OutOfOrderError(AudienceAssetsError):
    """The day may not be delivered now: a newer day was delivered, or another run is delivering."""


class DestinationRefusedError(AudienceAssetsError):
    """The partner refused and will refuse again: a person must change credentials, rights or settings.

    `one_audience` says that only the audience at hand is concerned, so that the others may go on.
    """

    one_audience: bool = False


class AudienceRefusedError(DestinationRefusedError):
    """The partner, or we, refuse one audience: a person must change its settings; the others go on."""

    one_audience = True


class DeliveryInterruptedError(AudienceAssetsError):
    """The partner, or the ledger's server, did not answer in time or is failing: run again; what was delivered is not sent twice.

    `one_audience` says that only the audience at hand is concerned, so that the others may go on.
    """

    one_audience: bool = False


class AudienceNotReadyError(DeliveryInterruptedError):
    """The partner is still busy with one audience: run again later; the others went on."""

    one_audience = True


class AlertError(AudienceAssetsError):
    """An alert could not be sent: mend the channel; it is sent by a later tick of the sensor."""
