"""A label layout is a controlled document: checked whole before it is drafted, approved by another, one in force."""

from __future__ import annotations

import re

import pytest

from mfg.documents import acts as documents
from mfg.facts import Refused
from mfg.labelling.layout_pages import layout_file, show_layout
from mfg.labelling.layouts import (
    checked,
    differences,
    draft_label_layout,
    in_force,
    refuse_assumed,
    shipped_layout,
)
from mfg.paper.data import layout_names
from mfg.paper.layout_text import read_layout_text
from tests.documents.changed import change_for
from tests.office import Office

KIND = "label layout"


def drafted(office: Office, text: str) -> str:
    return office.do(draft_label_layout, office.who("production supervisor"), text=text)


def brought_in_force(office: Office, text: str, change: str | None = None) -> str:
    code = drafted(office, text)
    office.do(documents.submit, office.who("production supervisor"), kind=KIND, document=code)
    office.do(documents.approve, office.who("qa"), kind=KIND, document=code)
    return office.do(documents.make_effective, office.who("qa"), kind=KIND, document=code,
                     change=change_for(office, code) if change is None else change)


@pytest.mark.parametrize("name", layout_names())
def test_every_shipped_layout_can_be_drafted_as_it_is(name: str) -> None:
    assert checked(shipped_layout(name)).name == name


def test_the_layout_in_force_is_the_one_that_was_approved(sqlite_office: Office) -> None:
    office = sqlite_office
    with office.look() as session, pytest.raises(Refused, match="No version of the label layout cryovial is effective"):
        in_force(session, "cryovial")
    code = brought_in_force(office, shipped_layout("cryovial"))
    with office.look() as session:
        found, layout = in_force(session, "cryovial")
    assert (code, found, layout.size) == ("cryovial/1", "cryovial/1", (33.0, 13.0))


def test_a_version_that_replaces_one_needs_a_change_and_is_shown_beside_it(sqlite_office: Office) -> None:
    office = sqlite_office
    first = brought_in_force(office, shipped_layout("cryovial"))
    text = shipped_layout("cryovial").replace("x: 11.2, y: 0.2, w: 21.4", "x: 11.3, y: 0.2, w: 21.4")
    with pytest.raises(Refused, match="takes the place of version 1"):
        brought_in_force(office, text, change="")
    second = office.do(documents.make_effective, office.who("qa"), kind=KIND, document="cryovial/2",
                       change=change_for(office, "cryovial/2"))
    with office.look() as session:
        assert in_force(session, "cryovial")[0] == second == "cryovial/2"
        page = show_layout(session, document=second)
        assert [one["svg_url"] for one in page["drawings"]] == [f"/documents/{second}/layout.png",
                                                                f"/documents/{first}/layout.png"]
        changed = next(one for one in page["sections"] if one["title"] == f"Changed since {first}")
        assert changed["rows"] == [["element code", "x", "11.2", "11.3"]]
        assert [layout_file(session, second, form)[:4] for form in ("png", "pdf", "zpl")] == [
            b"\x89PNG", b"%PDF", b"^XA\n"]


def test_the_author_does_not_approve(sqlite_office: Office) -> None:
    office = sqlite_office
    code = office.do(draft_label_layout, office.who("qa"), text=shipped_layout("cryovial"))
    office.do(documents.submit, office.who("qa"), kind=KIND, document=code)
    with pytest.raises(Refused, match="the same person did “draft label layout”"):
        office.do(documents.approve, office.who("qa"), kind=KIND, document=code)
    with pytest.raises(Refused, match="role"):
        office.do(documents.approve, office.who("operator"), kind=KIND, document=code)


def test_every_fault_is_told_at_once_with_its_line_and_nothing_is_kept(sqlite_office: Office) -> None:
    office = sqlite_office
    text = shipped_layout("cryovial").replace("size: 6, bold: true", "size: 5, bold: yes").replace(
        "kind: datamatrix", "kind: qr").replace("w: 33", "w: 1e3")
    before = office.counts()
    with pytest.raises(Refused) as refused:
        drafted(office, text)
    told = refused.value.fields["text"]
    lines = text.split("\n")
    found = {re.match(r"Line (\d+): ", one)[1] for one in told}  # type: ignore[index]
    assert {lines[int(number) - 1].strip()[:12] for number in found} >= {"size: {w: 1e", "- {kind: tex"}
    assert office.counts() == before


