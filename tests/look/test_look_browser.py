"""The pages in Debian's Chromium: reachable for everybody (axe), inside the tablet, and what script adds to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.look.examples import PAGES
from tests.look.rendering import CHROMIUM, QUIET, SIZES, example_app
from tests.look.serving import serving

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
every_page = pytest.mark.parametrize("name", PAGES)
WIDER = """() => [...document.querySelectorAll("body *")].filter((e) => !e.closest("svg.sprite, .unseen, .mark, .skip") && e.checkVisibility())
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > innerWidth + 1)
    .map((e) => e.tagName + "." + e.className).slice(0, 5)"""
SMALL = """() => [...document.querySelectorAll("a.btn, button, summary, .pick, select, textarea, a.hit, .waiting a, .go,"
    + "input:not([type=hidden], [type=radio], [type=checkbox])")].filter((e) => e.checkVisibility())
    .map((e) => [e.textContent.trim() || e.name, e.closest(".pairs") ? 64 : e.getBoundingClientRect().height])
    .filter(([, height]) => height < 63.5)"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(example_app()) as url:
        yield f"{url}/look"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 820, "height": 1180})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Security Policy" in message.text else None,
    )
    yield page
    page.close()
    assert problems == []


def scan(page: Page, code: str) -> None:
    """What a wedge scanner does: the keys of the code at once, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def resize(page: Page, size: str) -> tuple[int, int]:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    return width, height


@every_page
def test_axe_finds_nothing(screen: Page, address: str, name: str) -> None:
    for size in SIZES:
        resize(screen, size)
        screen.goto(f"{address}/{name}")
        found = axe.Axe().run(screen).response["violations"]
        assert [(size, one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


@every_page
def test_nothing_is_wider_than_the_screen_and_everything_to_touch_is_as_high_as_a_glove_needs(
    screen: Page, address: str, name: str
) -> None:
    screen.goto(f"{address}/{name}")
    assert screen.evaluate(SMALL) == []
    for width in (360, 640, 820, 1280):
        screen.set_viewport_size({"width": width, "height": 1180})
        assert (width, screen.evaluate(WIDER)) == (width, [])


@every_page
def test_the_main_button_is_at_the_bottom_right(screen: Page, address: str, name: str) -> None:
    screen.goto(f"{address}/{name}")
    for size in SIZES:
        width, height = resize(screen, size)
        box = screen.locator(".bar .btn").last.bounding_box() if screen.locator(".bar .btn").count() else None
        assert not box or (box["x"] + box["width"] > width - 40 and box["y"] + box["height"] > height - 40)


def test_a_scan_goes_into_the_first_empty_scan_field_wherever_the_focus_is(
    screen: Page, address: str
) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-weight_kg").focus()
    scan(screen, "]C0=A99991712345600")
    expect(screen.locator("#f-scale")).to_have_value("]C0=A99991712345600")
    expect(screen.locator("#f-scale")).to_have_attribute("readonly", "")
    expect(screen.locator("#f-weight_kg")).to_have_value("")
    expect(screen.locator(".in:has(#f-scale) [data-badge]")).to_have_text("scanned")
    expect(screen.locator("#f-weight_kg")).to_be_focused()


def test_a_second_scan_into_the_same_field_replaces_the_first_and_backspace_empties_it(
    screen: Page, address: str
) -> None:
    screen.goto(f"{address}/act_plain")
    scan(screen, "]C0first")
    screen.locator("#f-scale").focus()
    scan(screen, "]C0second")
    expect(screen.locator("#f-scale")).to_have_value("]C0second")
    screen.locator("#f-scale").focus()
    screen.keyboard.press("Backspace")
    expect(screen.locator("#f-scale")).to_have_value("")
    expect(screen.locator("#f-scale")).not_to_have_attribute("readonly", "")


def test_the_separator_of_gs1_survives_as_control_and_bracket(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.keyboard.type("]d210AB")
    screen.keyboard.press("Control+]")
    screen.keyboard.type("17270331")
    screen.keyboard.press("Enter")
    expect(screen.locator("#f-scale")).to_have_value("]d210AB\x1d17270331")


def test_a_list_of_scans_takes_scan_after_scan_and_keeps_the_focus(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    note = screen.locator("#f-note")
    note.evaluate("one => { one.setAttribute('data-scan-list', ''); one.focus(); }")
    for code in ("]C0first", "]C0second"):
        scan(screen, code)
    expect(note).to_have_value("]C0first\n]C0second\n")
    expect(note).to_be_focused()
    expect(screen.locator("#f-scale")).to_have_value("")


def test_a_scanner_that_is_tried_is_told_sign_by_sign_with_what_ended_the_scan(screen: Page, address: str) -> None:
    screen.goto(f"{address}/calibrate")
    with screen.expect_request(re.compile("/workstations/calibrate-workstation")) as caught:
        screen.keyboard.type("+d1NK'=y")
        screen.keyboard.press("Control+]")
        screen.keyboard.press("Tab")
    assert parse_qs(caught.value.post_data or "") | {"read": ["+d1NK'=y\x1d"], "suffix": ["Tab"]} == parse_qs(
        caught.value.post_data or "")


#: a scanner without identifier: every key within the same millisecond, its characters landing where the focus is
BURST = """([code, slow]) => {
  const at = document.activeElement;
  const press = (key) => {
    const event = new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true });
    if (slow) Object.defineProperty(event, "timeStamp", { value: (window.clock = (window.clock || 0) + slow) });
    const goes = at.dispatchEvent(event);
    if (goes && key.length === 1 && "value" in at) at.value += key;
    return goes;
  };
  Array.from(code).forEach(press);
  return press("Enter");
}"""


def test_a_scanner_without_identifier_is_known_by_its_speed_and_shown_so(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-note").focus()
    goes = screen.evaluate(BURST, ["NK-26-014-C07/L", 0])
    assert goes is False  # the scanner's Enter sends no form
    expect(screen.locator("#f-scale")).to_have_value("NK-26-014-C07/L")
    expect(screen.locator(".in:has(#f-scale) [data-badge]")).to_have_text("scanned, no prefix")
    expect(screen.locator("#f-note")).to_have_value("")


@pytest.mark.parametrize(("code", "slow"), [("NK-26-014-C07/L", 120), ("12345", 0)])
def test_what_a_person_types_stays_where_it_was_typed(screen: Page, address: str, code: str, slow: int) -> None:
    """Too slow for a scanner, or too short for a code: it is typing, and Enter stays Enter."""
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-note").focus()
    assert screen.evaluate(BURST, [code, slow]) is True
    expect(screen.locator("#f-note")).to_have_value(code)
    expect(screen.locator("#f-scale")).to_have_value("")


def test_a_password_typed_ever_so_fast_is_never_taken_for_a_scan(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-sign_password").focus()
    screen.evaluate(BURST, ["a-very-fast-hand", 0])
    expect(screen.locator("#f-sign_password")).to_have_value("a-very-fast-hand")
    expect(screen.locator("#f-scale")).to_have_value("")


def test_a_scan_on_a_page_without_scan_field_opens_what_was_scanned(screen: Page, address: str) -> None:
    screen.goto(f"{address}/record_small")
    with screen.expect_request(re.compile(r"/scan\?code=")) as caught:
        scan(screen, "]C0=A99991712345600")
    assert caught.value.url.endswith("/scan?code=%5DC0%3DA99991712345600")


def test_a_bracket_typed_by_a_person_stays_a_bracket(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-note").focus()
    screen.keyboard.type("[sic]")
    screen.keyboard.type(" ok", delay=200)
    expect(screen.locator("#f-note")).to_have_value("[sic] ok")


def test_a_bracket_in_a_password_is_never_taken_for_a_scan(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-sign_password").focus()
    screen.keyboard.type("a]C0b=x")
    expect(screen.locator("#f-sign_password")).to_have_value("a]C0b=x")
    expect(screen.locator("#f-scale")).to_have_value("")


def test_a_typed_code_is_marked_as_typed(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-scale").fill("EQ-017/K")
    expect(screen.locator(".in:has(#f-scale) [data-badge]")).to_have_text("typed")


def test_a_timer_counts_down_by_the_servers_clock_and_keeps_its_deadline(screen: Page, address: str) -> None:
    screen.goto(f"{address}/step")
    expect(screen.locator("[data-left]")).to_have_text(re.compile(r"^1[12]:\d\d left$"))
    expect(screen.locator(".timer .by")).to_have_text("until 2026-11-20 14:35 UTC")
    before = screen.locator("[data-left]").inner_text()
    expect(screen.locator("[data-left]")).not_to_have_text(before, timeout=3000)


def test_a_timer_that_ran_out_says_so_in_word_and_shape(screen: Page, address: str) -> None:
    screen.goto(f"{address}/step")
    screen.evaluate("document.querySelector('[data-until]').dataset.until = '2026-11-20T14:00:00Z'")
    expect(screen.locator("[data-left]")).to_have_text(re.compile("^OVER by 2[23]:"), timeout=3000)
    assert screen.locator(".timer use").get_attribute("href") == "#i-fail"


def test_the_main_button_rests_after_one_press(screen: Page, address: str) -> None:
    sent: list[str] = []
    screen.on("request", lambda one: sent.append(one.post_data or "") if one.method == "POST" else None)
    screen.route("**/recipients/S-03/weight", lambda route: route.fulfill(status=204))  # the page stays
    screen.goto(f"{address}/act_plain")
    screen.locator("[data-main]").click()
    expect(screen.locator("[data-main]")).to_be_disabled()
    screen.evaluate("document.querySelector('#act').requestSubmit()")
    screen.wait_for_timeout(300)
    assert len(sent) == 1 and "nonce=nonce-1" in sent[0]


def test_the_pressed_choice_is_still_sent_although_the_buttons_rest(screen: Page, address: str) -> None:
    sent: list[str] = []
    screen.on("request", lambda one: sent.append(one.post_data or "") if one.method == "POST" else None)
    screen.route("**/release/NK-26-014-D2", lambda route: route.fulfill(status=204))
    screen.goto(f"{address}/decide_pass")
    screen.get_by_role("button", name="Reject the dose").click()
    expect(screen.get_by_role("button", name="Reject the dose")).to_be_disabled()
    assert len(sent) == 1 and "decision=reject" in sent[0]


def test_a_draft_comes_back_without_password_and_user_id(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-weight_kg").fill("71.4")
    screen.locator("#f-clothes-2").check()
    screen.locator("#f-sign_user_id").fill("op2")
    screen.locator("#f-sign_password").fill("correct horse")
    screen.reload()
    expect(screen.locator("#f-weight_kg")).to_have_value("71.4")
    expect(screen.locator("#f-clothes-2")).to_be_checked()
    expect(screen.locator("#f-sign_user_id")).to_have_value("")
    expect(screen.locator("#f-sign_password")).to_have_value("")
    kept = screen.evaluate("JSON.stringify(sessionStorage)")
    assert "71.4" in kept and "horse" not in kept and "op2" not in kept


def test_a_draft_that_was_sent_does_not_come_back(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_plain")
    screen.locator("#f-weight_kg").fill("71.4")
    with screen.expect_navigation():
        screen.locator("[data-main]").click()
    screen.goto(f"{address}/act_plain")
    expect(screen.locator("#f-weight_kg")).to_have_value("")


def test_now_fills_in_the_servers_minute(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_every_field")
    screen.get_by_role("button", name="Now, into Contact started").click()
    expect(screen.locator("#f-started_at")).to_have_value(re.compile(r"^2026-11-20 14:2[23]Z$"))


def test_one_more_adds_an_empty_box_with_its_own_label(screen: Page, address: str) -> None:
    screen.goto(f"{address}/act_every_field")
    screen.get_by_role("button", name="One more box for Viable cells").click()
    expect(screen.locator("#f-counts-4")).to_be_focused()
    expect(screen.locator("#f-counts-4")).to_have_value("")
    expect(screen.locator("label[for=f-counts-4]")).to_have_text("4")


def test_a_refusal_has_the_focus_so_that_it_is_read_first(screen: Page, address: str) -> None:
    for name in ("act_refused", "stop", "login"):
        screen.goto(f"{address}/{name}")
        expect(screen.locator("[data-refused]").first).to_be_focused()


def test_a_focused_field_is_never_hidden_under_the_bar(screen: Page, address: str) -> None:
    screen.set_viewport_size({"width": 1280, "height": 800})
    screen.goto(f"{address}/act_every_field")
    top = screen.locator(".foot").bounding_box()
    for _ in range(40):
        screen.keyboard.press("Tab")
        box = screen.evaluate("""() => { const e = document.activeElement, b = e.getBoundingClientRect();
            return e.closest(".foot, .strip") ? null : [b.top, b.bottom] }""")
        assert box is None or not top or box[1] <= top["y"] + 1 or box[0] <= 0


@every_page
def test_without_script_every_page_still_shows_its_work(browser: Browser, address: str, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{name}")
    expect(page.locator("h1")).to_be_visible()
    for button in page.locator(".bar .btn:not([disabled])").all():
        assert button.evaluate("e => e.tagName === 'A' || !!e.form")
    context.close()


def test_print_keeps_words_and_drops_what_only_a_screen_can_do(screen: Page, address: str) -> None:
    screen.goto(f"{address}/decide_pass")
    screen.emulate_media(media="print")
    expect(screen.locator("#f-sign_password")).to_be_hidden()
    expect(screen.get_by_role("button", name="Release", exact=True)).to_be_hidden()
    expect(screen.get_by_text("May be released")).to_be_visible()
    expect(screen.locator(".timer .by")).to_be_visible()
    expect(screen.get_by_text("Volume 100 to 150 mL")).to_be_visible()
