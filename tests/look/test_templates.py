"""Every page renders with nothing undefined, and its HTML keeps the manners that script and styles rely on."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.look.examples import PAGES
from tests.look.rendering import ROOT, example_app, render

Attributes = dict[str, str | None]
VOID = {"input", "img", "meta", "link", "br", "hr", "path", "rect", "circle", "use"}


class Page(HTMLParser):
    """The elements of a page in order, and the text inside script and style elements."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.inside: list[str] = []
        self.code = ""
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag, f"</{tag}> closes something else, after {self.inside}"

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] in ("script", "style"):
            self.code += data
        else:
            self.text += data

    def all(self, *tags: str) -> list[Attributes]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@cache
def page(name: str) -> Page:
    return Page(render(name))


def shown(name: str) -> str:
    return " ".join(page(name).text.split())


every_page = pytest.mark.parametrize("name", PAGES)


def test_every_page_template_has_an_example() -> None:
    templates = {
        path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html")
    }
    whole = {
        name
        for name in templates
        if '{% extends "base.html" %}' in (ROOT / "templates" / name).read_text("utf-8")
    }
    ours = {
        "act.html",
        "record.html",
        "list.html",
        "login.html",
        "problem.html",
        "board.html",
        "scan_stop.html",
        "calibrate.html",
        "picture.html",
        "batches/show_step.html",
        "release/decide.html",
    }
    assert ours <= whole
    assert ours == {template for template, _ in PAGES.values()}


@every_page
def test_a_page_is_well_formed_and_answers(name: str) -> None:
    assert example_app().test_client().get(f"/look/{name}").status_code == 200
    assert page(name).inside == []


@every_page
def test_a_page_has_no_inline_style_script_or_handler(name: str) -> None:
    assert page(name).code.strip() == ""
    assert page(name).all("style") == []
    for tag, attributes in page(name).elements:
        assert "style" not in attributes, f"<{tag}> has a style of its own"
        assert not [key for key in attributes if key.startswith("on")], f"<{tag}> has an inline handler"
        assert not (attributes.get("href") or "").lower().startswith("javascript:")


@every_page
def test_a_page_loads_nothing_from_elsewhere(name: str) -> None:
    for tag, attributes in page(name).elements:
        for key in ("src", "href", "action", "srcset"):
            assert not re.match(r"\w+:|//", attributes.get(key) or ""), f"<{tag} {key}={attributes[key]}>"


@every_page
def test_a_page_has_one_main_heading_a_title_and_a_language(name: str) -> None:
    assert len(page(name).all("h1")) == 1
    assert page(name).all("html") == [{"lang": "en"}]
    assert f"<title>{PAGES[name][1]['page']['title']}" in render(name).replace("&#39;", "'")


@every_page
def test_every_input_has_exactly_one_label(name: str) -> None:
    labels = [attributes["for"] for attributes in page(name).all("label")]
    inputs = [a for a in page(name).all("input", "select", "textarea") if a.get("type") != "hidden"]
    assert sorted(labels) == sorted(a["id"] or "" for a in inputs)


