"""A person at a workstation and at a tablet: the scanner is tried, and a label is read with the camera into a form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from mfg.app import create_app
from mfg.equipment.workstation_rules import SQUARE
from mfg.settings import Settings
from tests.look.rendering import CHROMIUM, QUIET
from tests.look.serving import serving
from tests.office import PASSWORD, Office, user_id
from tests.web.test_camera import SQUARE as MATRIX
from tests.web.test_camera import photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ITEM = "(01)09521234543213(10)AB12(17)261120"


@pytest.fixture
def screen(sqlite_office: Office, tmp_path: Path) -> Iterator[Page]:
    """A warehouse worker signed in at a tablet."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    office, problems = sqlite_office, list[str]()
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    with serving(made) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 820, "height": 1180}, base_url=url)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.goto("/login")
        page.get_by_label("User id").fill(user_id("warehouse"))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Floor today")
        yield page
        browser.close()
    made.extensions["mfg_engine"].dispose()
    assert problems == []


def test_the_scanner_is_tried_and_a_label_is_read_with_the_camera(screen: Page, tmp_path: Path) -> None:
    screen.get_by_role("link", name="This workstation: scanner never calibrated").click()
    expect(screen.get_by_label("What arrived")).to_be_focused()
    for sign in "]d1" + SQUARE:
        screen.keyboard.press("Control+]") if sign == "\x1d" else screen.keyboard.type(sign)
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    expect(screen.get_by_text("scanner calibrated")).to_be_visible()
    screen.get_by_role("link", name="Go to the floor").click()
    expect(screen.get_by_role("link", name="This workstation: scanner calibrated")).to_be_visible()

    screen.goto("/lots/receive-lot")
    screen.locator("#f-supplier").fill("A maker")
    screen.get_by_role("link", name="Read Manufacturer's bar code with the camera").click()
    picture = tmp_path / "label.jpg"
    picture.write_bytes(photograph((MATRIX, ITEM), gs1=True))
    screen.get_by_label("Picture of the label").set_input_files(picture)
    screen.get_by_role("button", name="Read the codes").click()
    code = screen.get_by_role("textbox", name="Manufacturer's bar code")
    expect(code).to_have_value("]d2010952123454321310AB12\x1d17261120")
    expect(code).to_have_attribute("readonly", "")
    expect(screen.locator(".in:has(#f-barcode) [data-badge]")).to_have_text("camera")
    expect(screen.locator("#f-supplier")).to_have_value("A maker")  # what was filled in before is still there
