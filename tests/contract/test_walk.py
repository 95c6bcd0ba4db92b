"""Every page, form and view over the records of the demonstration, as several people: there, or refused in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.conftest import Demonstration
from tests.contract.served import Served, serve

pytestmark = pytest.mark.slow
ROLES = ("qa", "operator", "qualified person", "inspector", "administrator")
OPEN = {"/login", "/healthz", "/readyz", "/api/v1/openapi.json"}
#: what only some records of a kind have: a protocol's page is not a master record's, only a bag has a label
OF_ONE_KIND = {"/protocols/<path:document>", "/containers/<container>/print-label", "/scan",
               *(f"/documents/<path:document>/layout{form}" for form in ("", ".png", ".pdf", ".zpl"))}
NONSENSE = ("nonsense", "NK-26-999-D9", "%00", "%FF", "é", "'%20OR%201=1", "<script>alert(1)</script>", "x" * 3000,
            "..", "%2e%2e%2fetc", "NK-26-001/nonsense", "0", "-1", "%ED%A0%80")


@pytest.fixture(scope="module")
def served(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(demonstration, tmp_path_factory.mktemp("walk"))
    yield made
    made.app.extensions["mfg_engine"].dispose()


def readable(served: Served) -> list[Rule]:
    """Every address that can be read, the static files left out."""
    return [rule for rule in served.app.url_map.iter_rules()
            if rule.methods and "GET" in rule.methods and rule.endpoint != "static"]


def addresses(served: Served, rule: Rule, most: int) -> list[str]:
    """The rule with codes that are there; for each kind of document its own page."""
    (name,) = rule.arguments or {""}
    if not name:
        return [rule.rule]
    found = served.codes(name)
    step = max(1, len(found) // most)
    return [re.sub(r"<[^>]*>", code, rule.rule) for code in found[::step][:most]]


def somewhere(served: Served, rule: Rule) -> str:
    """One address of the rule; of a kind the demonstration has no record of, one with a code nobody has."""
    return next(iter(addresses(served, rule, 1)), re.sub(r"<[^>]*>", "NOBODY-0001", rule.rule))


class Faults(HTMLParser):
    """What a page must not hold: style or script of its own, an image from elsewhere, a field without a label."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.title, self.headings, self.inside = "", 0, ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside, given = tag, dict(attributes)
        if tag == "style" or "style" in given:
            self.found.append(f"a style of its own in <{tag}>")
        if tag == "script" and not given.get("src"):
            self.found.append("a script of its own")
        self.found += [f"{name} in <{tag}>" for name in given if name.startswith("on")]
        for name in ("src", "href", "action"):
            where = given.get(name) or ""
            if re.match(r"[a-z]+:|//", where) or "javascript" in where:
                self.found.append(f"{name} leads elsewhere: {where}")
        self.headings += tag == "h1"

    def handle_data(self, data: str) -> None:
        if self.inside == "title":
            self.title += data.strip()

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def faults_of(html: str) -> list[str]:
    page = Faults()
    page.feed(html)
    return page.found + ([] if page.title else ["no title"]) + ([] if page.headings == 1 else
                                                                [f"{page.headings} main headings"])


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_everybody(served: Served, role: str) -> None:
    browser, bearer, wrong = served.browser(role), served.bearer(role), []
    for rule in readable(served):
        for url in addresses(served, rule, 3 if role == "qa" else 1):
            answer = browser.get(url, headers=bearer if url.startswith("/api/") else None)
            if answer.status_code not in (200, 403, 404):
                wrong.append(f"{answer.status_code} {url}")
    assert wrong == []


def test_every_page_of_what_is_there_is_shown_to_quality_assurance(served: Served) -> None:
    browser, wrong = served.browser("qa"), []
    for rule in readable(served):
        if rule.rule.startswith("/api/") or rule.rule in OF_ONE_KIND or "<path:document>/" in rule.rule:
            continue
        for url in addresses(served, rule, 2):
            answer = browser.get(url)
            if answer.status_code != 200:
                wrong.append(f"{answer.status_code} {url}")
    assert wrong == []


