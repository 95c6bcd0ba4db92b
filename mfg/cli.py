"""The command line: a contract. Answers on standard output, exit 0 yes, 1 no, 2 cannot determine, 64 unusable.

Imports happen inside the commands, so that `mfg --help` answers at once. It decides nothing itself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

YES, NO, UNKNOWN, UNUSABLE = 0, 1, 2, 64
LINE_LIMIT = 1_000_000


class _Parser(argparse.ArgumentParser):
    """Bad usage is exit 64, with a sentence and the usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Whatever goes wrong is told in a sentence, never as a traceback."""
    _plain_streams()
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return YES
    except KeyboardInterrupt:
        return _say("Stopped; what was not finished was not saved.", 130)
    except Exception as broken:
        return _told(broken)


def _told(broken: Exception) -> int:
    from mfg.facts import Refused

    if isinstance(broken, Refused):
        return _say(broken.why, UNUSABLE if broken.kind == "input" else NO)
    if isinstance(broken, (OSError, UnicodeError)):
        return _say(f"This cannot be read or written: {broken}", UNUSABLE)
    if os.environ.get("MFG_TRACEBACK"):
        raise broken
    return _say(f"The command failed ({type(broken).__name__}): {str(broken).splitlines()[0] if str(broken) else ''} "
                "Set MFG_TRACEBACK=1 to see where.", UNUSABLE)


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _plain_streams() -> None:
    """Any text can be written; what a terminal cannot show is escaped instead of stopping the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="mfg", description="Batch record, QC and dose release for donor NK cells.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _installation(commands)
    _evidence(commands)
    _checks(commands)
    return parser


def _version() -> str:
    from mfg import __version__

    return f"mfg {__version__}"


def _add(commands: Any, name: str, run: Callable[[argparse.Namespace], int], words: str) -> Any:
    made = commands.add_parser(name, help=words, description=words)
    made.add_argument("--json", action="store_true", help="print JSON")
    made.set_defaults(run=run)
    return made


