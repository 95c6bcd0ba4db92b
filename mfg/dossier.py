"""Evidence out: one batch with everything that proves it, in a ZIP that can be read in 30 years without us.

It exports and checks; it judges nothing, and what the decision over a dose rests on is `release/`. The check
itself is `offline_verifier.py`, which travels in every dossier.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import and_, select
from sqlalchemy.engine import Connection, Engine

from mfg import offline_verifier
from mfg.canonical import plain_data
from mfg.checkpoints import Checkpoint
from mfg.db import look
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.ledger import Entry, Signature, trail_value
from mfg.merkle import Tree
from mfg.places import shipped
from mfg.tables import METADATA
from mfg.verify import leaves

FORMAT = 1

#: (table, column, whose values): rows of the table where the column has one of the values gathered before.
RELATED = (
    ("batch", "code", ""),
    ("step", "batch", "batch.code"),
    ("step_entry", "step", "step.code"),
    ("container", "batch", "batch.code"),
    ("descent", "child", "container.code"),
    ("container", "code", "descent.parent"),
    ("dose", "batch", "batch.code"),
    ("dose_bag", "dose", "dose.code"),
    ("sample", "batch", "batch.code"),
    ("result", "batch", "batch.code"),
    ("sterility_read", "sample", "sample.code"),
    ("hold", "batch", "batch.code"),
    ("redline", "batch", "batch.code"),
    ("attachment", "step", "step.code"),
    ("supervision", "within", "batch.code"),
    ("consumption", "within", "batch.code"),
    ("lot", "code", "step_entry.value"),  # lots are kept by their code, whatever else was typed is none
    ("lot", "code", "consumption.lot"),
    ("lot_opening", "lot", "lot.code"),
    ("equipment_use", "within", "batch.code"),
    ("equipment", "code", "equipment_use.equipment"),
    ("calibration", "equipment", "equipment.code"),
    ("occupancy", "batch", "batch.code"),
    ("line_clearance", "batch", "batch.code"),
    ("monitoring_link", "batch", "batch.code"),
    ("monitoring_session", "batch", "batch.code"),
    ("monitoring_session", "code", "monitoring_link.session"),
    ("plate", "session", "monitoring_session.code"),
    ("plate_reading", "plate", "plate.code"),
    ("blank_issue", "batch", "batch.code"),
    ("paper_sheet", "issue", "blank_issue.code"),
    ("review", "batch", "batch.code"),
    ("review_mark", "review", "review.code"),
    ("affected", "record", "batch.code"),
    ("affected", "record", "dose.code"),
    ("deviation", "within", "batch.code"),
    *(("deviation", "within", f"{what}.code") for what in ("dose", "container", "lot", "equipment")),
    ("deviation", "code", "affected.deviation"),
    ("affected", "deviation", "deviation.code"),
    ("investigation", "deviation", "deviation.code"),
    ("no_impact", "deviation", "deviation.code"),
    ("capa", "source", "deviation.code"),
    ("decision", "dose", "dose.code"),
    ("printed_label", "container", "container.code"),
    ("printed_label", "within", "batch.code"),
    ("printed_paper", "on_code", "batch.code"),
    ("printed_paper", "on_code", "dose.code"),
    ("printed_paper", "on_code", "decision.code"),
    ("recipient", "code", "batch.recipient"),
    ("weight", "recipient", "batch.recipient"),
    ("donor", "code", "batch.donor"),
    ("pairing", "recipient", "batch.recipient"),
    ("consent", "donor", "batch.donor"),
    ("marker", "donor", "batch.donor"),
    ("determination", "donor", "batch.donor"),
    ("collection", "code", "batch.collection"),
    ("document", "code", "batch.protocol"),
    ("document", "code", "batch.master_record"),
    ("document", "code", "batch.specification"),
    ("document", "code", "result.specification"),
    ("assumption_answer", "protocol", "batch.protocol"),
    ("change_document", "document", "document.code"),
    ("change", "code", "change_document.change"),
    ("change_document", "change", "change.code"),
    ("change_impact", "change", "change.code"),
    *(("kept_file", "code", column) for column in ("attachment.file", "lot.certificate_file", "calibration.file",
                                                   "blank_issue.file", "printed_label.pdf_hash")),
)
#: an act within one of these belongs to the evidence, whatever it was done on
WITHIN = ("batch.code", "batch.recipient", "batch.donor", "batch.collection", "document.code")

Rows = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Chosen:
    """The entries that belong to one batch, and the leaf hashes of the whole ledger."""

    entries: list[tuple[int, bytes]] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)


def export(engine: Engine, batch_code: str, *, sealer_public: str, at: datetime) -> bytes:
    """The dossier of a batch as the bytes of a ZIP; the same state and `at` always give the same bytes.

    `sealer_public` is the verifier line of the key that seals the ledger. Raises Refused when there is no
    such batch.
    """
    steady = engine.execution_options(isolation_level="REPEATABLE READ") if engine.name == "postgresql" else engine
    with look(steady) as session:
        connection = session.connection()
        rows = _rows(connection, batch_code)
        chosen = _chosen(connection, batch_code, rows)
        files = _kept(connection, rows) | {
            "README.txt": _readme(batch_code, at),
            "batch.json": _json(_batch(batch_code, rows, at)),
            "entries.jsonl": b"".join(map(_line, chosen.entries)),
            "signatures.json": _json({"signatures": _signatures(connection, chosen)}),
            "key.pub": f"{sealer_public.strip()}\n".encode(),
            "verify.py": Path(offline_verifier.__file__).read_bytes(),
        } | _sealed(connection, chosen)
    return packed(files | {"manifest.json": offline_verifier.manifest_of(files)})


def verify_dossier(path_or_bytes: Path | str | bytes, *, key: str | None = None) -> dict[str, Any]:
    """Check a dossier: {"ok", "entries", "problems", "warnings"}. Raises OSError when there is no such file."""
    source = Path(path_or_bytes) if isinstance(path_or_bytes, str) else path_or_bytes
    return offline_verifier.check(source, key)


def packed(files: dict[str, bytes]) -> bytes:
    """A ZIP whose bytes depend on the content alone: sorted, one date, not compressed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name)  # its default date is 1980-01-01, the first a ZIP can have
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, files[name])
    return made.getvalue()


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _line(entry: tuple[int, bytes]) -> bytes:
    seq, leaf = entry
    return orjson.dumps({"seq": seq, "leaf": base64.b64encode(leaf).decode()}) + b"\n"