def test_every_view_of_what_is_there_is_json_and_known_by_its_etag(served: Served) -> None:
    client, bearer, seen = served.client(), served.bearer("inspector"), 0
    for rule in readable(served):
        if not rule.rule.startswith("/api/v1/") or rule.rule in OPEN:
            continue
        for url in addresses(served, rule, 2):
            answer = client.get(url, headers=bearer)
            if answer.status_code == 200:
                seen += 1
                assert answer.content_type == "application/json" and answer.get_json() is not None
                again = client.get(url, headers=bearer | {"If-None-Match": answer.headers["ETag"]})
                # what is judged at this moment says so with the time
                assert again.status_code == 304 or rule.rule.endswith("/decision"), url
            else:
                assert answer.status_code == 404 and answer.content_type == "application/problem+json", url
    assert seen > 25


def test_no_view_carries_a_float_or_a_secret(served: Served) -> None:
    client, bearer = served.client(), served.bearer("inspector")
    for rule in readable(served):
        if rule.rule.startswith("/api/v1/") and rule.rule not in OPEN:
            for url in addresses(served, rule, 2):
                answer = client.get(url, headers=bearer)
                assert not floats(answer.get_json()), url
                assert "$argon2" not in answer.get_data(as_text=True), url


def floats(part: Any) -> bool:
    if isinstance(part, dict):
        return any(map(floats, part.values()))
    return any(map(floats, part)) if isinstance(part, list) else isinstance(part, float)


def test_every_page_has_a_title_and_neither_style_nor_script_of_its_own(served: Served) -> None:
    browser, wrong, seen = served.browser("qa"), {}, 0
    for rule in readable(served):
        if rule.rule.startswith("/api/"):
            continue
        for url in addresses(served, rule, 2):
            answer = browser.get(url)
            if answer.content_type.startswith("text/html"):
                seen += 1
                if faults := faults_of(answer.get_data(as_text=True)):
                    wrong[url] = faults
    assert wrong == {} and seen > 120


def test_every_link_of_every_page_leads_somewhere(served: Served) -> None:
    browser, links = served.browser("qa"), set()
    for rule in readable(served):
        if not rule.rule.startswith("/api/"):
            for url in addresses(served, rule, 2):
                answer = browser.get(url)
                if answer.content_type.startswith("text/html"):
                    found = re.findall(r'(?:href|src)="(/[^"#?]*)', answer.get_data(as_text=True))
                    links |= {(link, re.sub(r"/[^/]*\d[^/]*", "/<code>", link)) for link in found}
    kinds = {kind: link for link, kind in sorted(links) if not link.startswith("/static/")}
    dead = {link: status for link in kinds.values() if (status := browser.get(link).status_code) != 200}
    assert dead == {} and len(kinds) > 60


@pytest.mark.parametrize("code", NONSENSE)
def test_a_code_that_is_not_there_is_not_found(served: Served, code: str) -> None:
    browser, bearer, wrong = served.browser("qa"), served.bearer("qa"), []
    for rule in readable(served):
        if rule.arguments:
            url = re.sub(r"<[^>]*>", lambda _: code, rule.rule)
            answer = browser.get(url, headers=bearer if url.startswith("/api/") else None)
            if answer.status_code != 404 and not fits_nonsense(rule, answer):
                wrong.append(f"{answer.status_code} {url[:100]}")
            assert b"<script>alert" not in answer.data or not answer.content_type.startswith("text/html")
    assert wrong == []


def fits_nonsense(rule: Rule, answer: Any) -> bool:
    """A form that shows nothing of the record may be drawn; what is sent with it is refused."""
    return answer.status_code == 200 and rule.endpoint.startswith("form:")


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_no_record_can_be_replaced_or_deleted(served: Served, method: str) -> None:
    client, bearer = served.client(), served.bearer("administrator")
    for rule in readable(served):
        url = somewhere(served, rule)
        assert getattr(client, method)(url, headers=bearer).status_code in (303, 400, 405), url


def test_nobody_reads_anything_before_signing_in(served: Served) -> None:
    client = served.client()
    for rule in readable(served):
        if rule.rule not in OPEN:
            url = somewhere(served, rule)
            answer = client.get(url)
            assert answer.status_code == (401 if url.startswith("/api/") else 303), url
