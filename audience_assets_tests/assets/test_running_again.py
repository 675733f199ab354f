"""Running a day again, correcting it, and running an older day after a newer one."""

from typing import Any

import pytest

from audience_assets.destinations.sending import Answer
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets.errors import DeliveryInterruptedError
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    DELIVERY,
    DELTA,
    Deployment,
    checks,
    failure,
    materialized,
    numbered,
    one_sentence,
)


@pytest.fixture
def delivered(deployed: Deployment) -> Deployment:
    """Two days delivered."""
    for number, day in enumerate(DAYS[:2]):
        deployed.land(day, numbered(3 + number))
        assert deployed.run(day).success
    return deployed


def test_a_delivered_day_again_sends_nothing_and_says_so(delivered: Deployment) -> None:
    sent = delivered.keys()
    again = delivered.run(DAYS[1])
    assert again.success
    assert materialized(again) == list(ASSETS)
    assert all(checks(again).values())
    assert delivered.keys() == sent
    told = delivered.metadata(DELIVERY, DAYS[1])
    assert told["dagster/row_count"].value == told["files sent"].value == 0
    assert told["result"].value.startswith("Nothing was sent: vtex_ads holds this day already by delivery ")
    assert delivered.metadata(DELTA, DAYS[1])["dagster/row_count"].value == 1


def test_a_day_on_which_nothing_changed_sends_nothing_and_says_so(delivered: Deployment) -> None:
    delivered.land(DAYS[2], numbered(4))
    sent = delivered.keys()
    assert delivered.run(DAYS[2]).success
    assert delivered.keys() == sent
    assert delivered.metadata(DELIVERY, DAYS[2])["result"].value == (
        "Nothing changed for vtex_ads, so nothing was sent."
    )


def test_an_older_day_after_a_newer_one_is_refused_with_what_to_do(delivered: Deployment) -> None:
    delivered.land(DAYS[0], numbered(9))
    sent = delivered.keys()
    asset, sentence = failure(delivered.run(DAYS[0]))
    assert asset == DELTA
    assert one_sentence(
        sentence, DAYS[0], f"vtex_ads holds {DAYS[1]}", f"Deliver a day after {DAYS[1]} instead"
    )
    assert delivered.keys() == sent


def test_a_corrected_day_sends_the_difference_under_a_later_key(delivered: Deployment) -> None:
    sent = delivered.keys()
    delivered.land(DAYS[1], numbered(6))
    assert delivered.run(DAYS[1]).success
    assert len(delivered.keys()) == len(sent) + 1
    assert delivered.keys()[-1] not in sent
    assert delivered.metadata(DELIVERY, DAYS[1])["joined"].value == 2


def test_the_delivery_alone_needs_its_delta(deployed: Deployment) -> None:
    asset, sentence = failure(deployed.run(DAYS[0], DELIVERY))
    assert asset == DELIVERY
    assert one_sentence(sentence, "vtex_ads/delta has nothing for this day yet", "materialize it first")


@pytest.mark.usefixtures("quick_retries")
def test_an_answer_that_got_lost_is_retried_and_nothing_is_sent_twice(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Answer] = []
    send = VtexAdsSender.send

    def send_and_lose_the_first_answer(self: VtexAdsSender, *given: Any) -> Answer:
        answers.append(send(self, *given))
        if len(answers) == 1:
            raise DeliveryInterruptedError("no answer in time; it is safe to run again")
        return answers[-1]

    monkeypatch.setattr(VtexAdsSender, "send", send_and_lose_the_first_answer)
    deployed.land(DAYS[0], numbered(3))
    result = deployed.run(DAYS[0])
    assert result.success
    assert [answer.text for answer in answers] == ["created", "already there"]
    assert len(deployed.keys()) == 1
    assert all(checks(result).values())
