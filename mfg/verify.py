"""Is the ledger whole, and do the live rows say what it says? Reads only; changes nothing.

Recomputes every leaf and the root, holds them against every checkpoint (those in the database and those
kept outside), and replays the trail: a live row that is not what the trail says is named.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import MetaData, Table, select
from sqlalchemy.engine import Connection, Engine

from mfg.canonical import plain_data
from mfg.checkpoints import Checkpoint, open_note
from mfg.facts import Refused
from mfg.guards import recorded_tables
from mfg.ledger import Signature, trail_value
from mfg.merkle import Frontier, leaf_hashes

LEAVES = "SELECT seq, leaf, leaf_hash, on_code, verb, person, outcome, within, result, at FROM entry ORDER BY seq"
HEAD = "SELECT frontier FROM entry ORDER BY seq DESC LIMIT 1"
#: what stands in columns as well, for questions asked of the ledger: segregation of duties rests on them
COLUMNS = ("on", "verb", "by", "outcome", "within", "result", "at")
State = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Report:
    """What a verification found. `problems` are sentences; none means the records are what the trail says."""

    entries: int = 0
    root: str = ""
    checkpoints: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {"ok": self.ok, "entries": self.entries, "root": self.root, "checkpoints": self.checkpoints,
                "rows": self.rows, "problems": self.problems, "warnings": self.warnings}


def verify(engine: Engine, metadata: MetaData, *, verifier: str = "", notes: Path | None = None) -> Report:
    """Check the whole ledger. `verifier` is the public key, `notes` a folder of checkpoints kept outside."""
    report = Report()
    with engine.connect() as connection:
        roots = _checkpoints(connection, report, verifier, notes)
        state = _chain(connection, report, roots)
        _signatures(connection, report, state)
        _replay(connection, report, metadata, state)
    return report


def told_by_trail(connection: Connection) -> State:
    """What the trail says of every row, by (table, key): column -> value. It judges nothing."""
    return _chain(connection, Report(), {})


def leaves(connection: Connection) -> Iterator[list[Any]]:
    """Every entry as stored, in batches, straight from the driver: the ORM would cost ten times as much."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(LEAVES)
        while rows := cursor.fetchmany(500):
            yield list(rows)
    finally:
        cursor.close()


def _chain(connection: Connection, report: Report, roots: dict[int, list[tuple[str, bytes]]]) -> State:
    """Recompute leaf after leaf; stop only at a gap, so that the first broken entry and all others are named."""
    frontier, state = Frontier(), State()
    for rows in leaves(connection):
        whole = _without_gap(report, frontier.size, rows)
        hashes = leaf_hashes(row[1] for row in whole)
        if hashes != [row[2] for row in whole]:
            _name_broken(report, whole, hashes)
        _grow(report, frontier, hashes, roots)
        for row in whole:
            _play(report, state, row[0], row[1], row[3:])
        if len(whole) < len(rows):
            break
    for size, sealed in roots.items():
        report.problems.append(f"The ledger was cut: {sealed[0][0]} seals {size} entries, "
                               f"only {frontier.size} are there.")
    head = connection.exec_driver_sql(HEAD).scalar()
    fits = isinstance(head, (bytes, memoryview)) and bytes(head) == frontier.packed
    if frontier.size and not fits and not report.problems:
        report.problems.append("The subtrees kept with the newest entry are not those of the log: what is sealed next "
                               "would not fit.")
    report.entries, report.root = frontier.size, frontier.root.hex()
    return state


def _without_gap(report: Report, size: int, rows: list[Any]) -> list[Any]:
    """The rows up to the first missing number."""
    if [row[0] for row in rows] == list(range(size, size + len(rows))):
        return rows
    for at, row in enumerate(rows):
        if row[0] != size + at:
            report.problems.append(f"Entry {size + at} is missing: entry {row[0]} comes after {size + at - 1}.")
            return rows[:at]
    return rows


def _name_broken(report: Report, rows: list[Any], hashes: list[bytes]) -> None:
    for row, hashed in zip(rows, hashes, strict=True):
        if row[2] != hashed:
            report.problems.append(f"Entry {row[0]} ({row[4]} on {row[3]}) is broken: its bytes were changed after "
                                   "they were hashed.")


def _grow(report: Report, frontier: Frontier, hashes: list[bytes],
          roots: dict[int, list[tuple[str, bytes]]]) -> None:
    """Append to the log, stopping at every sealed size to compare the root."""
    start = 0
    for size in sorted(size for size in roots if frontier.size < size <= frontier.size + len(hashes)):
        stop = start + size - frontier.size
        frontier.extend(hashes[start:stop])
        _hold_against_seals(report, frontier, roots.pop(size))
        start = stop
    frontier.extend(hashes[start:])


def _hold_against_seals(report: Report, frontier: Frontier, sealed: list[tuple[str, bytes]]) -> None:
    for origin, root in sealed:
        if frontier.root != root:
            report.problems.append(f"The ledger up to entry {frontier.size - 1} is not what was sealed ({origin}).")