def _installation(commands: Any) -> None:
    demo = _add(commands, "demo", _demo, "play one donor and one recipient through to the release of a dose")
    demo.add_argument("--at", default="demo", metavar="DIR", help="folder to play in (default: demo)")
    serve = _add(commands, "serve", _serve, "serve the application")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080)
    serve.add_argument("--at", metavar="DIR", help="serve the installation in this folder, for instance demo")
    init = _add(commands, "init", _init, "make the database, the sealing key and the first administrator")
    for one in ("--user-id", "--name"):
        init.add_argument(one, required=True)
    _add(commands, "migrate", _migrate, "bring the database to the newest schema")
    user = commands.add_parser("user", help="accounts", description="Accounts. An administrator types the password.")
    kinds = user.add_subparsers(dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(kinds, "list", _user_list, "all accounts with their roles")
    add = _add(kinds, "add", _user_add, "open an account; passwords come from standard input, a line each")
    add.add_argument("user_id")
    for one in ("--name", "--role", "--verified", "--by"):
        add.add_argument(one, required=True)


def _evidence(commands: Any) -> None:
    verify = _add(commands, "verify", _verify, "check the ledger and replay it against the live rows")
    verify.add_argument("dossier", nargs="?", metavar="DOSSIER.zip", help="check an exported dossier instead")
    verify.add_argument("--database", metavar="URL")
    verify.add_argument("--key", metavar="FILE", help="public key of the checkpoints")
    verify.add_argument("--checkpoints", metavar="DIR", help="checkpoints kept outside the database")
    dossier = _add(commands, "dossier", _dossier, "write all evidence of one batch into one file")
    dossier.add_argument("batch")
    dossier.add_argument("--to", required=True, metavar="FILE")


def _checks(commands: Any) -> None:
    protocol = commands.add_parser("protocol", help="trial protocol files").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(protocol, "check", _protocol_check, "is this a usable trial protocol?").add_argument("file", metavar="FILE")
    codes = commands.add_parser("codes", help="barcodes and check characters").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(codes, "parse", _codes_parse, "what does this code say?").add_argument("text", metavar="TEXT|-")
    _add(codes, "check", _codes_check, "check character of a DIN, or is it right?").add_argument(
        "text", metavar="DIN|-")
    labels = commands.add_parser("labels", help="labels").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    render = _add(labels, "render", _labels_render, "draw a label from a layout and facts")
    render.add_argument("layout", metavar="LAYOUT")
    render.add_argument("--facts", required=True, metavar="FILE")
    render.add_argument("--to", required=True, metavar="OUT.pdf|OUT.zpl")
    render.add_argument("--dpi", type=int, default=300, choices=(203, 300, 600))
    dose = commands.add_parser("dose", help="dose arithmetic").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(dose, "check", _dose_check, "judge doses, one JSON case a line").add_argument("file", metavar="FILE|-")


# --- commands ---------------------------------------------------------------------------------------


def _print(options: argparse.Namespace, answer: dict[str, Any], lines: Iterable[str]) -> None:
    """JSON for programs, lines for people."""
    print(json.dumps(answer, ensure_ascii=False) if options.json else "\n".join(lines))


def _demo(options: argparse.Namespace) -> int:
    from mfg.demo import play

    return play(Path(options.at), say=print)


def _serve(options: argparse.Namespace) -> int:
    import waitress

    from mfg.app import create_app
    from mfg.settings import from_environment

    env = dict(os.environ)
    if options.at:
        env["MFG_HOME"] = options.at
    if options.host in ("127.0.0.1", "localhost", "::1"):
        env.setdefault("MFG_INSECURE_COOKIE", "yes")  # a browser keeps no Secure cookie of plain http
    app = create_app(from_environment(env))
    print(f"Serving at http://{options.host}:{options.port} (stop with Ctrl+C)", flush=True)
    waitress.serve(app, host=options.host, port=options.port, threads=8, ident="mfg")
    return YES


def _init(options: argparse.Namespace) -> int:
    from mfg.app import seal_name
    from mfg.checkpoints import Sealer
    from mfg.db import desk, open_engine
    from mfg.people.acts import install
    from mfg.schema import migrate
    from mfg.settings import from_environment

    settings = from_environment()
    password = _secret("Password of the first administrator: ")
    migrate(settings.owner_url)
    sealer = Sealer.at(settings.key_file, settings.checkpoint_folder, seal_name(settings))
    with desk(open_engine(settings.database_url), sealer=sealer) as session:
        code = install(session, user_id=options.user_id, printed_name=options.name, password=password)
    _print(options, {"person": code, "key": sealer.verifier},
           [f"Administrator {code} opened.", f"Public key of the checkpoints: {sealer.verifier}",
            "Keep the key and the checkpoints folder on another machine as well."])
    return YES


def _migrate(options: argparse.Namespace) -> int:
    from mfg.schema import head, migrate
    from mfg.settings import from_environment

    migrate(from_environment().owner_url)
    _print(options, {"revision": head()}, [f"The database is at revision {head()}; every guard is in place."])
    return YES


def _secret(prompt: str) -> str:
    import getpass

    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _user_list(options: argparse.Namespace) -> int:
    from mfg.db import look, open_engine
    from mfg.people.api import people
    from mfg.settings import from_environment

    with look(open_engine(from_environment().database_url)) as session:
        found = people(session)
    from mfg.canonical import plain_data

    _print(options, {"people": plain_data(found)},
           [f"{one['code']}  {one['user_id']:<24} {one['printed_name']:<28} {', '.join(one['roles'])}"
            for one in found])
    return YES


def _user_add(options: argparse.Namespace) -> int:
    from mfg.db import desk, open_engine
    from mfg.facts import Refused
    from mfg.identity import prove
    from mfg.ledger import Who, now
    from mfg.people.acts import open_account
    from mfg.settings import from_environment

    engine = open_engine(from_environment().database_url)
    proof = prove(engine, options.by, _secret(f"Password of {options.by}: "), now(), signing=False)
    if proof.person is None or proof.wrong_password:
        raise Refused(proof.why, kind="not signed")
    with desk(engine) as session:
        code = open_account(session, Who(proof.person, workstation="command line"), user_id=options.user_id,
                            printed_name=options.name, identity_verified=options.verified, role=options.role,
                            password=_secret(f"First password of {options.user_id}: "))
    _print(options, {"person": code}, [f"Account {code} opened; its owner changes the password before signing."])
    return YES


def _verify(options: argparse.Namespace) -> int:
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
    from mfg.db import open_engine
    from mfg.settings import from_environment
    from mfg.tables import METADATA
    from mfg.verify import verify

    settings = from_environment()
    url = options.database or settings.database_url
    home = settings.home
    if url.startswith("sqlite:///") and options.database:
        file = Path(url.removeprefix("sqlite:///"))
        if not file.exists():
            raise FileNotFoundError(f"there is no database file {file}")
        home = file.parent
    key = Path(options.key) if options.key else home / "checkpoint.pub"
    notes = Path(options.checkpoints) if options.checkpoints else home / "checkpoints"
    return verify(open_engine(url), METADATA, verifier=key.read_text().strip() if key.exists() else "",
                  notes=notes).as_dict()


def _dossier(options: argparse.Namespace) -> int:
    from mfg.db import open_engine
    from mfg.dossier import export
    from mfg.ledger import now
    from mfg.settings import from_environment

    settings = from_environment()
    public = settings.key_file.with_suffix(".pub").read_text().strip()
    data = export(open_engine(settings.database_url), options.batch, sealer_public=public, at=now())
    Path(options.to).write_bytes(data)
    _print(options, {"file": options.to, "bytes": len(data)}, [f"Wrote {options.to}, {len(data)} bytes."])
    return YES


def _protocol_check(options: argparse.Namespace) -> int:
    from mfg.trial.protocol_file import protocol_check_answer

    answer = protocol_check_answer(Path(options.file).read_text(encoding="utf-8"))
    _print(options, answer, _told_lines(answer))
    return YES if answer["accepted"] else NO


def _told_lines(answer: dict[str, Any]) -> Iterator[str]:
    for name, value in answer.items():
        if isinstance(value, list):
            yield f"{name}:"
            yield from (f"  - {_one_line(item)}" for item in value)
        else:
            yield f"{name}: {value}"


def _one_line(item: Any) -> str:
    return ", ".join(f"{key}: {value}" for key, value in item.items()) if isinstance(item, dict) else str(item)


def _codes_parse(options: argparse.Namespace) -> int:
    from mfg.codes.scan import parse_answer

    return _answers(options.text, parse_answer, lambda answer: bool(answer["accepted"]))


def _codes_check(options: argparse.Namespace) -> int:
    from mfg.codes.scan import check_answer

    return _answers(options.text, check_answer, lambda answer: bool(answer.get("valid", "check" in answer)))


def _answers(text: str, ask: Callable[[str], dict[str, Any]], good: Callable[[dict[str, Any]], bool]) -> int:
    """One answer, or one a line of standard input; yes only when every one is."""
    answers = [ask(line) for line in (_lines("-") if text == "-" else [text])]
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False))
    if not answers:
        return _say("Nothing came on standard input; one code a line was expected.", UNUSABLE)
    return YES if all(map(good, answers)) else NO


