"""Checkpoints as C2SP signed notes: a published vector, our own form, and what is refused."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mfg.checkpoints import SEAL_EVERY, Checkpoint, Sealer, body_of, key_id, open_note
from mfg.facts import Refused
from mfg.ledger import act
from mfg.offline_verifier import Wrong, ed25519_holds, open_key
from mfg.people import acts as people
from tests.office import Office

# The published example of the signed note format.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
MARK = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
AT = datetime(2026, 11, 20, 12, 0, 0, 999999, tzinfo=UTC)
ROOT = sha256(b"").digest()


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Sealer:
    folder = tmp_path_factory.mktemp("keys")
    return Sealer.at(folder / "checkpoint.key", folder / "notes", "unit.example")


def test_the_key_id_of_the_published_vector_is_ours() -> None:
    assert key_id("PeterNeumann", base64.b64decode(KEY.split("+", 2)[2])[1:]).hex() == "c74f20a3"


def test_the_signature_of_the_published_vector_holds_in_both_of_our_verifiers() -> None:
    name, identity, public = open_key(KEY)
    signature = base64.b64decode(MARK)
    assert (name, signature[:4]) == ("PeterNeumann", identity)
    assert ed25519_holds(public, TEXT.encode(), signature[4:])
    with pytest.raises(ValueError, match="not enough values"):  # the signature holds; the text is no checkpoint
        open_note(f"{TEXT}\n— PeterNeumann {MARK}\n", KEY)
    with pytest.raises(Refused, match="not signed by PeterNeumann"):
        open_note(f"{TEXT.replace('answer', 'Answer')}\n— PeterNeumann {MARK}\n", KEY)


def test_a_note_is_text_an_empty_line_and_signature_lines(sealer: Sealer) -> None:
    note = sealer.sign(body_of("unit.example", 12345678, ROOT, AT))
    *body, empty, signature, last = note.split("\n")
    assert body == ["unit.example", "12345678", base64.b64encode(ROOT).decode(), "2026-11-20T12:00:00Z"]
    assert (empty, last) == ("", "")
    dash, name, mark = signature.split(" ")
    raw = base64.b64decode(mark)
    public = base64.b64decode(sealer.verifier.split("+", 2)[2])
    assert (dash, name, len(raw)) == ("—", "unit.example", 68)
    assert raw[:4] == sha256(b"unit.example\n" + public).digest()[:4]
    assert ed25519_holds(public[1:], ("\n".join(body) + "\n").encode(), raw[4:])


def test_a_note_opens_to_its_size_and_root_also_beside_a_witness(sealer: Sealer, tmp_path: Path) -> None:
    note = sealer.sign(body_of("unit.example", 7, ROOT, AT))
    witness = Sealer.at(tmp_path / "w.key", tmp_path, "witness.example")
    line = witness.sign(note.partition("\n\n")[0] + "\n").splitlines()[-1]
    for cosigned in (note, f"{note}{line}\n", note.replace("\n\n", f"\n\n{line}\n")):
        assert open_note(cosigned, sealer.verifier) == (7, ROOT)
    assert open_note(f"{note}{line}\n", witness.verifier) == (7, ROOT)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_note_with_one_character_of_its_text_changed_is_refused(sealer: Sealer, data: st.DataObject) -> None:
    note = sealer.sign(body_of("unit.example", 12345678, ROOT, AT))
    at = data.draw(st.integers(0, note.index("\n\n") - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda char: char != note[at]))
    with pytest.raises(Refused, match="changed after it was signed"):
        open_note(note[:at] + other + note[at + 1:], sealer.verifier)


def test_another_key_of_the_same_name_is_refused(sealer: Sealer, tmp_path: Path) -> None:
    other = Sealer.at(tmp_path / "other.key", tmp_path, sealer.name)
    with pytest.raises(Refused, match="not signed by unit.example"):
        open_note(other.sign(body_of("unit.example", 7, ROOT, AT)), sealer.verifier)


@pytest.mark.parametrize("note", ["", "\n\n", "—", "a\n1\nb\n\n— unit.example\n", "a\n1\nb\n\n— unit.example AAAA\n",
                                  "a\n\n— unit.example ====\n", "\x00" * 50])
def test_what_is_no_note_is_refused(sealer: Sealer, note: str) -> None:
    with pytest.raises((Refused, ValueError)):
        open_note(note, sealer.verifier)


@pytest.mark.parametrize("key", ["", "x", "a+b", "PeterNeumann+c74f20a4+" + KEY.split("+", 2)[2], KEY[:-4],
                                 KEY + "AAAA", KEY.replace("+AR", "+AB"), "PeterNeumann+c74f20a3+***"])
def test_a_damaged_public_key_is_refused_by_the_offline_verifier(key: str) -> None:
    with pytest.raises(Wrong):
        open_key(key)


def test_the_key_is_made_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "checkpoint.key"
    first, second = (Sealer.at(file, tmp_path, "unit.example") for _ in range(2))
    assert first.verifier == second.verifier == file.with_suffix(".pub").read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_published_note_is_the_one_in_the_database(office: Office) -> None:
    with office.desk() as session, act(session, "seal ledger", on="ledger", **office.who("qa").how):
        pass
    with office.look() as session:
        (kept,) = session.scalars(select(Checkpoint)).all()
    assert (office.sealer.folder / f"{kept.size:010d}.txt").read_text("utf-8") == kept.note
    assert open_note(kept.note, office.sealer.verifier) == (kept.size, kept.root)
    assert kept.size == office.last_entry().seq + 1


def test_a_checkpoint_is_sealed_after_so_many_entries_without_anybody_asking(sqlite_office: Office) -> None:
    office = sqlite_office
    while office.last_entry().seq + 1 < SEAL_EVERY - 1:
        office.do(people.sign_out, office.who("qa"), token="none")
    assert not office.sealer.folder.exists()
    office.do(people.sign_out, office.who("qa"), token="none")
    assert [file.name for file in office.sealer.folder.iterdir()] == [f"{SEAL_EVERY:010d}.txt"]


def test_a_refused_release_seals_nothing(office: Office) -> None:
    with pytest.raises(Refused), office.desk() as session, \
            act(session, "seal ledger", on="ledger", **office.who("operator").how):
        pass
    assert not office.sealer.folder.exists()
