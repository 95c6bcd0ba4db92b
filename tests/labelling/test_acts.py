"""The life of a label, from its proof to its end, and papers printed; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from mfg.codes.own import labelled
from mfg.codes.scan import read
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.labelling import acts, pages
from mfg.labelling.acts import Drawn, NumberTaken
from mfg.labelling.records import PrintedLabel, PrintedPaper, labels_within, standing_label
from mfg.labelling.standing import label_scanned
from mfg.paper.readback import Found, Proof
from mfg.quality.records import deviations_of
from tests.office import Office

BAG, BATCH = "NK-26-001-C07", "NK-26-001"
PDF = b"%PDF-1.4 not a real one"


def drawn(code: str = "LBL-0001", container: str = BAG) -> Drawn:
    """A label with one symbol of ours, as if it had been drawn and proved."""
    symbol = Found("DataMatrix", "]d1", labelled(container, code))
    return Drawn(code, container, BATCH, "vessel", {"coi": "X", "label": code},
                 Proof(PDF + code.encode(), 300, (symbol,)))


def scan(code: str = "LBL-0001", container: str = BAG) -> str:
    return "]d1" + labelled(container, code)


def printed(office: Office, code: str = "LBL-0001", container: str = BAG) -> str:
    return office.do(acts.print_label, office.who("operator"), drawn=drawn(code, container))


def live(office: Office, *verbs: str, code: str = "LBL-0001") -> None:
    """Take a label through these verbs, each by somebody who may."""
    for verb in verbs:
        who = office.who("verifier" if verb.startswith("witness") else "operator", reason="Because of a test.")
        given = {"scan": scan(code)} if verb in ("verify_label", "apply_label") else {}
        office.do(getattr(acts, verb), who, label=code, **given)


def row(office: Office, code: str = "LBL-0001") -> PrintedLabel:
    with office.look() as session:
        found = session.get_one(PrintedLabel, code)
        session.expunge(found)
        return found


def test_a_label_is_kept_with_its_facts_its_bytes_and_what_was_read_back(office: Office) -> None:
    code = printed(office)
    kept = row(office)
    assert (kept.copy, kept.voids, kept.state, kept.dpi) == (1, None, "issued", 300)
    assert json.loads(kept.facts) == {"coi": "X", "label": code}
    assert kept.read_back == labelled(BAG, "LBL-0001")
    with office.look() as session:
        file = session.scalars(select(KeptFile)).one()
        assert file.code == kept.pdf_hash == sha256(PDF + b"LBL-0001").hexdigest()
        assert file.content == PDF + b"LBL-0001"
    assert office.last_entry().within == BATCH


def test_a_label_is_printed_once_and_a_second_print_leaves_nothing(sqlite_office: Office) -> None:
    office = sqlite_office
    printed(office)
    before = office.counts()
    with pytest.raises(Refused, match="already has the label LBL-0001. Ask for a reprint"):
        printed(office, "LBL-0002")
    assert office.counts() == before and office.last_entry().outcome == "refused"


def test_a_label_drawn_with_a_number_that_is_gone_is_drawn_again(sqlite_office: Office) -> None:
    printed(sqlite_office)
    with pytest.raises(NumberTaken, match="LBL-0001 was given to another label"):
        printed(sqlite_office, "LBL-0001", "NK-26-001-C08")


def test_it_is_scanned_back_put_on_and_accounted_for(office: Office) -> None:
    printed(office)
    assert accounts(office) == ("FAIL", "1 issued - 0 applied - 0 destroyed = 1: LBL-0001 is issued. Scan back and "
                                "apply what is used; spoil or return the rest and destroy it before a witness.")
    live(office, "verify_label", "apply_label")
    assert row(office).state == "applied"
    assert accounts(office) == ("PASS", "1 issued - 1 applied - 0 destroyed = 0.")


def accounts(office: Office) -> tuple[str, str]:
    from mfg.facts import judge
    from mfg.labelling.rules import ACCOUNTS, Accounting

    with office.look() as session:
        labels = tuple((one.code, one.state) for one in labels_within(session, BATCH))
    finding, = judge(ACCOUNTS, Accounting(BATCH, labels))
    return finding.verdict.value, finding.why


@pytest.mark.parametrize("ending", ["spoil_label", "return_label"])
def test_a_label_that_is_not_used_ends_before_a_witness(sqlite_office: Office, ending: str) -> None:
    printed(sqlite_office)
    live(sqlite_office, "verify_label", ending)
    assert accounts(sqlite_office)[0] == "FAIL"
    live(sqlite_office, "destroy_label")
    assert accounts(sqlite_office)[0] == "FAIL"
    live(sqlite_office, "witness_destruction")
    assert row(sqlite_office).state == "destroyed"
    assert accounts(sqlite_office) == ("PASS", "1 issued - 0 applied - 1 destroyed = 0.")


def test_who_destroys_a_label_is_no_witness_of_it(sqlite_office: Office) -> None:
    office = sqlite_office
    printed(office)
    live(office, "spoil_label", "destroy_label")
    with pytest.raises(Refused, match="the same person did “destroy label”"):
        office.do(acts.witness_destruction, office.who("operator"), label="LBL-0001")


def test_a_reprint_takes_two_people_and_a_reason_and_voids_the_label_before(office: Office) -> None:
    printed(office)
    live(office, "verify_label", "apply_label")
    with pytest.raises(Refused, match="needs a reason"):
        office.do(acts.request_reprint, office.who("verifier"), label="LBL-0001")
    with pytest.raises(Refused, match="Nobody has asked for a reprint"):
        office.do(acts.approve_reprint, office.who("qa"), label="LBL-0001", drawn=drawn("LBL-0002"))
    office.do(acts.request_reprint, office.who("verifier", reason="It was smeared."), label="LBL-0001")
    before = office.counts()
    with pytest.raises(Refused, match="the same person did “request reprint”"):
        office.do(acts.approve_reprint, office.who("verifier"), label="LBL-0001", drawn=drawn("LBL-0002"))
    assert office.counts() == before
    office.do(acts.approve_reprint, office.who("qa"), label="LBL-0001", drawn=drawn("LBL-0002"))
    old, new = row(office), row(office, "LBL-0002")
    assert (old.state, new.state, new.voids, new.copy, new.reason) == (
        "void", "issued", "LBL-0001", 2, "It was smeared.")
    with office.look() as session:
        standing = standing_label(session, BAG, "vessel")
        assert standing is not None and standing.code == "LBL-0002"
    with pytest.raises(Refused, match="LBL-0002 took its place"):
        office.do(acts.request_reprint, office.who("verifier", reason="Once more."), label="LBL-0001")
    assert "LBL-0001 is void: another took its place" in accounts(office)[1]


def test_of_two_labels_printed_at_once_each_gets_its_own_number(office: Office) -> None:
    """Both are drawn as LBL-0001; one is told, and draws again."""
    together, told = Barrier(2), []

    def one(container: str) -> None:
        together.wait()
        try:
            told.append(printed(office, "LBL-0001", container))
        except NumberTaken as taken:
            told.append(taken.kind)

    threads = [Thread(target=one, args=(container,)) for container in (BAG, "NK-26-001-C08")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["LBL-0001", "stale"]


# --- scanning back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "why"), [
    ("]d1" + labelled("NK-26-001-C08", "LBL-0002"), "That is label LBL-0002 for NK-26-001-C08; LBL-0001 for"),
    ("]d1" + labelled("NK-26-001-C08", "LBL-0099"), "That is label LBL-0099 for a container nobody knows"),
    ("]C0NK-26-001-C07/" + labelled(BAG, "LBL-0001")[14], "does not say which label it is. Scan the square symbol"),
    ("]d1" + labelled(BAG, "LBL-0001")[:-3], "“LBL-000” is not a code of this system"),
    ("]d1" + labelled(BAG, "LBL-0001") * 2, "two scans in one|not a code|not the check character"),
    ("", "Nothing was read"),
    ("]C0=A99992610000100", "does not say which label it is"),
])
def test_any_other_scan_is_refused_named_and_recorded(sqlite_office: Office, text: str, why: str) -> None:
    office = sqlite_office
    printed(office)
    printed(office, "LBL-0002", "NK-26-001-C08")
    before = office.counts()
    with pytest.raises(Refused, match=why):
        office.do(acts.verify_label, office.who("operator"), label="LBL-0001", scan=text)
    assert office.counts() == before and office.last_entry().outcome == "refused"
    assert row(office).state == "issued"


def test_a_label_that_reads_otherwise_than_it_was_printed_opens_a_critical_deviation(office: Office) -> None:
    printed(office)
    with pytest.raises(Refused, match="was printed. Do not use it"):
        office.do(acts.verify_label, office.who("operator"), label="LBL-0001", scan=scan(container="NK-26-001-C08"))
    with office.look() as session:
        found = deviations_of(session, BATCH)
        assert [(one.kind, one.severity, one.on_code) for one in found] == [
            ("label mismatch", "critical", "LBL-0001")]
    assert row(office).state == "issued"


def foreign(office: Office) -> str:
    """A label of another batch, which carries another chain of identity; scanned back."""
    symbol = Found("DataMatrix", "]d1", labelled("NK-26-002-C07", "LBL-0002"))
    office.do(acts.print_label, office.who("operator"), drawn=Drawn(
        "LBL-0002", "NK-26-002-C07", "NK-26-002", "vessel", {"coi": "Y", "label": "LBL-0002"},
        Proof(PDF, 300, (symbol,))))
    text = scan("LBL-0002", "NK-26-002-C07")
    office.do(acts.verify_label, office.who("operator"), label="LBL-0002", scan=text)
    return text


@pytest.mark.parametrize("verb", ["verify_label", "apply_label"])
def test_the_label_of_another_recipient_in_hand_stops_and_opens_a_critical_deviation_on_both(
        office: Office, verb: str) -> None:
    printed(office)
    other = foreign(office)
    live(office, *(("verify_label",) if verb == "apply_label" else ()))
    for _ in range(2):
        with pytest.raises(Refused, match="another chain of identity: stop") as stop:
            office.do(getattr(acts, verb), office.who("operator"), label="LBL-0001", scan=other)
        assert stop.value.kind == "stop" and row(office).state == ("verified" if verb == "apply_label" else "issued")
    with office.look() as session:
        found, = deviations_of(session, BATCH)
        assert (found.kind, found.severity, found.on_code) == ("identity mismatch", "critical", "LBL-0001")
        assert deviations_of(session, "NK-26-002") == [found]


def test_what_was_typed_proves_no_label(sqlite_office: Office) -> None:
    """The text of the symbol stands on the page of the label; copied from there it is no scan."""
    office = sqlite_office
    printed(office)
    before = office.counts()
    with pytest.raises(Refused, match="without the identifier of a scanner"):
        office.do(acts.verify_label, office.who("operator"), label="LBL-0001", scan=labelled(BAG, "LBL-0001"))
    assert office.counts() == before and row(office).state == "issued"


def test_a_label_is_put_on_only_after_it_was_scanned_back(sqlite_office: Office) -> None:
    printed(sqlite_office)
    with pytest.raises(Refused, match="is issued; “apply label” is not possible"):
        live(sqlite_office, "apply_label")


@pytest.mark.parametrize(("verbs", "why"), [
    ((), "was not scanned back after it was printed; it opens nothing yet"),
    (("spoil_label",), "is spoiled"),
    (("return_label",), "was returned unused"),
    (("spoil_label", "destroy_label"), "is destroyed"),
])
def test_a_label_that_does_not_stand_opens_nothing(sqlite_office: Office, verbs: tuple[str, ...], why: str) -> None:
    printed(sqlite_office)
    live(sqlite_office, *verbs)
    with sqlite_office.look() as session, pytest.raises(Refused, match=why):
        label_scanned(session, read(scan()))


def test_a_void_label_an_unknown_one_and_one_of_another_container_open_nothing(sqlite_office: Office) -> None:
    office = sqlite_office
    printed(office)
    live(office, "verify_label")
    with office.look() as session:
        stands = label_scanned(session, read(scan()))
        assert stands is not None and stands.code == "LBL-0001"
        with pytest.raises(Refused, match="was printed for NK-26-001-C07, and the scan says NK-26-001-C08"):
            label_scanned(session, read(scan(container="NK-26-001-C08")))
        with pytest.raises(Refused, match="LBL-0077 was not printed here"):
            label_scanned(session, read(scan("LBL-0077")))
        assert label_scanned(session, read("]C0" + labelled(BAG, "LBL-0001").partition("+")[0])) is None
    office.do(acts.request_reprint, office.who("operator", reason="Torn."), label="LBL-0001")
    office.do(acts.approve_reprint, office.who("qa"), label="LBL-0001", drawn=drawn("LBL-0002"))
    with office.look() as session, pytest.raises(Refused, match="LBL-0001 is void: another took its place"):
        label_scanned(session, read(scan()))


def test_the_list_shows_what_waits_first_and_the_page_tells_the_life(sqlite_office: Office) -> None:
    office = sqlite_office
    printed(office)
    printed(office, "LBL-0002", "NK-26-001-C08")
    live(office, "verify_label", "apply_label", code="LBL-0001")
    with office.look() as session:
        assert [line[5]["text"] for line in pages.list_labels(session)["rows"]] == [
            "issued: to be scanned back", "applied"]
        shown = pages.show_label(session, label="LBL-0001")
        assert [line[0] for line in shown["sections"][0]["rows"]] == ["printed", "scanned back", "put on"]
        assert shown["verdict"] == "PASS"
        assert pages.show_label(session, label="LBL-0002")["actions"][0]["label"] == "Scan it back"


def test_a_label_is_signed(sqlite_office: Office) -> None:
    office = sqlite_office
    with pytest.raises(Refused) as refused:
        office.do(acts.print_label, replace(office.who("operator"), signing=None), drawn=drawn())
    assert refused.value.kind == "not signed"


def test_a_paper_that_leaves_is_recorded_without_a_signature(office: Any) -> None:
    code = office.do(acts.print_record, replace(office.who("inspector"), signing=None), on_code="NK-26-001",
                     within="NK-26-001", kind="batch record", pdf=PDF)
    with office.look() as session:
        row = session.get_one(PrintedPaper, code)
        assert (row.kind, row.on_code, row.pdf_hash) == ("batch record", "NK-26-001", sha256(PDF).hexdigest())


def test_an_analyst_prints_no_label(sqlite_office: Office) -> None:
    office = sqlite_office
    with pytest.raises(Refused) as refused:
        office.do(acts.print_label, office.who("qc analyst"), drawn=drawn())
    assert refused.value.kind == "not allowed"
