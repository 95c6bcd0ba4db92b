"""The path of identity: scan by scan from the wristband back to the donor's arm, on the page and on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from mfg.batches.records import Container
from mfg.codes.own import with_check
from mfg.facts import Refused, judge
from mfg.paper.drawing import to_svg
from mfg.paper.identity_path import Line, PathPaper, path_drawing, path_pdf
from mfg.release.identity_path import identity_path
from mfg.release.identity_path_page import (
    identity_path_drawing,
    identity_path_pdf,
    print_identity_path,
    read_identity_path,
    show_identity_path,
)
from mfg.release.identity_path_rules import PATH, IdentityPath, Scan
from tests.release.story import READY, Story, a_story
from tests.statements import asked_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BAND = Scan("wristband", "Check of bag and wristband", "A9999 26 ABCDEF")
FILLED = Scan("C07", "Fill", "C05", NOON, "P-1", "scanned", "C07")
ARM = Scan("donor's arm", "Collection begun", "A999926100001", NOON, "P-2", "scanned", "COL-1")
WHOLE = IdentityPath("D1", "SUB-0001", "DON-0001", (BAND, FILLED, ARM), (("C07", "SUB-0001", "DON-0001"),))


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


def verdicts(path: IdentityPath) -> dict[str, str]:
    return {one.rule: one.verdict.value for one in judge(PATH, path)}


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    # PATH-01 one family of containers
    ({}, "PATH-01", "PASS"),
    ({"family": (*WHOLE.family, ("C99", "SUB-0002", "DON-0001"))}, "PATH-01", "FAIL"),
    ({"family": (*WHOLE.family, ("C99", "SUB-0001", "DON-0002"))}, "PATH-01", "FAIL"),
    ({"family": ()}, "PATH-01", "CANNOT DETERMINE"),
    # PATH-02 a scan at every link: typed is told, nothing recorded is no scan
    ({}, "PATH-02", "PASS"),
    ({"links": (BAND, replace(FILLED, how="typed"), ARM)}, "PATH-02", "PASS"),
    ({"links": (BAND, replace(FILLED, how=""), ARM)}, "PATH-02", "CANNOT DETERMINE"),
    ({"links": (BAND,)}, "PATH-02", "CANNOT DETERMINE"),
    # PATH-03 it begins at the donor's arm
    ({}, "PATH-03", "PASS"),
    ({"links": (BAND, FILLED)}, "PATH-03", "CANNOT DETERMINE"),
    ({"links": ()}, "PATH-03", "CANNOT DETERMINE"),
    # PATH-04 it ends at the wristband
    ({}, "PATH-04", "CANNOT DETERMINE"),
    ({"links": (replace(BAND, how="scanned", at=NOON), FILLED, ARM)}, "PATH-04", "PASS"),
    ({"links": ()}, "PATH-04", "CANNOT DETERMINE"),
])
def test_rule(change: dict[str, Any], rule: str, verdict: str) -> None:
    assert verdicts(replace(WHOLE, **change))[rule] == verdict


def test_a_link_that_was_typed_is_named() -> None:
    found = judge(PATH, replace(WHOLE, links=(BAND, replace(FILLED, how="typed"), ARM)))[1]
    assert "1 of them typed by hand: C05" in found.why


def test_the_whole_path_is_there_from_the_arm_to_the_bag(story: Story) -> None:
    with asked_of(story.office.engine) as asked, story.office.look() as session:
        path = identity_path(session, story.dose)
    assert len(asked) <= 13, "whatever the size of the family"
    with story.office.look() as session:
        kinds = {session.get_one(Container, code).kind for code, _, _ in path.family}
    assert kinds == {"collection bag", "vessel", "harvest", "loaded cells", "dose bag"}
    assert path.links[0].where == "wristband" and path.links[0].how == "" and path.links[0].at is None
    assert path.links[-1].where == "donor's arm" and path.links[-1].code.startswith("A9999")
    moments = [one.at for one in path.links[1:] if one.at]
    assert moments == sorted(moments, reverse=True), "newest first"
    done = [one.what for one in path.links]
    for wanted in ("Label put on and scanned", "Label scanned back", "Fill checked by a second person",
                   "Read in a step", "Received: donation number read",
                   "Received: chain of identity read", "Collection begun"):
        assert wanted in done, wanted
    for name in ("Fill", "Load", "Harvest", "Seed"):
        assert any(one.startswith(f"{name}: {story.batch}") for one in done), name
    with story.office.look() as session:
        drawn = to_svg(identity_path_drawing(session, story.dose))
    assert "…" not in drawn, "a text of the picture is cut"
    assert verdicts(path)["PATH-01"] == "PASS"
    assert verdicts(path)["PATH-04"] == "CANNOT DETERMINE"


def test_a_container_that_was_typed_in_is_flagged(story: Story) -> None:
    story.plant.fill(story.dose, source=with_check(story.plant.container(story.batch, "loaded cells")))
    with story.office.look() as session:
        path, page = identity_path(session, story.dose), show_identity_path(session, dose=story.dose)
    assert [one.how for one in path.links if one.what.startswith("Fill:")] == ["typed"]
    shown = [row[3] for row in page["drawings"][0]["rows"] if row[1].startswith("Fill:")]
    assert shown == [{"verdict": "CANNOT DETERMINE", "text": "typed by hand"}]


def test_a_dose_that_is_not_filled_has_no_path_yet(story: Story) -> None:
    dose = story.plant.plan(story.batch, 2)
    with story.office.look() as session:
        assert verdicts(identity_path(session, dose))["PATH-01"] == "CANNOT DETERMINE"
        show_identity_path(session, dose=dose)
        assert identity_path_pdf(session, dose).startswith(b"%PDF")


def test_the_paper_has_every_link(story: Story) -> None:
    with story.office.look() as session:
        path = identity_path(session, story.dose)
        pdf = identity_path_pdf(session, story.dose)
        plain = read_identity_path(session, dose=story.dose)
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    for one in path.links:
        assert (f"{one.at:%Y-%m-%d%H:%M}" if one.at else "notyet") in text
        assert all(word in text for word in one.code.split())
    assert len(plain["links"]) == len(path.links) and len(plain["findings"]) == len(PATH)


def test_hostile_text_stays_text_in_the_picture() -> None:
    hostile = Line("2026-11-20 12:00", '<script>alert("x")</script>' * 9, "]]>&<svg>", "P-1", "typed", "C07")
    drawn = to_svg(path_drawing([hostile]))
    assert "<script" not in drawn and "<svg>" not in drawn[20:]
    assert path_pdf(PathPaper("D1", [("dose", "D1")], [hostile] * 60, [], "now")).startswith(b"%PDF")


def test_printing_the_path_is_recorded(story: Story) -> None:
    paper = story.office.do(print_identity_path, story.office.who("clinical coordinator"), dose=story.dose)
    entry = story.office.last_entry()
    assert (entry.verb, entry.on_code, entry.outcome) == ("print identity path", story.dose, "done")
    assert paper.startswith("PAP-")
    with pytest.raises(Refused):
        story.office.do(print_identity_path, story.office.who("warehouse"), dose=story.dose)
