"""A person at a browser: opens pages of the Dagster UI, reads, clicks and takes pictures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Error, Page, sync_playwright

from audience_assets_tests.browser.world import TO_PARTNERS

WIDTH, HEIGHT = 1440, 900
CORNER = (200, 850)
"""A place on the lineage where no asset is."""
SECONDS = 60
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Person:
    """Somebody who looks at the UI at 1440 x 900 and remembers every page.

    Attributes:
        page: The open page.
        seen: The text of each page that was looked at, by path.
    """

    def __init__(self, page: Page, address: str, pictures: Path) -> None:
        self.page = page
        self.seen: dict[str, str] = {}
        self._address = address
        self._pictures = pictures

    def look_at(self, path: str, *texts: str, seconds: float = SECONDS) -> str:
        """Open a page, wait until it says all of these, and read it.

        The page is opened anew now and then, because not everything on it changes by itself.
        """
        deadline = time.monotonic() + seconds
        said = ""
        while time.monotonic() < deadline:
            self.page.goto(self._address + path, wait_until="domcontentloaded")
            said = self._read_until(lambda text: all(each in text for each in texts))
            if all(each in said for each in texts):
                self.seen[path] = said
                return said
        missing = [each for each in texts if each not in said]
        raise AssertionError(f"{path} does not say {missing} but:\n{said}")

    def asset(self, key: str, view: str = "overview", **parameters: str) -> str:
        """The address of one of an asset's pages."""
        more = "".join(f"&{name}={quote(value)}" for name, value in parameters.items())
        return f"/assets/{key}?view={view}{more}"

    def lineage(self, groups: set[str], selection: str = "") -> str:
        """The address of the lineage, with these groups open."""
        expanded = quote(",".join(f"global@global:{group}" for group in sorted(groups)), safe="")
        return f"/asset-groups{'~' + quote(selection, safe='') if selection else ''}/?expanded={expanded}"

    def materialize(self, days: str) -> None:
        """Launch everything that is delivered on some days from the lineage, as a person does: `[first...last]` or a day."""
        self.look_at(self.lineage(set(), TO_PARTNERS), "Materialize all")
        self.page.get_by_role("button", name="Materialize all").click()
        self.page.get_by_placeholder("No matching partitions").fill(days)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("button", name="Launch").click()
        self.page.get_by_text("Partition selection").wait_for(state="detached")

    @contextmanager
    def on_a_screen_of(self, width: int, height: int) -> Iterator[None]:
        """Look at pages on a larger screen for a while."""
        self.page.set_viewport_size({"width": width, "height": height})
        yield
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def fold(self, *headings: str) -> None:
        """Fold sections of an asset's page."""
        for heading in headings:
            self.page.get_by_text(heading, exact=True).first.click()

    def scroll_to(self, name: str) -> None:
        """Bring an entry of the metadata to the top."""
        self.page.get_by_text(name, exact=True).first.evaluate(
            "each => each.scrollIntoView({block: 'start'})"
        )

    def fit_lineage(self) -> None:
        """Give the whole screen to the graph: without the list of assets, as large as it fits, a little below the edge."""
        self.page.get_by_label("panel_show_right").click()
        self.page.mouse.dblclick(*CORNER)
        self.page.get_by_text("Latest event").last.wait_for()
        self.page.mouse.move(*CORNER)
        self.page.mouse.down()
        self.page.mouse.move(CORNER[0], CORNER[1] + 14, steps=5)
        self.page.mouse.up()

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        with self.on_a_screen_of(WIDTH + 1, HEIGHT):  # long names in a heading are measured anew
            self.page.mouse.move(WIDTH / 2, HEIGHT - 1)  # no hovering
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=self._pictures / f"{name}.png", animations="disabled")

    def _read_until(self, enough: Callable[[str], bool]) -> str:
        """The page's text once it is enough, or after a while as it is then."""
        deadline = time.monotonic() + 8
        said = ""
        while time.monotonic() < deadline and not enough(said):
            self.page.wait_for_timeout(200)
            try:
                said = self.page.inner_text("body")
            except Error:  # between two pages
                said = ""
        return said


@contextmanager
def people(executable: str, address: str, pictures: Path) -> Iterator[Person]:
    """A person with a browser of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            locale="en-US",
            timezone_id="America/Sao_Paulo",
        )
        context.set_default_timeout(SECONDS * 1000)
        # The navigation as icons only, as after a click on "Hide navigation".
        context.add_init_script("localStorage.setItem('dagster-nav-collapsed', 'true')")
        yield Person(context.new_page(), address, pictures)
        browser.close()
