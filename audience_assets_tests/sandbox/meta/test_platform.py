from audience_assets.sandbox.meta.platform import Platform
from audience_assets.sandbox.recorded_call import MOST_CALLS, RecordedCall


def test_accounts_have_credentials_of_their_own() -> None:
    platform = Platform()
    accounts = [platform.add_account() for _ in range(3)]
    assert len({account.id for account in accounts}) == 3
    assert len({account.app_secret for account in accounts}) == 3
    assert [platform.account_of(account.access_token) for account in accounts] == accounts


def test_of_very_many_calls_the_last_ones_are_remembered() -> None:
    account = Platform().add_account()
    for number in range(MOST_CALLS + 5):
        account.record_call(RecordedCall("get", "GET", str(number), {}, rows=0, size=0))
    assert [account.calls[0].path, account.calls[-1].path] == ["5", str(MOST_CALLS + 4)]
    assert len(account.calls) == MOST_CALLS