def _readme(batch_code: str, at: datetime) -> bytes:
    text = (shipped("templates") / "dossier" / "README.txt").read_text(encoding="utf-8")
    return text.format(batch=batch_code, at=plain_data(at)).encode()


# --- the records --------------------------------------------------------------------------------------


def _rows(connection: Connection, batch_code: str) -> Rows:
    """Every live row that belongs to the batch: by its columns, and by what acts within the batch told of."""
    rows: Rows = {}
    for table, column, source in RELATED:
        values = _values(rows, source) if source else {batch_code}
        _gather(connection, rows, table, METADATA.tables[table].c[column].in_(sorted(values)))
    if not rows:
        raise Refused(f"There is no batch “{batch_code}”.", kind="not found")
    for leaf in connection.scalars(select(Entry.leaf).where(Entry.within == batch_code).order_by(Entry.seq)):
        for table, key in _touched(_content(leaf)):
            if (table, key) not in rows and table not in offline_verifier.APART:
                _gather(connection, rows, table, _is(table, key))
    return rows


def _kept(connection: Connection, rows: Rows) -> dict[str, bytes]:
    """The bytes of every file among the records, named by their hash."""
    content = select(KeptFile.code, KeptFile.content).where(KeptFile.code.in_(_values(rows, "kept_file.code")))
    return {f"files/{code}": bytes(kept) for code, kept in connection.execute(content)}


def _gather(connection: Connection, rows: Rows, name: str, where: Any) -> None:
    table = METADATA.tables[name]
    keys = [column.name for column in table.primary_key.columns]
    for row in connection.execute(select(table).where(where).order_by(*table.primary_key.columns)).mappings():
        key = "|".join(str(row[one]) for one in keys)
        rows[name, key] = {column.name: trail_value(column, row[column.name]) for column in table.columns}


def _is(name: str, key: str) -> Any:
    columns = METADATA.tables[name].primary_key.columns
    return and_(*(column == part for column, part in zip(columns, key.split("|"), strict=True)))


def _values(rows: Rows, source: str) -> set[str]:
    """All values of "table.column" gathered so far."""
    table, column = source.split(".")
    return {str(row[column]) for (name, _), row in rows.items() if name == table and row[column] is not None}


def _batch(batch_code: str, rows: Rows, at: datetime) -> dict[str, Any]:
    """The records for people: what and whose first, then table by table."""
    batch = rows["batch", batch_code]
    recipient = rows.get(("recipient", batch["recipient"]), {})
    tables = list(dict.fromkeys(table for table, _ in rows))
    return {
        "format": FORMAT, "batch": batch_code, "recipient": batch["recipient"],
        "chain_of_identity": recipient.get("coi"), "donor": batch["donor"], "exported_at": plain_data(at),
        "primary_keys": {table: [column.name for column in METADATA.tables[table].primary_key.columns]
                         for table in tables},
        "rows": {table: [row for (name, _), row in rows.items() if name == table] for table in tables},
    }


# --- the ledger ---------------------------------------------------------------------------------------


def _chosen(connection: Connection, batch_code: str, rows: Rows) -> Chosen:
    """Entries on or within what belongs to the batch, and every other one that touched a row of it."""
    within = set[str]().union(*(_values(rows, source) for source in WITHIN))
    on = {key for table, key in rows if table != "document"} | {batch_code}
    chosen = Chosen()
    for seq, leaf, hashed, on_code, *_ in chain.from_iterable(leaves(connection)):
        content = _content(leaf)
        chosen.hashes.append(hashed)
        if on_code in on or content.get("within") in within or not rows.keys().isdisjoint(_touched(content)):
            chosen.entries.append((seq, leaf))
    return chosen


def _content(leaf: bytes) -> dict[str, Any]:
    """What an entry says; nothing when its bytes were broken, which the check will name."""
    try:
        content = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _touched(content: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return ((table, key) for table, key, _ in content.get("changes", ()))


def _signatures(connection: Connection, chosen: Chosen) -> list[dict[str, Any]]:
    seqs = {seq for seq, _ in chosen.entries}
    found = connection.execute(select(Signature.__table__).order_by(Signature.seq)).mappings()
    return [{name: plain_data(value) for name, value in row.items()} for row in found if row["seq"] in seqs]


def _sealed(connection: Connection, chosen: Chosen) -> dict[str, bytes]:
    """The newest checkpoint, and a proof for every entry it covers."""
    newest = select(Checkpoint.size, Checkpoint.note).order_by(Checkpoint.size.desc()).limit(1)
    size, note = connection.execute(newest).one_or_none() or (0, "")
    tree = Tree(chosen.hashes[:size])
    seqs = [seq for seq, _ in chosen.entries]
    proofs = {str(seq): [one.hex() for one in tree.proof(seq)] for seq in seqs if seq < len(tree.levels[0])}
    content = {"size": size, "root": tree.root.hex(), "proofs": proofs, "unsealed": [s for s in seqs if s >= size]}
    return {"checkpoint.txt": note.encode(), "proofs.json": _json(content)}