def _lines(name: str) -> Iterator[str]:
    """Lines of a file or of standard input, as text; what is not UTF-8 is kept visible, not fatal."""
    stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")
    with stream:
        for raw in stream:
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            if line.strip():
                yield line[:LINE_LIMIT]


def _labels_render(options: argparse.Namespace) -> int:
    from mfg.facts import Refused
    from mfg.paper.labels import load_layout, render_pdf, render_zpl

    try:
        facts = json.loads(Path(options.facts).read_text(encoding="utf-8"))
    except ValueError as broken:
        raise Refused(f"{options.facts} is not JSON: {broken}.", kind="input") from broken
    layout, target = load_layout(options.layout), Path(options.to)
    render = {".pdf": render_pdf, ".zpl": render_zpl}.get(target.suffix.lower())
    if render is None:
        raise Refused(f"“{target.name}” ends in neither .pdf nor .zpl. Say which is wanted.", kind="input")
    drawn = render(layout, facts, dpi=options.dpi)
    target.write_bytes(drawn)
    _print(options, {"file": str(target), "bytes": len(drawn)}, [f"Wrote {target}, {len(drawn)} bytes."])
    return YES


def _dose_check(options: argparse.Namespace) -> int:
    from mfg.trial.dose_check import check_stream

    return check_stream(options.file)


if __name__ == "__main__":
    sys.exit(main())