def _play(report: Report, state: State, seq: int, leaf: bytes, columns: tuple[Any, ...]) -> None:
    """Apply the changes of one entry, noting where even the trail contradicts itself."""
    content = _readable(leaf)
    if content is None:
        report.problems.append(f"Entry {seq} is broken: its bytes are not an entry.")
        return
    if tuple(content.get(name) for name in COLUMNS) != (*columns[:-1], _moment(columns[-1])) or content["seq"] != seq:
        report.problems.append(f"Entry {seq} is broken: its columns are not what its leaf says.")
    if content.get("clock_back"):
        report.warnings.append(f"Entry {seq} is earlier than the one before it: the clock was set back.")
    if content["outcome"] == "done" and "meaning" in content:
        state["signature", str(seq)] = content
    for table, key, values in content["changes"]:
        row = state.setdefault((table, key), {})
        for name, (_old, new) in values.items():
            row[name] = new
        row["trail entry"] = seq


def _moment(kept: Any) -> str:
    """A moment as the driver gives it (text on SQLite), written as leaves write it."""
    try:
        moment = datetime.fromisoformat(kept) if isinstance(kept, str) else kept
    except ValueError:
        return str(kept)
    return str(plain_data(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment))


def _readable(leaf: bytes) -> dict[str, Any] | None:
    """The entry, or None when the bytes cannot be one any more."""
    try:
        content = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return None
    needed = {"seq", "on", "verb", "by", "outcome", "changes"}
    return content if isinstance(content, dict) and needed <= content.keys() else None


def _checkpoints(connection: Connection, report: Report, verifier: str,
                 notes: Path | None) -> dict[int, list[tuple[str, bytes]]]:
    """Root by size from every checkpoint whose signature holds."""
    roots: dict[int, list[tuple[str, bytes]]] = {}
    for origin, note in _all_notes(connection, notes):
        report.checkpoints += 1
        try:
            size, root = open_note(note, verifier) if verifier else _unsigned(note)
        except (Refused, ValueError) as broken:
            report.problems.append(f"{origin}: {broken}")
            continue
        roots.setdefault(size, []).append((origin, root))
    if not verifier and report.checkpoints:
        report.warnings.append("No public key was given: the signatures of the checkpoints were not checked.")
    return roots


def _all_notes(connection: Connection, notes: Path | None) -> Iterable[tuple[str, str]]:
    for size, note in connection.execute(select(Checkpoint.size, Checkpoint.note)):
        yield f"checkpoint {size} in the database", note
    for file in sorted(notes.glob("*.txt")) if notes and notes.is_dir() else ():
        yield f"checkpoint file {file.name}", file.read_text(encoding="utf-8", errors="replace")


def _unsigned(note: str) -> tuple[int, bytes]:
    _origin, size, root, *_rest = note.splitlines()
    return int(size), base64.b64decode(root)


#: the columns of a signature, as its entry names them
SIGNED = ("by", "name", "role", "meaning", "on", "content", "why", "factors", "workstation", "zone", "at")


def _signatures(connection: Connection, report: Report, state: State) -> None:
    """Every signature row must be the one its entry tells of, and none may be missing."""
    told = {int(seq): content for (table, seq), content in state.items() if table == "signature"}
    for row in connection.execute(select(Signature.__table__)):
        content = told.pop(row.seq, None)
        says = content and tuple(content.get(name) for name in SIGNED)
        if says != (row.person, row.printed_name, row.role, row.meaning, row.on_code, row.content_hash, row.reason,
                    row.factors, row.workstation, row.zone, _moment(row.at)):
            report.problems.append(f"Signature {row.seq} of {row.printed_name} is not what entry {row.seq} says.")
    for seq in told:
        report.problems.append(f"The signature of entry {seq} is missing.")


def _replay(connection: Connection, report: Report, metadata: MetaData, state: State) -> None:
    """Hold every live row against the trail, column by column."""
    for table in recorded_tables(metadata):
        keys = [column.name for column in table.primary_key.columns]
        for row in connection.execute(select(table)).mappings():
            report.rows += 1
            key = "|".join(str(row[name]) for name in keys)
            report.problems.extend(_row_problems(table, key, row, state.pop((table.name, key), None)))
    names = {table.name for table in recorded_tables(metadata)}
    for (name, key), values in state.items():
        if name in names:
            report.problems.append(f"{name} {key} is missing; entry {values['trail entry']} tells of it.")


def _row_problems(table: Table, key: str, row: Any, told: dict[str, Any] | None) -> Iterator[str]:
    if told is None:
        yield f"{table.name} {key} is not in the trail at all: it was written past the ledger."
        return
    for column in table.columns:
        live, said = trail_value(column, row[column.name]), told.get(column.name)
        if live != said:
            yield (f"{table.name} {key}: {column.name} is “{live}”, the trail says “{said}” "
                   f"(entry {told['trail entry']}).")
