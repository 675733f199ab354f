"""What a person sees in Dagster's UI: the lineage, pages with plots, deliveries, checks, a backfill, a stopped day."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from audience_assets import settings as settings_file
from audience_assets.definitions import build_defs
from audience_assets.destinations import catalog
from audience_assets_tests.browser.world import TO_PARTNERS, World

if TYPE_CHECKING:
    from audience_assets_tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_column_names_keep_the_partner_s_case(person: "Person") -> None:
    for name, destination in catalog.configured(settings_file.load()).items():
        columns = [column.name for column in destination.columns]
        said = person.look_at(person.asset(f"{name}/delta"), "Column name", *columns)
        table = said.split("Column name")[1].split("\nMetadata\n")[0].splitlines()
        lower = {column.lower() for column in columns}
        assert [line for line in table if line.lower() in lower] == columns


def test_a_backfill_over_two_days_is_listed_as_succeeded(
    person: "Person", world: World, backfilled: tuple[str, str]
) -> None:
    assert all(world.objects(day) for day in backfilled)
    person.look_at("/runs?view=backfills", "2 partitions", "Success")
    person.page.get_by_role("link", name="View", exact=True).first.click()
    person.page.get_by_text("Partition selection").wait_for()
    person.page.get_by_text("100% completed").last.wait_for()
    person.picture("backfill")


def test_a_day_that_is_materialized_by_clicks_turns_green_and_the_partner_holds_it(
    person: "Person", world: World, by_hand: str
) -> None:
    [key] = world.objects(by_hand)
    for partner in ("meta", "tiktok"):
        person.look_at(person.asset(f"{partner}/delivery", "partitions", partition=by_hand), "result")
    said = person.look_at(
        person.asset("vtex_ads/delivery", "partitions", partition=by_hand), "Materialized\n", key[-12:]
    )
    assert "Failed (0)" in said
    person.scroll_to("result")
    person.picture("delivery")


def test_numbers_are_plotted_over_days(person: "Person", by_hand: str) -> None:
    person.look_at(person.asset("normalized_customers"), "Plots", by_hand, "usable email %")
    person.page.get_by_role("button", name="Plots").click()
    person.fold("Description", "Columns")
    plots = person.page.locator("canvas")
    plots.nth(3).wait_for()
    assert "usable email %" in person.page.inner_text("body")
    person.picture("asset_plots")


def test_a_check_says_what_it_proves_and_what_became_of_it(person: "Person", by_hand: str) -> None:
    person.look_at(person.asset("vtex_ads/delta", "partitions", partition=by_hand), "Materialized\n")
    person.look_at(
        person.asset("vtex_ads/delta", "checks", checkDetail="removals_within_bounds"),
        "No delta takes out more than a share of what the partner",
        "Evaluation result",
        "Passed",
    )
    person.picture("checks")


def test_the_lineage_shows_every_asset(person: "Person", by_hand: str) -> None:
    specs = build_defs(settings_file.load()).resolve_all_asset_specs()
    groups = {spec.group_name or "default" for spec in specs}
    assert by_hand
    with person.on_a_screen_of(2880, 1800):
        said = person.look_at(person.lineage(groups), *(spec.key.path[-1] for spec in specs))
    nodes = Counter(said.splitlines())
    names = Counter(spec.key.path[-1] for spec in specs)
    assert all(nodes[name] >= count for name, count in names.items())
    person.look_at(person.lineage(groups, TO_PARTNERS), "hashed_customers")
    person.fit_lineage()
    person.picture("lineage")


def test_a_stopped_day_says_what_was_seen_and_which_setting_lets_it_through(
    person: "Person", cut_off: str
) -> None:
    said = person.look_at(
        person.asset("raw_customers", "checks", checkDetail="extract_size"), f"{cut_off}: the extract has"
    )
    assert "it may be cut off" in said
    assert 'run config allow: ["extract_size"], or lower guards.smallest_extract (now 0.7)' in said
    person.picture("failed_guard")


def test_no_page_shows_who_a_customer_is(person: "Person", world: World, cut_off: str) -> None:
    for spec in build_defs(settings_file.load()).resolve_all_asset_specs():
        if spec.partitions_def is not None:
            key = spec.key.to_user_string()
            person.look_at(
                person.asset(key, "partitions", partition=world.delivered[-1]), "Materialized\n", "seconds"
            )
    for run in world.run_ids():
        person.look_at(f"/runs/{run}", "RUN_")
    seen = "\n".join(person.seen.values())
    assert f"{cut_off}: the extract has" in seen
    assert sum(value in seen for value in world.personal()) == 0
