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


class StateError(AudienceAssetsError):
    """Our own files or ledger are missing or damaged: restore them or materialize the named asset again."""


class OutOfOrderError(AudienceAssetsError):
    """The day may not be delivered now: a newer day was delivered, or another run is delivering."""


class DestinationRefusedError(AudienceAssetsError):
    """The partner refused and will refuse again: a person must change credentials, rights or settings."""


class DeliveryInterruptedError(AudienceAssetsError):
    """The partner did not answer in time or is failing: run again; what was delivered is not sent twice."""