FAULTS = [
    ("a kind nobody knows", "kind: datamatrix", "kind: qr", "kind 'qr'; known are"),
    ("a text that leaves the label", "y: 10.4", "y: 11.4", "element label leaves the 33 x 13 mm label"),
    ("boxes over one another", "y: 2.75", "y: 2.5", "elements code and contents overlap"),
    ("letters too small", "h: 2.55, size: 6}", "h: 2.55, size: 5.5}", "at least 6 pt is needed"),
    ("a box too low for its text", "y: 0.2, w: 21.4, h: 2.55", "y: 0.2, w: 21.4, h: 2.0", "does not fit into 'code'"),
    ("a matrix too fine", "h: 10.2, module_mm: 0.34", "h: 10.2, module_mm: 0.12", "at least 0.25 mm are needed"),
    ("no room for the matrix", "w: 10.2, h: 10.2", "w: 6, h: 6", "needs .* mm with its quiet zone"),
    ("a statement in one language less", "      zh: 不得输注\n", "", "is not written in 'zh'"),
    ("facts lost in translation", "    de: Nicht zur Infusion", "    de: Nicht {code}", "does not name the same facts"),
    ("a country that is none", "  US:\n", "  Usa:\n", "'Usa' is no country"),
    ("an example without a fact", "  contents: Retained NK cells\n", "", "The fact 'contents' is missing"),
    ("a key twice", "title: Cryovial", "title: Cryovial\ntitle: Other", "stands there twice"),
    ("a statement nobody wrote", "of: [vial-not-for-infusion]", "of: [nothing]", "unknown statement 'nothing'"),
]


@pytest.mark.parametrize(("old", "new", "why"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_a_layout_that_could_not_be_used_is_refused_with_a_line(old: str, new: str, why: str) -> None:
    text = shipped_layout("cryovial")
    assert old in text
    with pytest.raises(Refused, match=rf"(?s)Line \d+: .*{why}"):
        checked(text.replace(old, new, 1))


def test_bars_too_low_for_the_bedside_are_refused() -> None:
    text = shipped_layout("sample_tube")
    assert "h: 5.6, module_mm" in text
    with pytest.raises(Refused, match="at least 5.44 mm are needed"):
        checked(text.replace("h: 5.6, module_mm", "h: 4.9, module_mm"))


def test_a_statement_that_would_not_fit_in_one_of_the_languages_is_refused() -> None:
    text = shipped_layout("dose_bag").replace("QUARANTÄNE - nicht freigegeben", "QUARANTÄNE " + "nicht frei " * 20)
    with pytest.raises(Refused, match="QUARANTÄNE.*does not fit into 'release'"):
        checked(text)


def test_statements_and_words_that_changed_are_named() -> None:
    text = shipped_layout("vessel")
    other = text.replace("Donor eligibility: ELIGIBLE", "Donor: ELIGIBLE").replace("de: Behälter", "de: Gefäß")
    found = differences(read_layout_text(text), read_layout_text(other))
    assert [(where, what) for where, what, _, _ in found] == [("statement donor-eligible", "text"),
                                                             ("words Container", "changed")]


def test_an_assumed_translation_stands_on_no_label_of_a_registered_facility() -> None:
    layout = read_layout_text(shipped_layout("dose_bag"))
    registered = {**layout.example, "din": "=G12341765432100", "din_check": "A"}
    refuse_assumed(layout, registered)
    refuse_assumed(layout, {**layout.example, "country": "DE"})
    with pytest.raises(Refused, match="Nobody qualified has signed for the text of donor-autologous.* in de"):
        refuse_assumed(layout, {**registered, "country": "DE"})
    signed = read_layout_text(shipped_layout("dose_bag").replace("    assumed:\n    - de\n    - zh\n", ""))
    refuse_assumed(signed, {**registered, "country": "DE"})
