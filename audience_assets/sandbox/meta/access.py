"""Who may call: token, proof, permission, and what Meta wants signed before customer data is uploaded."""

import hashlib
import hmac

from audience_assets.sandbox.meta.answers import (
    GraphError,
    bad_parameter,
    invalid_token,
    terms_not_accepted,
)
from audience_assets.sandbox.meta.platform import Account, Platform
from audience_assets.sandbox.meta.reading import Call

EXPIRED, REVOKED = 463, 460


def account_of_call(platform: Platform, call: Call) -> Account:
    """The account whose token a call carries.

    Raises:
        GraphError: The version is too old (2635), the token is missing, wrong, expired or revoked (190), or its
            proof is missing or wrong (100).
    """
    if call.version < platform.minimum_version:
        raise GraphError(2635, "You are calling a deprecated version of the Ads API")
    if not call.token:
        raise invalid_token("An access token is required to request this resource")
    account = platform.account_of(call.token)
    if account is None:
        raise invalid_token("Invalid OAuth access token - Cannot parse access token")
    _check_standing(account, platform.clock.now())
    _check_proof(account, call)
    return account


def check_permission(account: Account) -> None:
    """Refuse a token that may not manage advertisements, and an account that is blocked."""
    if "ads_management" not in account.permissions:
        raise GraphError(200, "The ad account owner has not granted the permission ads_management")
    if account.policy_blocked:
        raise GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed")


def check_terms(account: Account) -> None:
    """Refuse customer data before the terms are accepted."""
    if not account.terms_accepted:
        raise terms_not_accepted()


def _check_standing(account: Account, now: float) -> None:
    if account.token_revoked:
        raise invalid_token("Error validating access token: the session has been invalidated", REVOKED)
    if account.token_expires_at is not None and now >= account.token_expires_at:
        raise invalid_token("Error validating access token: Session has expired", EXPIRED)


def _check_proof(account: Account, call: Call) -> None:
    """Check the HMAC-SHA256 of the token under the app secret, in lower-case hex.

    Source: Meta, Graph API, "Secure Graph API calls".
    """
    if call.proof is None:
        if account.proof_required:
            raise bad_parameter("API calls from the server require an appsecret_proof argument")
        return
    right = hmac.new(account.app_secret.encode(), account.access_token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), call.proof.encode(errors="replace")):
        raise bad_parameter("Invalid appsecret_proof provided in the API argument")
