"""Evidence out: what a dossier holds, and that nothing in it can be changed without being named."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mfg import offline_verifier
from mfg.dossier import export, verify_dossier
from mfg.facts import Refused
from mfg.ledger import act, playing_at
from mfg.materials.records import Lot
from tests.kernel import one_batch
from tests.office import NOON, Office, prepare

VERIFIER = Path(offline_verifier.__file__)
FILES = ["README.txt", "batch.json", "checkpoint.txt", "entries.jsonl", "key.pub", "manifest.json", "proofs.json",
         "signatures.json", "verify.py"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """The dossier of one batch and the public key, made once: most tests here only tamper with its bytes."""
    folder = tmp_path_factory.mktemp("dossier")
    url = f"sqlite:///{folder / 'mfg.db'}"
    prepare(url)
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        one_batch.batch(office)
        data = _export(office)
    office.close()
    return data, office.sealer.verifier


def _export(office: Office) -> bytes:
    return export(office.engine, one_batch.BATCH, sealer_public=office.sealer.verifier, at=office.now)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def forged(data: bytes, **changed: Any) -> dict[str, Any]:
    """The answer when somebody changes files (by name without its ending) and makes the manifest fit again."""
    files = unpacked(data)
    for name in files:
        if name.split(".")[0] in changed:
            files[name] = changed[name.split(".")[0]](files[name])
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files) if name != "manifest.json"}
    files["manifest.json"] = (json.dumps({"sha256": sums}, indent=1) + "\n").encode()
    return verify_dossier(packed(files))


def edit(change: Any) -> Any:
    """Change the content of a JSON file."""
    def work(data: bytes) -> bytes:
        content = json.loads(data)
        change(content)
        return json.dumps(content, ensure_ascii=False, indent=1).encode()
    return work


def entry_lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(base64.b64decode(json.loads(line)["leaf"])) for line in data.splitlines()]


# --- what it holds ------------------------------------------------------------------------------------


def test_an_honest_dossier_holds_and_its_key_can_be_pinned(office: Office) -> None:
    one_batch.batch(office)
    data = _export(office)
    pinned = verify_dossier(data, key=office.sealer.verifier)
    assert (pinned["ok"], pinned["problems"], pinned["warnings"]) == (True, [], [])
    assert pinned["entries"] == 19
    (warning,) = verify_dossier(data)["warnings"]
    assert warning.startswith("The public key came with the dossier (test.unit+")


def test_the_same_state_gives_the_same_bytes_and_they_are_the_files_promised(office: Office) -> None:
    one_batch.batch(office)
    data = _export(office)
    assert _export(office) == data
    assert sorted(unpacked(data)) == FILES


def test_batch_json_shows_every_record_of_the_batch_with_exact_numbers_and_utc_times(honest: Any) -> None:
    content = json.loads(unpacked(honest[0])["batch.json"])
    rows = content["rows"]
    assert {table: len(found) for table, found in rows.items()} == {
        "batch": 1, "step": 1, "step_entry": 2, "container": 3, "descent": 1, "dose": 1, "dose_bag": 1, "sample": 1,
        "result": 1, "deviation": 1, "decision": 1, "recipient": 1, "weight": 1, "donor": 1, "pairing": 1,
        "collection": 1, "document": 3, "lot": 1}
    assert content["chain_of_identity"] == "A999926000001C1"
    assert rows["weight"][0]["kg"] == "70.123456789012345"
    assert rows["result"][0]["value"] == "<0.5"
    assert rows["batch"][0]["opened_at"] == "2026-11-20T13:00:00.000000Z"
    assert rows["document"][0]["text"] == "a: 1\nµ: ≥ 2"


def test_people_are_named_only_as_signers_and_in_the_entries_they_made(honest: Any) -> None:
    files = unpacked(honest[0])
    assert "Qualified person 1" in files["signatures.json"].decode()
    assert "Qualified person 1" not in files["batch.json"].decode()
    assert all(b"$argon2" not in content for content in files.values())


def test_entries_about_accounts_stay_out(honest: Any) -> None:
    verbs = {entry["verb"] for entry in entry_lines(unpacked(honest[0])["entries.jsonl"])}
    assert {"open batch", "receive lot", "register donor", "draft protocol", "reject dose"} <= verbs
    assert "open account" not in verbs


def test_an_act_that_touches_a_row_of_the_batch_is_there_wherever_it_was_done(office: Office) -> None:
    """Somebody changes the lot under another code: without that entry the row could not be explained."""
    one_batch.batch(office)
    with office.desk() as session, act(session, "release lot", on="elsewhere", within="elsewhere",
                                       **office.who("qa").how) as doing:
        lot = session.get_one(Lot, "LOT-000001")
        lot.state, lot.released_by, lot.released_at = "released", doing.by.code, doing.at
    _seal(office)
    answer = verify_dossier(_export(office), key=office.sealer.verifier)
    assert answer == {"ok": True, "entries": 20, "problems": [], "warnings": []}


def test_a_refused_attempt_within_the_batch_is_part_of_the_evidence(office: Office) -> None:
    one_batch.batch(office)
    with pytest.raises(Refused):
        one_batch.write(office, "reject dose", "operator", f"{one_batch.BATCH}-D1", one_batch.BATCH)
    _seal(office)
    data = _export(office)
    assert verify_dossier(data)["ok"]
    assert entry_lines(unpacked(data)["entries.jsonl"])[-1]["outcome"] == "refused"


def test_entries_newer_than_the_checkpoint_are_said_to_be_unsealed(office: Office) -> None:
    one_batch.batch(office)
    one_batch.write(office, "make container", "operator", one_batch.BATCH, one_batch.BATCH)
    data, last = _export(office), office.last_entry().seq
    assert json.loads(unpacked(data)["proofs.json"])["unsealed"] == [last]
    answer = verify_dossier(data, key=office.sealer.verifier)
    assert answer["ok"]
    assert answer["warnings"] == [f"1 entries, from entry {last} on, are newer than the checkpoint: "
                                  "nothing seals them yet."]


def test_a_dossier_without_any_checkpoint_does_not_pass(sqlite_office: Office) -> None:
    one_batch.before(sqlite_office)
    one_batch.made(sqlite_office)
    answer = verify_dossier(_export(sqlite_office))
    assert not answer["ok"]
    assert answer["problems"] == ["Nothing here was sealed: checkpoint.txt is empty. Seal the ledger and export it "
                                  "again."]


def test_there_is_no_dossier_of_an_unknown_batch(office: Office) -> None:
    with pytest.raises(Refused, match="no batch “NK-99-999”") as refused:
        export(office.engine, "NK-99-999", sealer_public=office.sealer.verifier, at=NOON)
    assert refused.value.kind == "not found"


def _seal(office: Office) -> None:
    with office.desk() as session, act(session, "seal ledger", on="ledger", **office.who("qa").how):
        pass


# --- a database somebody tampered with ---------------------------------------------------------------------


@pytest.mark.parametrize(("statement", "named"), [
    ("UPDATE dose_bag SET dose = dose, expiry_governed_by = 'nothing'",
     "dose_bag NK-26-001-C02: expiry_governed_by is “nothing” in batch.json, the ledger says “stability”"),
    ("UPDATE result SET value = '<0.1'", "result R-000001: value is “<0.1” in batch.json"),
    ("DELETE FROM deviation", "deviation DEV-0001 is missing from batch.json"),
])
def test_a_row_changed_past_the_ledger_is_named(sqlite_office: Office, statement: str, named: str) -> None:
    one_batch.batch(sqlite_office)
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("DROP TRIGGER guard_deviation_delete"))
        connection.execute(text(statement))
    (problem,) = verify_dossier(_export(sqlite_office))["problems"]
    assert problem.startswith(named)


def test_an_entry_rewritten_in_the_database_is_named(sqlite_office: Office) -> None:
    one_batch.batch(sqlite_office)
    seq = sqlite_office.last_entry().seq
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("DROP TRIGGER guard_entry_update"))
        connection.execute(text("UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"as planned\"', "
                                f"'\"not planned\"') AS BLOB) WHERE seq = {seq}"))
    problems = verify_dossier(_export(sqlite_office))["problems"]
    assert f"Entry {seq} (reject dose on NK-26-001-D1) is not what was sealed." in problems


# --- a dossier somebody tampered with --------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_changed_byte_of_any_file_is_named(honest: Any, name: str, data: st.DataObject) -> None:
    files = unpacked(honest[0])
    at = data.draw(st.integers(0, len(files[name]) - 1))
    other = data.draw(st.integers(1, 255))
    files[name] = files[name][:at] + bytes([files[name][at] ^ other]) + files[name][at + 1:]
    answer = verify_dossier(packed(files))
    assert not answer["ok"]
    assert any(name in problem for problem in answer["problems"])


@pytest.mark.parametrize(("column", "value"), [("state", "certified"), ("attempt", 2), ("infusion", True),
                                               ("batch", None)])
def test_a_forger_who_mends_the_manifest_is_still_found_by_the_row(honest: Any, column: str, value: Any) -> None:
    def change(content: Any) -> None:
        content["rows"]["dose"][0][column] = value

    (problem,) = forged(honest[0], batch=edit(change))["problems"]
    assert problem.startswith(f"dose NK-26-001-D1: {column} is “{value}” in batch.json")


def test_a_row_left_out_added_or_doubled_is_named(honest: Any) -> None:
    def without(content: Any) -> None:
        del content["rows"]["deviation"]

    def added(content: Any) -> None:
        content["rows"]["result"].append(content["rows"]["result"][0] | {"code": "R-000002"})

    def doubled(content: Any) -> None:
        content["rows"]["result"] *= 2

    assert "deviation DEV-0001 is missing from batch.json" in str(forged(honest[0], batch=edit(without)))
    assert "result R-000002 is in batch.json, but no entry tells of it" in str(forged(honest[0], batch=edit(added)))
    assert "result R-000001 is in batch.json twice" in str(forged(honest[0], batch=edit(doubled)))


@pytest.mark.parametrize("name", ["recipient", "donor", "chain_of_identity"])
def test_a_heading_that_says_otherwise_than_the_rows_is_found(honest: Any, name: str) -> None:
    answer = forged(honest[0], batch=edit(lambda content: content.update({name: "SUB-0007"})))
    assert answer["problems"] == ["The heading of batch.json is not what its rows say."]


def test_an_entry_and_its_row_changed_together_are_found_by_the_seal(honest: Any) -> None:
    def entries(data: bytes) -> bytes:
        lines = []
        for line in data.splitlines():
            row = json.loads(line)
            leaf = base64.b64decode(row["leaf"]).replace(b'"<0.5"', b'"<0.1"')
            lines.append(json.dumps(row | {"leaf": base64.b64encode(leaf).decode()}))
        return "\n".join(lines).encode()

    def rows(content: Any) -> None:
        content["rows"]["result"][0]["value"] = "<0.1"

    (problem,) = forged(honest[0], entries=entries, batch=edit(rows))["problems"]
    assert "(record result on R-000001) is not what was sealed" in problem


def test_a_missing_entry_shows_in_the_row_it_changed(honest: Any) -> None:
    """The step was performed, then verified; without the performing, the verifying does not fit."""
    def entries(data: bytes) -> bytes:
        return b"\n".join(line for line in data.splitlines() if b'"perform step"' not in base64.b64decode(
            json.loads(line)["leaf"]))

    problems = forged(honest[0], entries=entries)["problems"]
    assert "proofs.json does not list the entries that are in entries.jsonl." in problems
    assert any(problem.startswith("step NK-26-001/thaw: entry") and problem.endswith("an entry is missing.")
               for problem in problems)


def test_a_signature_changed_or_left_out_is_named(honest: Any) -> None:
    def renamed(content: Any) -> None:
        content["signatures"][-1]["printed_name"] = "Somebody else"

    def fewer(content: Any) -> None:
        content["signatures"].pop()

    assert "of Somebody else is not what its entry says" in str(forged(honest[0], signatures=edit(renamed)))
    assert "The signature of entry" in str(forged(honest[0], signatures=edit(fewer))["problems"])


def test_a_whole_dossier_sealed_with_the_forgers_own_key_passes_only_until_the_key_is_pinned(honest: Any) -> None:
    """Why the key has to come from elsewhere: it is the one thing a dossier cannot prove by itself."""
    body = unpacked(honest[0])["checkpoint.txt"].decode().partition("\n\n")[0] + "\n"
    secret = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
    raw = b"\x01" + secret.public_key().public_bytes_raw()
    mark = hashlib.sha256(b"test.unit\n" + raw).digest()[:4]
    note = f"{body}\n— test.unit {base64.b64encode(mark + secret.sign(body.encode())).decode()}\n"
    key = f"test.unit+{mark.hex()}+{base64.b64encode(raw).decode()}"
    files = unpacked(honest[0]) | {"checkpoint.txt": note.encode(), "key.pub": key.encode()}
    files["manifest.json"] = offline_verifier.manifest_of(files)
    assert verify_dossier(packed(files))["ok"]
    assert verify_dossier(packed(files), key=honest[1])["problems"] == [
        "key.pub is not the public key you trust.",
        "checkpoint.txt is not signed by test.unit, or was changed after it was signed."]


# --- hostile files ----------------------------------------------------------------------------------------


def only_problem(data: bytes) -> str:
    answer = verify_dossier(data)
    assert not answer["ok"] and len(answer["problems"]) == 1
    return str(answer["problems"][0])


def test_what_is_no_zip_is_said_to_be_none(honest: Any) -> None:
    for data in (b"", b"hello", b"PK\x05\x06", b"%PDF-1.7", honest[0][:5000], honest[0][-30:]):
        assert "cannot be opened as a ZIP file" in only_problem(data)


def test_a_zip_that_would_unpack_without_end_is_refused_before_it_is_unpacked() -> None:
    made, files = io.BytesIO(), 11
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            archive.writestr(f"files/{number:064x}", bytes(10 * 2**20))
    data, true = made.getvalue(), (10 * 2**20).to_bytes(4, "little")
    assert len(data) < 2**20 and data.count(true) == 2 * files
    claimed = data.replace(true, (100 * 2**20).to_bytes(4, "little"))
    assert "would unpack to more than" in only_problem(claimed)


def test_a_zip_that_lies_about_the_size_of_a_file_is_not_unpacked_further_than_it_says() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("batch.json", bytes(50 * 2**20))
    data, true = made.getvalue(), (50 * 2**20).to_bytes(4, "little")
    assert data.count(true) == 2
    assert "batch.json cannot be read from the ZIP" in only_problem(data.replace(true, (10).to_bytes(4, "little")))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_without_a_bound_is_refused(method: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("batch.json", "{}")
    assert "packed in a way no dossier uses" in only_problem(made.getvalue())


def test_a_zip_with_very_many_files_is_refused_before_they_are_listed() -> None:
    assert "more than 1000 files" in only_problem(packed({f"{number}": b"" for number in range(1100)}))


@pytest.mark.parametrize("name", ["../verify.py", "/etc/passwd", "a/b", "C:evil.txt", "..\\x", "batch.json/"])
def test_a_path_in_the_zip_is_refused(honest: Any, name: str) -> None:
    assert "a path" in only_problem(packed(unpacked(honest[0]) | {name: b"x"}))


def test_a_file_too_many_one_twice_and_one_missing_are_named(honest: Any) -> None:
    files = unpacked(honest[0])
    assert "'notes.txt', a file no dossier has" in only_problem(packed(files | {"notes.txt": b""}))
    made = io.BytesIO(honest[0])
    with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("batch.json", "{}")
    assert "holds batch.json more than once" in only_problem(made.getvalue())
    del files["proofs.json"]
    assert only_problem(packed(files)) == "The dossier is not complete: proofs.json is missing."


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"seq": 1, "seq": 2}', b"1e999", b"NaN",
    b'{"rows": {"batch": 7}}', b'{"size": "x", "root": 7, "proofs": []}', b'{"signatures": [[]]}', b"9" * 5000,
    b'{"seq": 0, "leaf": "e30="}', b'{"sha256": null}',
])
@pytest.mark.parametrize("name", [name for name in FILES if name not in ("README.txt", "verify.py")])
def test_nonsense_in_any_file_is_a_problem_and_never_a_traceback(honest: Any, name: str, content: bytes) -> None:
    files = unpacked(honest[0]) | {name: content}
    if name != "manifest.json":
        files["manifest.json"] = offline_verifier.manifest_of(files)
    answer = verify_dossier(packed(files))
    assert not answer["ok"]
    assert all(problem.strip().endswith(".") for problem in answer["problems"])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_happens_to_the_zip_itself_the_content_is_named_or_the_same(honest: Any, data: st.DataObject) -> None:
    changed = bytearray(honest[0])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[-data.draw(st.integers(1, 1500))] = data.draw(st.integers(0, 255))
    answer = verify_dossier(bytes(changed))
    if answer["ok"]:
        assert unpacked(bytes(changed)) == unpacked(honest[0])
    else:
        assert answer["problems"]


def test_a_file_that_is_not_there_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify_dossier(tmp_path / "nothing.zip")


# --- the program that travels along ---------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python alone: isolated, without site-packages, from an empty environment."""
    return subprocess.run([sys.executable, "-I", "-S", *arguments], cwd=folder, env={}, text=True,
                          capture_output=True, timeout=60, encoding="utf-8")


