"""What each command does: ask the program, print the answer, say yes, no or unknown by the exit code.

Imports happen inside, so that `mfg --help` answers at once. How commands are spelled is `cli.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

YES, NO, UNKNOWN, UNUSABLE = 0, 1, 2, 64
LINE_LIMIT = 1_000_000


def say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _print(options: argparse.Namespace, answer: dict[str, Any], lines: Iterable[str]) -> None:
    """JSON for programs, lines for people."""
    print(json.dumps(answer, ensure_ascii=False) if options.json else "\n".join(lines))


def demo(options: argparse.Namespace) -> int:
    from mfg.demo import play

    if not options.json:
        return play(Path(options.at), say=print)
    told: list[str] = []
    code = play(Path(options.at), say=told.append)
    print(json.dumps({"ok": code == YES, "folder": options.at, "told": told}, ensure_ascii=False))
    return code


def serve(options: argparse.Namespace) -> int:
    import waitress

    from mfg.app import create_app, watched
    from mfg.settings import from_environment

    env = dict(os.environ)
    if options.at:
        env["MFG_HOME"] = options.at
    if options.host in ("127.0.0.1", "localhost", "::1"):
        env.setdefault("MFG_INSECURE_COOKIE", "yes")  # a browser keeps no Secure cookie of plain http
    app = watched(create_app(from_environment(env)))
    print(f"Serving at http://{options.host}:{options.port} (stop with Ctrl+C)", flush=True)
    waitress.serve(app, host=options.host, port=options.port, threads=8, ident="mfg")
    return YES


def print_worker(options: argparse.Namespace) -> int:
    from threading import Event

    from mfg.app import seal_name
    from mfg.checkpoints import Sealer
    from mfg.labelling.sending import no_longer_wanted
    from mfg.printing import worker
    from mfg.settings import from_environment

    settings = from_environment(dict(os.environ) | ({"MFG_HOME": options.at} if options.at else {}))
    engine = _engine(settings.database_url)
    sealer = Sealer.at(settings.key_file, settings.checkpoint_folder, seal_name(settings))
    how = worker.How(unwanted=no_longer_wanted, info={"sealer": sealer, "fin": settings.facility_fin})
    if not options.once:
        print("Looking after the outbox of the printers (stop with Ctrl+C)", flush=True)
        worker.watch(engine, Event(), how=how)
        return YES
    told = worker.told(engine, worker.work(engine, how))
    _print(options, {"jobs": told}, [f"{one['job']}: {one['state']}. {one['told']}" for one in told]
           or ["Nothing waits for a printer."])
    return YES if all(one["state"] == "sent" for one in told) else NO


def stand_in_printer(options: argparse.Namespace) -> int:
    from threading import Event

    from mfg.printing.stand_in import KINDS

    count = iter(range(1, 10**6))

    def kept(content: bytes) -> None:
        target = Path(options.to) / f"printed-{next(count):06d}.{'pdf' if options.kind == 'ipp' else 'zpl'}"
        target.write_bytes(content)
        print(f"Printed {len(content)} bytes: {target}", flush=True)

    Path(options.to).mkdir(parents=True, exist_ok=True)
    with KINDS[options.kind](port=options.port, kept=kept, troubles=tuple(options.trouble)) as printer:
        print(f"A stand-in printer ({options.kind}) listens at 127.0.0.1, port {printer.port} (stop with Ctrl+C)",
              flush=True)
        Event().wait()
    return YES


def init(options: argparse.Namespace) -> int:
    from mfg.app import seal_name
    from mfg.checkpoints import Sealer
    from mfg.db import desk, open_engine
    from mfg.people.acts import Newcomer, install
    from mfg.schema import migrate
    from mfg.settings import from_environment

    settings = from_environment()
    first, second = (Newcomer(user_id, name, "at installation", _secret(f"Password of {user_id}: "), "administrator")
                     for user_id, name in ((options.user_id, options.name),
                                           (options.second_user_id, options.second_name)))
    migrate(settings.owner_url)
    sealer = Sealer.at(settings.key_file, settings.checkpoint_folder, seal_name(settings))
    with desk(open_engine(settings.database_url), sealer=sealer) as session:
        code = install(session, first=first, second=second)
    _print(options, {"person": code, "key": sealer.verifier},
           ["Two administrators opened: each confirms the accounts the other opens.",
            f"Public key of the checkpoints: {sealer.verifier}",
            "Keep the key and the checkpoints folder on another machine as well."])
    return YES


def migrate(options: argparse.Namespace) -> int:
    from mfg.schema import head, migrate
    from mfg.settings import from_environment

    migrate(from_environment().owner_url)
    _print(options, {"revision": head()}, [f"The database is at revision {head()}; every guard is in place."])
    return YES


def _secret(prompt: str) -> str:
    import getpass

    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def user_list(options: argparse.Namespace) -> int:
    from mfg.db import look
    from mfg.people.api import people
    from mfg.settings import from_environment

    with look(_engine(from_environment().database_url)) as session:
        found = people(session)
    from mfg.canonical import plain_data

    _print(options, {"people": plain_data(found)},
           [f"{one['code']}  {one['user_id']:<24} {one['printed_name']:<28} {', '.join(one['roles'])}"
            for one in found])
    return YES


def user_add(options: argparse.Namespace) -> int:
    from mfg.db import desk
    from mfg.facts import Refused
    from mfg.identity import prove
    from mfg.ledger import Who, now
    from mfg.people.acts import open_account
    from mfg.settings import from_environment

    engine = _engine(from_environment().database_url)
    proof = prove(engine, options.by, _secret(f"Password of {options.by}: "), now(), signing=False)
    if proof.person is None or proof.wrong_password:
        raise Refused(proof.why, kind="not signed")
    with desk(engine) as session:
        code = open_account(session, Who(proof.person, workstation="command line"), user_id=options.user_id,
                            printed_name=options.name, identity_verified=options.verified, role=options.role,
                            password=_secret(f"First password of {options.user_id}: "))
    _print(options, {"person": code}, [f"Account {code} opened; its owner changes the password before signing."])
    return YES


def verify(options: argparse.Namespace) -> int:
    if options.dossier:
        from mfg.dossier import verify_dossier

        key = Path(options.key).read_text().strip() if options.key else None
        found = verify_dossier(Path(options.dossier), key=key)
    else:
        found = _verify_database(options)
    words = [f"{found['entries']} entries checked."]
    words += [f"PROBLEM: {problem}" for problem in found["problems"]]
    words += [f"Note: {warning}" for warning in found["warnings"]]
    words += ["The records are what the trail says." if found["ok"] else "The records are NOT what the trail says."]
    _print(options, found, words)
    return YES if found["ok"] else NO


def _verify_database(options: argparse.Namespace) -> dict[str, Any]:
    from mfg.settings import from_environment
    from mfg.tables import METADATA
    from mfg.verify import verify

    settings = from_environment()
    url = options.database or settings.database_url
    engine, home = _engine(url), settings.home
    if url.startswith("sqlite:///") and options.database:
        home = Path(url.removeprefix("sqlite:///")).parent
    key = Path(options.key) if options.key else home / "checkpoint.pub"
    notes = Path(options.checkpoints) if options.checkpoints else home / "checkpoints"
    return verify(engine, METADATA, verifier=key.read_text().strip() if key.exists() else "",
                  notes=notes).as_dict()


def _engine(url: str) -> Engine:
    """The engine of a database that is there; asking a question never makes an empty one."""
    from mfg.db import open_engine
    from mfg.facts import Refused

    if not url.startswith(("sqlite:///", "postgresql")):
        raise Refused(f"“{url[:80]}” is no database address known here; one that begins with sqlite:/// or "
                      "postgresql+psycopg:// was expected.", kind="input")
    file = url.removeprefix("sqlite:///").partition("?")[0]
    if url.startswith("sqlite:///") and not Path(file).is_file():
        raise Refused(f"There is no database file {file}. Make one with `mfg init`, or give --database or MFG_HOME "
                      "where it is.", kind="input")
    return open_engine(url)


def dossier(options: argparse.Namespace) -> int:
    from mfg.dossier import export
    from mfg.ledger import now
    from mfg.settings import from_environment

    settings = from_environment()
    engine = _engine(settings.database_url)
    public = settings.key_file.with_suffix(".pub").read_text().strip()
    data = export(engine, options.batch, sealer_public=public, at=now())
    Path(options.to).write_bytes(data)
    _print(options, {"file": options.to, "bytes": len(data)}, [f"Wrote {options.to}, {len(data)} bytes."])
    return YES


def protocol_check(options: argparse.Namespace) -> int:
    from mfg.trial.protocol_file import protocol_check_answer

    answer = protocol_check_answer(_text(options.file))
    _print(options, answer, _told_lines(answer))
    return YES if answer["accepted"] else NO


def master_record_check(options: argparse.Namespace) -> int:
    from mfg.recipes.reading import check_answer

    answer = check_answer(_text(options.file))
    _print(options, answer, _told_lines(answer))
    return YES if answer["accepted"] else NO


def master_record_schema(options: argparse.Namespace) -> int:
    from mfg.recipes.published import master_record_schema

    print(json.dumps(master_record_schema(), ensure_ascii=False, indent=None if options.json else 2))
    return YES


def _text(name: str) -> str:
    """A whole file as text; refused by name when it is none."""
    from mfg.facts import Refused

    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused(f"{name} is not UTF-8 text: byte {broken.start} cannot be read. Give a text file.",
                      kind="input") from broken


def _told_lines(answer: dict[str, Any]) -> Iterator[str]:
    for name, value in answer.items():
        if isinstance(value, list):
            yield f"{name}:"
            yield from (f"  - {_one_line(item)}" for item in value)
        else:
            yield f"{name}: {value}"


def _one_line(item: Any) -> str:
    return ", ".join(f"{key}: {value}" for key, value in item.items()) if isinstance(item, dict) else str(item)


def codes_parse(options: argparse.Namespace) -> int:
    from mfg.codes.scan import parse_answer

    return _answers(options.text, parse_answer, lambda answer: bool(answer["accepted"]))


def codes_check(options: argparse.Namespace) -> int:
    from mfg.codes.scan import check_answer

    return _answers(options.text, check_answer, lambda answer: bool(answer.get("valid", "check" in answer)))


def _answers(text: str, ask: Callable[[str], dict[str, Any]], good: Callable[[dict[str, Any]], bool]) -> int:
    """One answer, or one a line of standard input as it comes; yes only when every one is."""
    code = None
    for line in _lines("-") if text == "-" else [text]:
        answer = ask(line)
        print(json.dumps(answer, ensure_ascii=False))
        code = NO if code == NO or not good(answer) else YES
    if code is None:
        return say("Nothing came on standard input; one code a line was expected.", UNUSABLE)
    return code


def _lines(name: str) -> Iterator[str]:
    """Lines of a file or of standard input, as text; what is not UTF-8 is kept visible, not fatal."""
    stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")
    with stream:
        for raw in stream:
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            if line.strip():
                yield line[:LINE_LIMIT]


def labels_render(options: argparse.Namespace) -> int:
    from mfg.facts import Refused
    from mfg.paper.labels import load_layout, render_pdf, render_zpl

    try:
        facts = json.loads(_text(options.facts))
    except (ValueError, RecursionError) as broken:
        raise Refused(f"{options.facts} is not JSON: {broken}.", kind="input") from broken
    layout, target = load_layout(options.layout), Path(options.to)
    render = {".pdf": render_pdf, ".zpl": render_zpl}.get(target.suffix.lower())
    if render is None:
        raise Refused(f"“{target.name}” ends in neither .pdf nor .zpl. Say which is wanted.", kind="input")
    drawn = render(layout, facts, dpi=options.dpi)
    target.write_bytes(drawn)
    _print(options, {"file": str(target), "bytes": len(drawn)}, [f"Wrote {target}, {len(drawn)} bytes."])
    return YES


def dose_check(options: argparse.Namespace) -> int:
    from mfg.trial.dose_check import check_stream

    return check_stream(options.file)


def qc_import(options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from mfg.facts import Verdict
    from mfg.instruments.bounded import read_bounded
    from mfg.instruments.case import Told
    from mfg.instruments.preview import preview, preview_lines
    from mfg.instruments.when import zone_of

    known = frozenset(options.known_operator) if options.known_operator else None
    told = Told(datetime.now(UTC), zone_of(options.zone) if options.zone else None, operators=known)
    path = Path(options.file)
    gates = (Path(options.gates).name, _beginning(Path(options.gates))) if options.gates else None
    answer = preview(read_bounded(path.name, _beginning(path), options.kind, gates=gates), told)
    _print(options, answer, preview_lines(answer))
    return {Verdict.PASS: YES, Verdict.FAIL: NO}.get(Verdict(answer["verdict"]), UNKNOWN)


def _beginning(path: Path) -> bytes:
    """The bytes of a file, and of one that is too large just enough to see that it is."""
    from mfg.instruments.readers import largest

    with path.open("rb") as file:
        most = largest(file.read(6))
        file.seek(0)
        return file.read(most + 1)