@every_page
def test_ids_are_unique_and_every_reference_leads_to_one(name: str) -> None:
    ids = [a["id"] for _, a in page(name).elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page(name).elements:
        for key in ("aria-describedby", "aria-labelledby", "for", "form"):
            assert set((attributes.get(key) or "").split()) <= set(ids)
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


@every_page
def test_a_page_has_at_most_one_filled_button_and_it_stands_last(name: str) -> None:
    buttons = [a for a in page(name).all("a", "button") if "btn" in (a.get("class") or "").split()]
    filled = [a for a in buttons if "main" in (a.get("class") or "").split()]
    assert len(filled) <= 1
    if filled:
        assert buttons[-1] is filled[0]


@every_page
def test_no_page_shows_the_word_none(name: str) -> None:
    assert not re.search(r"\b(None|True|False|Undefined)\b", shown(name))


@every_page
def test_a_picture_says_in_words_what_it_shows(name: str) -> None:
    assert all(len(a.get("alt") or "") > 10 for a in page(name).all("img"))


@every_page
def test_a_status_has_its_shape_beside_its_word(name: str) -> None:
    html = render(name)
    for word, shape in (
        ("PASS", "pass"),
        ("FAIL", "fail"),
        ("CANNOT DETERMINE", "open"),
        ("NOT YET", "todo"),
    ):
        for found in re.finditer(rf"<span>{word}</span>", html):
            assert f'<span class="st {shape}"' in html[: found.start()][-160:]
            assert f'href="#i-{shape}"' in html[: found.start()][-90:]


def test_a_word_that_is_no_verdict_never_looks_like_pass() -> None:
    template = "{% from 'parts/status.html' import status %}{{ status(v) }}"
    with example_app().app_context():
        environment = example_app().jinja_env
        for word in ("passed", "OK", "", None, True, "PASS ", "UNKNOWN"):
            assert "i-pass" not in environment.from_string(template).render(v=word)
        assert "i-pass" in environment.from_string(template).render(v="PASS")


def test_a_missing_fact_is_an_error_and_not_an_empty_page() -> None:
    template, context = PAGES["act_plain"]
    broken = {**context, "act": {key: value for key, value in context["act"].items() if key != "main"}}
    app = example_app()
    with app.test_request_context(), pytest.raises(Exception, match="main"):
        app.jinja_env.get_template(template).render(**broken)


def test_what_does_not_pass_stands_before_what_passes_which_is_counted() -> None:
    text = shown("decide")
    assert text.index("REL-01") < text.index("REL-09") < text.index("3 rules pass") < text.index("REL-02")


def test_values_from_people_are_escaped() -> None:
    assert "rested &lt;1 min" in render("act_every_field")


def test_nobody_is_chosen_for_when_nothing_was_chosen() -> None:
    for attributes in page("act_plain").all("input", "option"):
        assert "checked" not in attributes and "selected" not in attributes


def test_a_signature_asks_for_user_id_and_password_and_fills_in_neither() -> None:
    for name in ("act_plain", "step", "decide_pass"):
        asked = {
            a["name"]: a.get("value")
            for a in page(name).all("input")
            if (a.get("name") or "").startswith("sign_")
        }
        assert set(asked) == {"sign_user_id", "sign_password"}
        assert not any(asked.values())


def test_a_failed_signature_keeps_all_but_the_password() -> None:
    inputs = {a["name"]: a for a in page("act_refused").all("input", "textarea") if a.get("name")}
    assert inputs["sign_user_id"]["value"] == "op2"
    assert not inputs["sign_password"].get("value")
    assert "Second plan after the weight changed" in shown("act_refused")


def test_every_form_that_writes_carries_its_token() -> None:
    for name in PAGES:
        posts = [a for a in page(name).all("form") if a.get("method") == "post"]
        tokens = [a for a in page(name).all("input") if a.get("name") == "csrf_token" and a.get("value")]
        assert len(posts) == len(tokens)


def test_a_wrong_entry_is_marked_in_place_and_its_hint_is_replaced() -> None:
    bath = next(a for a in page("step").all("input") if a.get("name") == "bath")
    assert bath["aria-invalid"] == "true"
    assert "h-bath" in (bath["aria-describedby"] or "").split()
    assert render("step").count('id="h-bath"') == 1


def test_numbers_bring_the_number_pad_and_are_never_of_type_number() -> None:
    added = next(a for a in page("step").all("input") if a.get("name") == "added")
    assert (added["type"], added["inputmode"], added["autocomplete"]) == ("text", "decimal", "off")


def test_the_deadline_of_a_timer_is_on_the_page_without_script() -> None:
    assert "until 2026-11-20 14:35 UTC" in shown("step")


def test_a_refused_choice_stays_visible_disabled_and_says_why() -> None:
    disabled = [a for a in page("decide").all("button") if "disabled" in a]
    assert [a["aria-describedby"] for a in disabled] == ["not-condition", "not-release"]
    assert "Release: REL-01 fails and REL-09 cannot be determined." in shown("decide")


def test_empty_lists_say_that_they_are_empty() -> None:
    assert "Nothing waits for you as of 14:22:31 UTC." in shown("board_empty")
    assert "No batch is open." in shown("board_empty")
    assert "No sample has been taken from this batch." in shown("record_full")
    assert "Nobody has signed this yet." in shown("record_small")


def test_a_choice_of_nothing_says_so_instead_of_showing_a_blank() -> None:
    assert "Protocol Nothing to choose from What would stand here does not exist yet." in shown(
        "act_every_field"
    )


def test_a_list_that_could_not_be_read_does_not_look_empty() -> None:
    assert shown("board_broken").count("Not known This could not be read; see above.") == 2
    assert "Empty" not in shown("board_broken") and "No batch is open" not in shown("board_broken")


def test_assumed_values_say_so() -> None:
    assert re.search(r"7 days assumed", shown("record_small"))
    assert re.search(r"assumed Tolerance 80 to 120 %", shown("decide"))


def test_style_has_no_colour_outside_its_tokens_but_those_of_the_strip_and_of_paper() -> None:
    css = (ROOT / "mfg/static/style.css").read_text("utf-8")
    body = css.split("/* ---- ground ---- */")[1].split("@media (prefers-contrast")[0]
    allowed = {"#d3dcea", "#3f2800", "#ffcf66", "#ffd24a", "#fff"}
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", body)) <= allowed
    assert "url(" not in css and "@import" not in css


def test_script_and_style_are_small_and_self_contained() -> None:
    for file, limit in (("app.js", 24_000), ("style.css", 32_000), ("mark.svg", 1_000)):
        text = Path(ROOT / "mfg/static" / file).read_bytes()
        assert len(text) < limit
    script = (ROOT / "mfg/static/app.js").read_text("utf-8")
    assert not re.search(
        r"\b(eval|Function|innerHTML|document\.write|fetch|XMLHttpRequest|localStorage)\b", script
    )