@pytest.fixture
def folder(honest: Any, tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(honest[0])) as archive:
        archive.extractall(tmp_path / "dossier")
    (tmp_path / "dossier.zip").write_bytes(honest[0])
    return tmp_path / "dossier"


def test_the_verifier_in_the_dossier_is_ours_word_for_word_and_needs_python_alone(honest: Any) -> None:
    assert unpacked(honest[0])["verify.py"] == VERIFIER.read_bytes()
    imported = {line.split()[1].split(".")[0] for line in VERIFIER.read_text().splitlines()
                if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names


def test_it_runs_in_the_unpacked_folder_and_on_the_zip(folder: Path, honest: Any) -> None:
    for arguments in (["verify.py"], ["verify.py", "../dossier.zip"], ["verify.py", "--key", honest[1]],
                      ["verify.py", "--key", "key.pub"]):
        done = run(folder, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("19 ledger entries checked.\n")
        assert done.stdout.endswith("Everything holds.\n")


def test_it_names_the_record_and_says_no(folder: Path) -> None:
    file = folder / "batch.json"
    file.write_text(file.read_text("utf-8").replace('"<0.5"', '"<0.1"'), "utf-8")
    done = run(folder, "verify.py")
    assert (done.returncode, done.stderr) == (1, "")
    assert "PROBLEM: batch.json is not the file that manifest.json lists: it was changed." in done.stdout
    assert "PROBLEM: result R-000001: value is “<0.1” in batch.json, the ledger says “<0.5”" in done.stdout


def test_it_says_no_without_a_traceback_when_there_is_nothing_to_check(folder: Path) -> None:
    (folder / "not.zip").write_bytes(b"hello")
    for arguments in (["verify.py", "not.zip"], ["verify.py", "nowhere.zip"], ["verify.py", "--key", "no-key"]):
        done = run(folder, *arguments)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr + done.stdout
    (folder / "proofs.json").unlink()
    assert "proofs.json is missing" in run(folder, "verify.py").stdout


# --- Ed25519, written out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("public", "message", "signature"), [  # RFC 8032 section 7.1, tests 1 to 3
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"),
])
def test_the_published_vectors_hold(public: str, message: str, signature: str) -> None:
    given_ = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert offline_verifier.ed25519_holds(*given_)
    assert not offline_verifier.ed25519_holds(given_[0], given_[1] + b"x", given_[2])


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 95), st.integers(0, 7))
@settings(max_examples=30, deadline=None)
def test_it_agrees_with_another_implementation_and_one_bit_breaks_it(seed: bytes, message: bytes, byte: int,
                                                                    bit: int) -> None:
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    both = bytearray(secret.public_key().public_bytes_raw() + secret.sign(message))
    assert offline_verifier.ed25519_holds(bytes(both[:32]), message, bytes(both[32:]))
    both[byte] ^= 1 << bit
    assert not offline_verifier.ed25519_holds(bytes(both[:32]), message, bytes(both[32:]))


def test_a_signature_whose_number_is_raised_by_the_order_is_refused() -> None:
    """Else one signature would have two forms (RFC 8032 section 5.1.7)."""
    secret = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    order = 2**252 + 27742317777372353535851937790883648493
    public, signature = secret.public_key().public_bytes_raw(), secret.sign(b"m")
    raised = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert not offline_verifier.ed25519_holds(public, b"m", signature[:32] + raised)


@pytest.mark.parametrize("size", [0, 31, 33, 63, 65])
def test_keys_and_signatures_of_another_length_hold_nothing(size: int) -> None:
    assert not offline_verifier.ed25519_holds(bytes(size), b"", bytes(64))
    assert not offline_verifier.ed25519_holds(bytes(32), b"", bytes(size))
