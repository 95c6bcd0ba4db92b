"""The command line: a contract. Answers on standard output, exit 0 yes, 1 no, 2 cannot determine, 64 unusable.

How commands are spelled and how they end; what they do is `commands.py`. It decides nothing itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mfg import commands as do
from mfg.commands import NO, UNKNOWN, UNUSABLE


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
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever listened has gone; what was not heard is not a yes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNKNOWN
    except KeyboardInterrupt:
        return do.say("Stopped; what was not finished was not saved.", 130)
    except Exception as broken:
        return _told(broken)


def _told(broken: Exception) -> int:
    from mfg.facts import Refused

    if isinstance(broken, Refused):
        return do.say(broken.why, UNUSABLE if broken.kind == "input" else NO)
    if isinstance(broken, (OSError, UnicodeError)):
        return do.say(f"This cannot be read or written: {broken}", UNUSABLE)
    if type(broken).__module__.startswith("sqlalchemy"):
        return do.say(f"The database cannot be used: {_first_line(getattr(broken, 'orig', None) or broken)}. Give the "
                    "address of a database that `mfg init` or `mfg migrate` has made.", UNUSABLE)
    if os.environ.get("MFG_TRACEBACK"):
        raise broken
    return do.say(f"The command failed ({type(broken).__name__}): {_first_line(broken)} "
                "Set MFG_TRACEBACK=1 to see where.", UNUSABLE)


def _first_line(broken: object) -> str:
    return (str(broken).splitlines() or [""])[0]


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
    demo = _add(commands, "demo", do.demo, "play one donor and one recipient through to the release of a dose")
    demo.add_argument("--at", default="demo", metavar="DIR", help="folder to play in (default: demo)")
    serve = _add(commands, "serve", do.serve, "serve the application")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080)
    serve.add_argument("--at", metavar="DIR", help="serve the installation in this folder, for instance demo")
    outbox = _add(commands, "print-worker", do.print_worker, "send what waits for printers; `mfg serve` does it too")
    outbox.add_argument("--once", action="store_true", help="send what is due now and end")
    outbox.add_argument("--at", metavar="DIR", help="the installation in this folder, for instance demo")
    stand_in = _add(commands, "stand-in-printer", do.stand_in_printer,
                    "a printer that is none, on this computer, for demonstrations")
    stand_in.add_argument("--port", type=int, default=9100)
    stand_in.add_argument("--kind", choices=("raw", "ipp"), default="raw")
    stand_in.add_argument("--to", metavar="DIR", default="printed", help="folder for what it is sent")
    stand_in.add_argument("--trouble", action="append", default=[], metavar="WHAT",
                          help="what it says is wrong: paper, head, ribbon, pause, or a reason such as media-empty")
    init = _add(commands, "init", do.init, "make the database, the sealing key and two administrators")
    for one in ("--user-id", "--name", "--second-user-id", "--second-name"):
        init.add_argument(one, required=True)
    _add(commands, "migrate", do.migrate, "bring the database to the newest schema")
    user = commands.add_parser("user", help="accounts", description="Accounts. An administrator types the password.")
    kinds = user.add_subparsers(dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(kinds, "list", do.user_list, "all accounts with their roles")
    add = _add(kinds, "add", do.user_add, "open an account; passwords come from standard input, a line each")
    add.add_argument("user_id")
    for one in ("--name", "--role", "--verified", "--by"):
        add.add_argument(one, required=True)


def _evidence(commands: Any) -> None:
    verify = _add(commands, "verify", do.verify, "check the ledger and replay it against the live rows")
    verify.add_argument("dossier", nargs="?", metavar="DOSSIER.zip", help="check an exported dossier instead")
    verify.add_argument("--database", metavar="URL")
    verify.add_argument("--key", metavar="FILE", help="public key of the checkpoints")
    verify.add_argument("--checkpoints", metavar="DIR", help="checkpoints kept outside the database")
    dossier = _add(commands, "dossier", do.dossier, "write all evidence of one batch into one file")
    dossier.add_argument("batch")
    dossier.add_argument("--to", required=True, metavar="FILE")


def _checks(commands: Any) -> None:
    protocol = commands.add_parser("protocol", help="trial protocol files").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(protocol, "check", do.protocol_check, "is this a usable trial protocol?").add_argument("file", metavar="FILE")
    master = commands.add_parser("master-record", help="master record files").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(master, "check", do.master_record_check, "is this a usable master record? Every fault with its line"
         ).add_argument("file", metavar="FILE")
    _add(master, "schema", do.master_record_schema, "the published schema of the file, as JSON")
    codes = commands.add_parser("codes", help="barcodes and check characters").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(codes, "parse", do.codes_parse, "what does this code say?").add_argument("text", metavar="TEXT|-")
    _add(codes, "check", do.codes_check, "check character of a DIN, or is it right?").add_argument(
        "text", metavar="DIN|-")
    labels = commands.add_parser("labels", help="labels").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    render = _add(labels, "render", do.labels_render, "draw a label from a layout and facts")
    render.add_argument("layout", metavar="LAYOUT")
    render.add_argument("--facts", required=True, metavar="FILE")
    render.add_argument("--to", required=True, metavar="OUT.pdf|OUT.zpl")
    render.add_argument("--dpi", type=int, default=300, choices=(203, 300, 600))
    dose = commands.add_parser("dose", help="dose arithmetic").add_subparsers(
        dest="kind", required=True, metavar="WHAT", parser_class=_Parser)
    _add(dose, "check", do.dose_check, "judge doses, one JSON case a line").add_argument("file", metavar="FILE|-")
    _laboratory(commands)


def _laboratory(commands: Any) -> None:
    qc = commands.add_parser("qc", help="files of instruments").add_subparsers(
        dest="step", required=True, metavar="WHAT", parser_class=_Parser)
    read = _add(qc, "import", do.qc_import, "what would be recorded of this file of an instrument; records nothing")
    read.add_argument("file", metavar="FILE")
    read.add_argument("--kind", default="", help="the kind of file, where its content does not tell")
    read.add_argument("--gates", default="", metavar="GATES", help="the gates of a file of events, in Gating-ML 2.0")
    read.add_argument("--zone", default="", help="the zone the instrument was set to, such as Europe/Berlin or +01:00")
    read.add_argument("--known-operator", action="append", metavar="NAME",
                      help="somebody who may measure, as instruments call them; may be given several times")


if __name__ == "__main__":
    sys.exit(main())
