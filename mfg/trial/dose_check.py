"""`mfg dose check`: one JSON case a line in, one answer a line out. The rules are those of release (dose_rules.py).

Exit codes: 0 all PASS, 1 any FAIL, 2 none failed but some cannot be determined, 64 when a line (or the whole
input) is unreadable, whatever the others say: then not everything was judged.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import orjson

from mfg.facts import Finding, Refused, Verdict, judge, shown, verdict_of
from mfg.trial.dose import DoseFacts, Unread, figures
from mfg.trial.dose_case import facts_of, parse, unknown_fields
from mfg.trial.dose_rules import DOSE
from mfg.trial.protocol import Protocol
from mfg.trial.protocol_file import load
from mfg.trial.protocol_yaml import LONGEST
from mfg.trial.shown import digits

#: Rule ids of findings that speak of the case itself.
UNREADABLE, UNKNOWN_FIELD = "INPUT-01", "INPUT-02"
YES, NO, CANNOT, BAD = 0, 1, 2, 64


@cache
def shipped() -> Mapping[str, Protocol]:
    """The protocol files that come with the program, by identifier."""
    folder = files("mfg.trial") / "protocols"
    read = (load(one.read_text("utf-8"), name=one.name) for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {protocol.id: protocol for protocol in read}


class Protocols:
    """Protocols by name (NCT06835140, or NCT06835140/1 with its version) or by path; each file is read once."""

    def __init__(self) -> None:
        self._known: dict[str, Protocol | Unread] = {}

    def __call__(self, name: Any) -> Protocol | Unread | None:
        """The protocol, None where none is named, or the sentence that says why it cannot be used."""
        if name is None or (isinstance(name, str) and not name.strip()):
            return None
        if not isinstance(name, str):
            return Unread(f"The trial protocol is {shown(name)}; its name or path in quotes was expected.")
        if name not in self._known:
            if len(self._known) > 200:
                self._known.clear()
            self._known[name] = _found(name.strip())
        return self._known[name]


def _found(name: str) -> Protocol | Unread:
    try:
        key, _, version = name.partition("/")
        if key in shipped() and version in ("", shipped()[key].version):
            return shipped()[key]
        return _from_file(name)
    except Refused as refused:
        return Unread(refused.why.replace("\n", " "))


def _from_file(name: str) -> Protocol:
    """A protocol file; only a regular file of sensible size is opened, so a pipe or a device holds nobody up."""
    try:
        path = Path(name)
        if path.is_file() and path.stat().st_size <= 4 * LONGEST:
            return load(path.read_text("utf-8-sig"), name=f"The trial protocol {shown(path.name)}")
    except (OSError, ValueError):
        pass
    raise Refused(f"The trial protocol {shown(name)} is neither a protocol of this program "
                  f"({', '.join(sorted(shipped()))}) nor a readable file. Give a name or a path.", kind="input")


def check_case(case: Mapping[str, Any], protocols: Protocols) -> dict[str, Any]:
    """The answer to one case: verdict, figures, and every finding."""
    strangers = [_input(UNKNOWN_FIELD, why) for why in unknown_fields(case)]
    if strangers:
        return _answer(strangers, None)
    facts = facts_of(case, protocols(case.get("protocol")))
    return _answer(judge(DOSE, facts), facts)


def check_line(line: str | bytes, protocols: Protocols) -> dict[str, Any]:
    """The answer to one line of input; never raises."""
    try:
        return check_case(parse(line), protocols)
    except Refused as refused:
        return _answer([_input(UNREADABLE, refused.why)], None)


def _input(rule: str, why: str) -> Finding:
    return Finding(rule, Verdict.CANNOT_DETERMINE, why, title="The case can be read")


def _answer(findings: Iterable[Finding], facts: DoseFacts | None) -> dict[str, Any]:
    found = tuple(findings)
    told = figures(facts) if facts is not None else {}
    return {"verdict": verdict_of(found).value,
            **{key: digits(told.get(key)) for key in ("viable_nk", "per_kg", "fraction_of_target")},
            "findings": [{"rule": one.rule, "verdict": one.verdict.value, "value": one.value, "limit": one.limit,
                          "why": _sayable(one.why)} for one in found]}


def _sayable(why: str) -> str:
    """A sentence that can be written as UTF-8 on one line, whatever was quoted in it."""
    if why.isascii() and why.isprintable():
        return why
    kept = why.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(one if one.isprintable() else "�" for one in kept)


def exit_code(answers: Iterable[Mapping[str, Any]]) -> int:
    """The exit code of a run, from the answers themselves; no answer at all is unreadable input."""
    code: int | None = None
    gc.freeze()  # the program itself is no garbage; looking at it again and again costs a tenth of the time
    gc.set_threshold(100_000)
    for answer in answers:
        code = _worse(code, answer)
    return BAD if code is None else code


def _worse(code: int | None, answer: Mapping[str, Any]) -> int:
    """64 over 1 over 2 over 0."""
    if code == BAD or any(one["rule"] == UNREADABLE for one in answer["findings"]):
        return BAD
    mine = {Verdict.PASS.value: YES, Verdict.FAIL.value: NO}.get(answer["verdict"], CANNOT)
    return NO if NO in (code, mine) else max(code or YES, mine)


def check_lines(lines: Iterable[str | bytes], protocols: Protocols | None = None) -> Iterator[dict[str, Any]]:
    """Answers in the order of the lines; lines of nothing but white space are between cases, not cases."""
    ask = protocols or Protocols()
    return (check_line(line, ask) for line in lines if line.strip())


def check_stream(name: str, out: IO[bytes] | None = None) -> int:
    """Judge a file, or standard input for "-"; writes an answer a line and returns the exit code."""
    sink = out or sys.stdout.buffer
    try:
        if name == "-":
            return _run(sys.stdin.buffer, sink)
        with Path(name).open("rb") as lines:
            return _run(lines, sink)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as broken:
        said = getattr(broken, "strerror", None) or "it cannot be opened"
        print(f"{shown(name)} cannot be read: {said}. Give a file of JSON lines, or - for standard input.",
              file=sys.stderr)
        return BAD


def _run(lines: Iterable[bytes], sink: IO[bytes]) -> int:
    code: int | None = None
    for answer in check_lines(lines):
        sink.write(orjson.dumps(answer) + b"\n")
        code = _worse(code, answer)
    sink.flush()
    return BAD if code is None else code
