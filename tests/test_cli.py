"""The command line as a contract: what each command answers, with which exit code, and never with a traceback.

Most commands run inside this process; what only a process has (pipes, exit codes, encodings) runs as one.
Numbers are worked out here by hand, not by the code under test.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mfg import identity
from mfg.cli import main
from tests.office import CHEAP

COMMANDS = ("demo", "serve", "init", "migrate", "user", "verify", "dossier", "protocol", "master-record", "codes",
            "labels", "dose", "print-worker", "stand-in-printer", "qc")
FIRST, SECOND, NEW = "a long password, one", "a long password, two", "a first password, three"
ADMINISTRATORS = ("--user-id", "admin.1", "--name", "Administrator 1", "--second-user-id", "admin.2", "--second-name",
                  "Administrator 2")
GARBAGE = bytes(range(256)) * 8


@dataclass
class Said:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def mfg(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`mfg(*arguments, stdin=b"")` in an empty folder; a traceback anywhere fails the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MFG_")]:
        monkeypatch.delenv(name)

    def run(*arguments: object, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 99
        out, err = (text.decode("utf-8") for text in capsysbinary.readouterr())
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


@pytest.fixture(autouse=True)
def cheap_passwords() -> Iterator[None]:
    """The cost of a password hash is not what is tried here."""
    before = dict(identity.ARGON2)
    identity.ARGON2.update(CHEAP)
    yield
    identity.ARGON2.update(before)


def process(*arguments: object, cwd: Path, stdin: bytes = b"", **env: str) -> Said:
    """The same as a process of its own."""
    done = subprocess.run([sys.executable, "-m", "mfg.cli", *map(str, arguments)], input=stdin, cwd=cwd, check=False,
                          capture_output=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path))} | env)
    said = Said(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
    assert "Traceback" not in said.err
    return said


def one_sentence(said: Said) -> str:
    """What was told on standard error: something a person can read, on one line."""
    assert said.out == "" and said.err.strip().count("\n") == 0 and len(said.err) > 20, said
    return said.err


# --- usage -----------------------------------------------------------------------------------------------


def test_help_names_every_command_and_is_a_yes(mfg: Run) -> None:
    said = mfg("--help")
    assert said.code == 0
    assert [name for name in COMMANDS if name not in said.out] == []


@pytest.mark.parametrize("arguments", [
    (), ("nosuch",), ("user",), ("protocol",), ("codes",), ("labels",), ("dose",), ("qc",), ("protocol", "check"),
    ("codes", "parse"), ("codes", "check"), ("dose", "check"), ("labels", "render", "dose_bag"), ("dossier", "B"),
    ("dossier", "--to", "x"), ("dose", "check", "a", "b"), ("init",), ("user", "add"), ("verify", "--nope"),
    ("serve", "--port", "many"), ("labels", "render", "x", "--facts", "f", "--to", "t.pdf", "--dpi", "301"),
    ("codes", "weigh", "x"), ("dose", "check", "--nope", "x"),
], ids=" ".join)
def test_bad_usage_is_64_and_shows_the_usage(mfg: Run, arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = mfg(*arguments)
    assert said.code == 64 and said.out == "" and "usage: mfg" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_process_ends_with_the_same_codes(tmp_path: Path) -> None:
    assert process("codes", "check", "A999926123456T", cwd=tmp_path).code == 0
    assert process("codes", "check", "A999926123456U", cwd=tmp_path).code == 1
    assert process("dose", "check", "nothing.jsonl", cwd=tmp_path).code == 64
    assert process("nosuch", cwd=tmp_path).code == 64


def test_a_process_in_a_plain_terminal_writes_what_it_cannot_show_as_escapes(tmp_path: Path) -> None:
    said = process("codes", "parse", "π", cwd=tmp_path, PYTHONUTF8="0", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert said.code == 1 and said.json()["accepted"] is False and "\\u201c" in said.out


@pytest.mark.parametrize("arguments", [("codes", "parse", "-"), ("dose", "check", "-")], ids=" ".join)
def test_a_reader_who_leaves_early_stops_the_command_and_gets_no_yes(arguments: tuple[str, ...],
                                                                     tmp_path: Path) -> None:
    endless = b"=A99991712345600\n" * 20_000
    with subprocess.Popen([sys.executable, "-m", "mfg.cli", *arguments], cwd=tmp_path, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdin and running.stdout and running.stderr
        running.stdout.close()
        try:
            running.stdin.write(endless)
            running.stdin.close()
        except BrokenPipeError:
            pass
        told = running.stderr.read()
        assert running.wait(30) == 2
    assert told == b""


# --- dose check ------------------------------------------------------------------------------------------

CASE: dict[str, Any] = {
    "protocol": "NCT06835140", "cohort": "1", "infusion": 1, "decided_at": "2026-11-20T09:00:00Z",
    "weight": {"kg": "70.0", "measured_at": "2026-11-19T08:00:00Z"},
    "bags": [{"volume_ml": "120", "residual_ml": "0", "viable_cells_per_ml": ["6.1e6", "5.9e6", "6.0e6"],
              "nk_percent": "92.0", "cd3_percent": "0.3", "endotoxin_eu_per_ml": "<0.5"}]}


def lines(*cases: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(case).encode() + b"\n" for case in cases)


def test_the_worked_example_of_a_dose(mfg: Run, tmp_path: Path) -> None:
    (tmp_path / "case.jsonl").write_bytes(lines(CASE))
    for said in (mfg("dose", "check", "case.jsonl"), mfg("dose", "check", "-", stdin=lines(CASE)),
                 mfg("dose", "check", "--json", "case.jsonl")):
        assert said.code == 0
        (answer,) = said.lines()
        assert set(answer) == {"verdict", "viable_nk", "per_kg", "fraction_of_target", "findings"}
        assert answer["verdict"] == "PASS"
        # mean of 6.1, 5.9 and 6.0 million is 6.0 million/mL; 92 % of it NK, in 120 mL: 662.4 million
        assert Decimal(answer["viable_nk"]) == Decimal("662400000")
        # by 70 kg, and by the 10 million/kg of cohort 1
        assert abs(Decimal(answer["per_kg"]) * 70 - 662400000) < Decimal("0.0001")
        assert abs(Decimal(answer["fraction_of_target"]) - Decimal("0.946285714285714")) < Decimal("1e-12")
        assert all(set(one) == {"rule", "verdict", "value", "limit", "why"} for one in answer["findings"])
        assert all(isinstance(answer[name], str) for name in ("viable_nk", "per_kg", "fraction_of_target"))


@pytest.mark.parametrize(("kg", "verdict", "code"), [
    ("82.80", "PASS", 0),   # 662.4 million / 82.80 kg = 8.000 million/kg: 80 % exactly, and the limit is inclusive
    ("82.81", "FAIL", 1),
    ("55.20", "PASS", 0),   # 12.000 million/kg: 120 % exactly
    ("55.19", "FAIL", 1),
])
def test_the_edges_of_tolerance_are_inclusive_and_exact(mfg: Run, kg: str, verdict: str, code: int) -> None:
    case = CASE | {"weight": CASE["weight"] | {"kg": kg}}
    said = mfg("dose", "check", "-", stdin=lines(case))
    assert said.code == code
    (answer,) = said.lines()
    assert answer["verdict"] == verdict
    assert [one["verdict"] for one in answer["findings"] if one["rule"] == "DOSE-01"] == [verdict]


def without(path: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(json.dumps(CASE))
    *steps, last = path.split(".")
    part: Any = case
    for step in steps:
        part = part["bags"][0] if step == "bag" else part[step]
    del part[last]
    return case


@pytest.mark.parametrize("path", [
    "protocol", "cohort", "infusion", "decided_at", "weight", "weight.kg", "weight.measured_at", "bags",
    "bag.volume_ml", "bag.residual_ml", "bag.viable_cells_per_ml", "bag.nk_percent", "bag.cd3_percent",
    "bag.endotoxin_eu_per_ml"])
def test_any_missing_field_cannot_be_determined(mfg: Run, path: str) -> None:
    said = mfg("dose", "check", "-", stdin=lines(without(path)))
    assert said.code == 2
    (answer,) = said.lines()
    assert answer["verdict"] == "CANNOT DETERMINE"


def test_each_line_is_answered_in_order_even_a_line_that_cannot_be_read(mfg: Run) -> None:
    heavy = CASE | {"weight": CASE["weight"] | {"kg": "100"}}
    said = mfg("dose", "check", "-", stdin=lines(CASE) + b"{nonsense\n" + lines(heavy) + b"\xff\xfe\n[]\n7\n"
               + lines(CASE))
    assert said.code == 64
    assert [answer["verdict"] for answer in said.lines()] == [
        "PASS", "CANNOT DETERMINE", "FAIL", "CANNOT DETERMINE", "CANNOT DETERMINE", "CANNOT DETERMINE", "PASS"]


def test_one_fail_among_passes_is_a_no(mfg: Run) -> None:
    heavy = CASE | {"weight": CASE["weight"] | {"kg": "100"}}
    assert mfg("dose", "check", "-", stdin=lines(CASE, heavy, CASE)).code == 1
    assert mfg("dose", "check", "-", stdin=lines(CASE, without("cohort"), CASE)).code == 2
    assert mfg("dose", "check", "-", stdin=lines(without("cohort"), heavy)).code == 1


def test_the_doses_of_the_shared_table_match_a_dose_of_exactly_that_many_cells(mfg: Run, shared: Path) -> None:
    rows = (shared / "inputs/protocols/expected_doses.csv").read_text().splitlines()[1:]
    wanted = [row.split(",") for row in rows if row.startswith("NCT06835140")]
    assert len(wanted) >= 9
    for _, cohort, kg, cells, *_ in wanted:
        bag = {"volume_ml": "100", "residual_ml": "0", "viable_cells_per_ml": [str(Decimal(cells) / 100)],
               "nk_percent": "100", "cd3_percent": "0", "endotoxin_eu_per_ml": "<0.1"}
        case = CASE | {"cohort": cohort, "weight": CASE["weight"] | {"kg": kg}, "bags": [bag]}
        (answer,) = mfg("dose", "check", "-", stdin=lines(case)).lines()
        assert (Decimal(answer["viable_nk"]), Decimal(answer["fraction_of_target"])) == (Decimal(cells), 1)


# --- what cannot be read ---------------------------------------------------------------------------------

READERS: dict[str, tuple[str, ...]] = {
    "dose": ("dose", "check", "FILE"), "protocol": ("protocol", "check", "FILE"), "dossier": ("verify", "FILE"),
    "master record": ("master-record", "check", "FILE"),
    "facts": ("labels", "render", "dose_bag", "--facts", "FILE", "--to", "out.pdf"),
    "layout": ("labels", "render", "FILE", "--facts", "FILE", "--to", "out.pdf"),
    "database": ("verify", "--database", "sqlite:///FILE"), "key": ("verify", "garbage", "--key", "FILE"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", ["missing", "a folder", "garbage", "/dev/null", "an empty name", "a long name"])
def test_what_cannot_be_read_is_refused_in_a_sentence(mfg: Run, reader: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "garbage").write_bytes(GARBAGE)
    file = {"missing": "no/such.file", "a folder": "folder", "garbage": "garbage", "an empty name": "",
            "a long name": "x" * 300}.get(what, what)
    before = set(tmp_path.iterdir())
    said = mfg(*(part.replace("FILE", file) for part in READERS[reader]))
    answers = reader in ("protocol", "master record", "dossier", "key", "dose")
    assert said.code in ((1, 2, 64) if answers else (64,)), said
    assert said.code != 0 and (said.err.strip() or said.out.strip()) or (reader, what) == ("dose", "/dev/null")
    assert "MFG_TRACEBACK" not in said.err, "an error of ours, not a refusal"
    assert set(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_to_is_refused(mfg: Run, root: Path) -> None:
    said = mfg("labels", "render", "dose_bag", "--facts", root / "labels/examples/dose_bag.json", "--to",
               "no/such/folder.pdf")
    assert said.code == 64 and "no/such" in one_sentence(said)


def test_a_demonstration_on_a_file_is_refused(mfg: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = mfg("demo", "--at", "file")
    assert said.code == 64
    one_sentence(said)


# --- protocol check --------------------------------------------------------------------------------------


def test_the_protocols_of_the_program_are_accepted(mfg: Run, root: Path) -> None:
    files = sorted((root / "mfg/trial/protocols").glob("*.yaml"))
    assert len(files) == 3
    for file in files:
        said = mfg("protocol", "check", "--json", file)
        assert said.code == 0 and said.json()["accepted"] is True
        assert said.json()["id"].lower() == file.stem
        plain = mfg("protocol", "check", file)
        assert plain.code == 0 and "accepted: True" in plain.out


def test_the_shared_protocols_are_accepted(mfg: Run, shared: Path) -> None:
    files = sorted((shared / "inputs/protocols").glob("*.yaml"))
    assert len(files) == 3
    for file in files:
        said = mfg("protocol", "check", "--json", file)
        assert said.code == 0, said.out
        assert said.json()["id"].lower() == file.name.partition("_")[0]


@pytest.mark.parametrize("text", [
    "", "null", "[]", "7", "id: NCT1", "{", "a: &a [*a]", "id: !!python/object/apply:os.system [ls]", "\x00",
    "a: b: c", "- " * 2000, "[" * 3000, "id: NCT06835140\nid: NCT06835141",
], ids=range(13))
def test_a_broken_protocol_is_a_no_with_reasons(mfg: Run, text: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    said = mfg("protocol", "check", "p.yaml", "--json")
    assert said.code == 1
    assert said.json()["accepted"] is False and said.json()["why"]


def test_a_protocol_with_one_wrong_value_is_told_where(mfg: Run, root: Path, tmp_path: Path) -> None:
    text = (root / "mfg/trial/protocols/nct06835140.yaml").read_text()
    (tmp_path / "p.yaml").write_text(text + "\nsomething_new: 3\n")
    said = mfg("protocol", "check", "p.yaml")
    assert said.code == 1 and "something_new" in said.out


# --- master records ----------------------------------------------------------------------------------------


def test_the_master_record_of_the_program_is_accepted(mfg: Run, root: Path) -> None:
    file = root / "mfg/recipes/examples/nk_cd123_cd16.yaml"
    said = mfg("master-record", "check", "--json", file)
    assert said.code == 0 and said.json()["key"] == "NK-CD123-CD16" and said.json()["steps"] > 10
    plain = mfg("master-record", "check", file)
    assert plain.code == 0 and "accepted: True" in plain.out


def test_a_master_record_with_faults_is_a_no_with_every_line(mfg: Run, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("key: A\ntitle: T\nphases:\n- {id: a, title: A, steps: [], colour: red}\n- 7\n")
    said = mfg("master-record", "check", "m.yaml", "--json")
    assert said.code == 1 and said.json()["accepted"] is False
    assert [one.partition(":")[0] for one in said.json()["why"]] == ["Line 4", "Line 4", "Line 5"]
    plain = mfg("master-record", "check", "m.yaml")
    assert plain.code == 1 and "Line 4: phase “a”: colour" in plain.out


def test_the_schema_of_master_records_is_printed(mfg: Run) -> None:
    said = mfg("master-record", "schema")
    assert said.code == 0 and said.json()["$id"] == "/api/v1/schemas/master-record.json"
    assert mfg("master-record", "schema", "--json").json() == said.json()


# --- codes -----------------------------------------------------------------------------------------------


def test_a_donation_number_is_parsed_to_the_letter(mfg: Run) -> None:
    said = mfg("codes", "parse", "=A99991712345600")
    assert said.code == 0
    assert said.json() == {"accepted": True, "structures": [{"number": "001", "content": "A99991712345600"}]}


def test_a_compound_message_lists_itself_first_then_its_parts(mfg: Run) -> None:
    said = mfg("codes", "parse", "=+02000=A99991712345600=<E0382V00")
    assert said.code == 0
    assert [one["number"] for one in said.json()["structures"]] == ["023", "001", "003"]


def test_a_trade_item_number_names_its_system(mfg: Run) -> None:
    said = mfg("codes", "parse", "(01)09501101530003(10)AB-1")
    assert said.code == 0
    assert {one["system"] for one in said.json()["structures"]} == {"gs1"}


@pytest.mark.parametrize("text", ["", " ", "garbage", "=A9999", "=A999917123456", "=ä", "(01)123", "\x1d", "=" * 5000])
def test_what_is_no_code_is_a_no_with_a_reason(mfg: Run, text: str) -> None:
    said = mfg("codes", "parse", text)
    assert said.code == 1
    assert set(said.json()) == {"accepted", "why"} and said.json()["accepted"] is False and said.json()["why"]


def test_a_donation_number_gets_its_check_character_and_is_judged_with_it(mfg: Run) -> None:
    # ISO 7064 MOD 37-2 by hand: each value of A 9 9 9 9 2 6 1 2 3 4 5 6 is added, then doubled, modulo 37
    value = 0
    for char in "A999926123456":
        value = (value + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*".index(char)) * 2 % 37
    check = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"[(38 - value) % 37]
    said = mfg("codes", "check", "A999926123456")
    assert (said.code, said.json()) == (0, {"din": "A999926123456", "check": check})
    said = mfg("codes", "check", "A999926123456" + check)
    assert (said.code, said.json()) == (0, {"valid": True})
    said = mfg("codes", "check", "A999926123465" + check)
    assert (said.code, said.json()) == (1, {"valid": False})


@pytest.mark.parametrize("command", ["parse", "check"])
def test_codes_on_standard_input_get_a_line_each(mfg: Run, command: str) -> None:
    good = "=A99991712345600" if command == "parse" else "A999917123456"
    said = mfg("codes", command, "-", stdin=f"{good}\r\nnonsense\n".encode() + b"\xff\xfe\n" + good.encode())
    assert said.code == 1 and len(said.lines()) == 4
    told = ["accepted" in one and not one["accepted"] for one in said.lines()]
    assert told == [False, True, True, False]
    assert mfg("codes", command, "-", stdin=f"{good}\n{good}\n".encode()).code == 0
    assert mfg("codes", command, "-").code == 64


# --- labels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["dose_bag", "collection_bag", "sample_tube"])
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_label_is_drawn_as_pdf_and_as_zpl(mfg: Run, root: Path, tmp_path: Path, layout: str, dpi: int) -> None:
    for layout_named in (layout, str(root / f"labels/{layout}.yaml")):
        for end, begins in (("pdf", b"%PDF-"), ("zpl", b"^XA")):
            said = mfg("labels", "render", layout_named, "--facts", root / f"labels/examples/{layout}.json", "--to",
                       f"out.{end}", "--dpi", dpi, "--json")
            drawn = (tmp_path / f"out.{end}").read_bytes()
            assert said.code == 0 and said.json() == {"file": f"out.{end}", "bytes": len(drawn)}
            assert drawn.lstrip().startswith(begins)


@pytest.mark.parametrize("facts", ["", "[]", "null", "{}", '{"din": 7}', "[" * 100_000, '{"din": "=A99912612345600"}'],
                         ids=range(7))
def test_facts_that_do_not_fill_the_label_are_refused_and_nothing_is_written(mfg: Run, facts: str,
                                                                             tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(facts)
    said = mfg("labels", "render", "dose_bag", "--facts", "facts.json", "--to", "out.pdf")
    assert said.code == 64
    assert "MFG_TRACEBACK" not in one_sentence(said)
    assert not (tmp_path / "out.pdf").exists()


def test_a_label_to_something_else_than_pdf_or_zpl_is_refused(mfg: Run, root: Path, tmp_path: Path) -> None:
    said = mfg("labels", "render", "dose_bag", "--facts", root / "labels/examples/dose_bag.json", "--to", "out.doc")
    assert said.code == 64 and ".pdf" in one_sentence(said)
    assert list(tmp_path.iterdir()) == []


# --- an installation in an empty folder ------------------------------------------------------------------


@pytest.fixture
def installed(mfg: Run, tmp_path: Path) -> Path:
    said = mfg("init", *ADMINISTRATORS, "--json", stdin=f"{FIRST}\n{SECOND}\n".encode())
    assert said.code == 0, said.err
    assert said.json()["person"] == "P-0001" and said.json()["key"]
    return tmp_path


def test_an_installation_begins_with_its_administrators_and_verifies(mfg: Run, installed: Path) -> None:
    assert {"mfg.db", "checkpoint.key", "checkpoint.pub"} <= {file.name for file in installed.iterdir()}
    assert (installed / "checkpoint.key").stat().st_mode & 0o077 == 0
    listed = mfg("user", "list", "--json")
    assert listed.code == 0
    assert [(one["user_id"], one["roles"]) for one in listed.json()["people"]] == [
        ("admin.1", ["administrator"]), ("admin.2", ["administrator"])]
    assert "admin.2" in mfg("user", "list").out
    said = mfg("verify", "--json")
    assert said.code == 0 and said.json()["ok"] is True and said.json()["problems"] == []


def test_passwords_are_neither_told_nor_kept(mfg: Run, installed: Path) -> None:
    kept = b"".join(file.read_bytes() for file in installed.glob("mfg.db*"))
    assert FIRST.encode() not in kept and SECOND.encode() not in kept


def test_an_installation_is_made_once(mfg: Run, installed: Path) -> None:
    said = mfg("init", *ADMINISTRATORS, stdin=f"{FIRST}\n{SECOND}\n".encode())
    assert said.code in (1, 64) and "already" in one_sentence(said)
    assert len(mfg("user", "list", "--json").json()["people"]) == 2


def test_a_weak_password_opens_nothing(mfg: Run, tmp_path: Path) -> None:
    for stdin in (b"", b"short\nshort\n", f"{FIRST}\n".encode()):
        said = mfg("init", *ADMINISTRATORS, stdin=stdin)
        assert said.code == 64
        one_sentence(said)
    assert mfg("user", "list", "--json").json()["people"] == []


def add(mfg: Run, *, by: str = "admin.1", password: str = FIRST, role: str = "operator", user: str = "op.1") -> Said:
    return mfg("user", "add", user, "--name", "Operator 1", "--role", role, "--verified", "badge shown", "--by", by,
               "--json", stdin=f"{password}\n{NEW}\n".encode())


def test_an_account_is_opened_by_an_administrator_who_proves_it(mfg: Run, installed: Path) -> None:
    said = add(mfg)
    assert said.code == 0 and said.json()["person"] == "P-0003"
    assert mfg("user", "list", "--json").json()["people"][2]["roles"] == ["operator"]
    assert mfg("verify").code == 0


@pytest.mark.parametrize("wrong", [{"password": "not the password"}, {"by": "nobody.9"}, {"role": "king"},
                                   {"user": "admin.1"}, {"by": ""}], ids=str)
def test_an_account_is_not_opened_otherwise(mfg: Run, installed: Path, wrong: dict[str, str]) -> None:
    said = add(mfg, **wrong)
    assert said.code in (1, 64), said
    assert "MFG_TRACEBACK" not in one_sentence(said)
    assert len(mfg("user", "list", "--json").json()["people"]) == 2


def test_migrating_tells_the_revision_and_can_be_done_again(mfg: Run, tmp_path: Path) -> None:
    first, second = mfg("migrate", "--json"), mfg("migrate", "--json")
    assert first.code == second.code == 0 and first.json() == second.json() and first.json()["revision"]


@pytest.mark.parametrize("arguments", [("verify",), ("user", "list"), ("dossier", "NK-26-001", "--to", "x.zip"),
                                       ("verify", "--database", "sqlite:///gone.db")], ids=" ".join)
def test_where_nothing_is_installed_nothing_is_made(mfg: Run, arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = mfg(*arguments)
    assert said.code == 64 and "no database file" in one_sentence(said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:///garbage", "sqlite:///empty.db", "http://x",
                                 "postgresql+psycopg://nobody@127.0.0.1:9/none"])
def test_an_address_that_is_no_database_of_ours_is_refused(mfg: Run, url: str, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(GARBAGE)
    (tmp_path / "empty.db").touch()
    said = mfg("verify", "--database", url)
    assert said.code == 64 and "database" in one_sentence(said)


def test_a_dossier_of_a_batch_that_is_not_there_is_a_no(mfg: Run, installed: Path) -> None:
    said = mfg("dossier", "NK-26-001", "--to", "x.zip")
    assert said.code in (1, 64) and "NK-26-001" in one_sentence(said)
    assert not (installed / "x.zip").exists()
