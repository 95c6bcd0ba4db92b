"""Are these records what was sealed? Checks a dossier with nothing but Python's standard library: no package, no
network, no database. A copy of this file lies in every dossier as verify.py:

    python3 -I -S verify.py                       the folder it lies in
    python3 -I -S verify.py DOSSIER.zip           a dossier that is still packed
    python3 -I -S verify.py ... --key KEY         KEY: the public key, or a file with it, that you trust

Exit 0: everything holds. Exit 1: not, and every file or record that is wrong is named. It proves that what
is here is what was sealed; it cannot prove that nothing was left out. It writes nothing.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("README.txt", "batch.json", "checkpoint.txt", "entries.jsonl", "key.pub", "manifest.json",
         "proofs.json", "signatures.json", "verify.py")
KEPT = re.compile(r"files/[0-9a-f]{64}")  # photographs, certificates: each named by the SHA-256 of its bytes
LIMIT, MOST = 2**30, 1000  # bytes and files of a whole dossier; more is an attack, not a batch
APART = ("person", "credential", "role_grant", "area")  # told of, not held; a room's history is that of other batches
SIGNED = {name: name for name in ("at", "role", "meaning", "factors", "workstation", "zone")} | {
    "person": "by", "printed_name": "name", "on_code": "on", "content_hash": "content", "reason": "why"}
HEADING = {"format", "batch", "recipient", "donor", "chain_of_identity", "exported_at", "primary_keys", "rows"}
Files = dict[str, bytes]
Entries = list[tuple[int, bytes, dict[str, Any]]]
Rows = dict[tuple[str, str], dict[str, Any]]


class Wrong(Exception):
    """Something is not as it has to be; the sentence says what."""


@dataclass
class Found:
    """What the check found so far."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    entries: int = 0

    def step(self, name: str, work: Callable[..., Any], *given: Any) -> Any:
        """Do one step; whatever stops it is a problem with the file of that name, never a pass."""
        try:
            return work(self, *given)
        except Wrong as wrong:
            self.problems.append(str(wrong))
        except Exception as broken:  # hostile content can break anywhere; it must never end in a traceback
            said = f"{type(broken).__name__}: {str(broken)[:80]}"
            self.problems.append(f"{name} is not in the form a dossier has ({said}).")
        return None


def check(source: bytes | Path, key: str | None = None) -> dict[str, Any]:
    """{"ok", "entries", "problems", "warnings"} of a dossier: bytes of a ZIP, a ZIP file, or a folder. `key` is a
    verifier line you trust. Raises OSError when there is no such file."""
    found = Found()
    if isinstance(source, Path) and not source.exists():
        raise FileNotFoundError(f"There is no file or folder {source}.")
    files = found.step("The dossier", read, source)
    if files is not None:
        _check_files(found, files, key)
    return {"ok": not found.problems} | {name: getattr(found, name) for name in ("entries", "problems", "warnings")}


def _check_files(found: Found, files: Files, key: str | None) -> None:
    found.step("manifest.json", check_manifest, files)
    sealed = found.step("checkpoint.txt", open_checkpoint, files, key)
    entries = found.step("entries.jsonl", read_entries, files)
    if entries is not None:
        found.entries = len(entries)
        found.step("signatures.json", check_signatures, entries, files)
        found.step("batch.json", check_rows, entries, files)
        found.step("files", check_kept, files)
        if sealed is not None:
            found.step("proofs.json", check_inclusion, entries, files, *sealed)


def read(found: Found, source: bytes | Path) -> Files:
    """Every file by name; nothing is unpacked to disk."""
    packed = source if isinstance(source, bytes) else None if source.is_dir() else _bounded([source])[0]
    files = _folder(Path(str(source))) if packed is None else _zip(packed)
    if missing := [name for name in NAMES if name not in files]:
        raise Wrong(f"The dossier is not complete: {', '.join(missing)} is missing.")
    return files


def _folder(folder: Path) -> Files:
    kept = sorted(f"files/{file.name}" for file in (folder / "files").glob("*"))
    there = [name for name in (*NAMES, *kept) if (folder / name).is_file()]
    return dict(zip(there, _bounded([folder / name for name in there]), strict=True))


def _bounded(files: list[Path]) -> list[bytes]:
    if sum(file.stat().st_size for file in files) > LIMIT:
        raise Wrong(f"There are more than {LIMIT} bytes here; no dossier is as large.")
    return [file.read_bytes() for file in files]


def _zip(data: bytes) -> Files:
    if data.count(b"PK\x01\x02") > MOST:  # before opening: the list itself can be the attack
        raise Wrong(f"The ZIP lists more than {MOST} files; no dossier has as many.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as broken:
        raise Wrong(f"This is not a dossier: it cannot be opened as a ZIP file ({broken}).") from broken
    with archive:
        infos = archive.infolist()
        for info in infos:
            _fit(info, [other.filename for other in infos])
        if sum(info.file_size for info in infos) > LIMIT:
            raise Wrong(f"The ZIP would unpack to more than {LIMIT} bytes; no dossier is as large.")
        return {info.filename: _content(archive, info) for info in infos}


def _fit(info: zipfile.ZipInfo, names: list[str]) -> None:
    """Only the files a dossier has, each once, none with a path but the kept ones."""
    name, kept = info.filename, KEPT.fullmatch(info.filename)
    if ("/" in name and not kept) or "\\" in name or ".." in name or ":" in name:
        raise Wrong(f"The ZIP holds {name[:80]!r}, a path: unpacked it could land anywhere. Do not unpack it.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
        raise Wrong(f"{name} is packed in a way no dossier uses.")
    if name not in NAMES and not kept:
        raise Wrong(f"The ZIP holds {name[:80]!r}, a file no dossier has.")
    if names.count(name) > 1:
        raise Wrong(f"The ZIP holds {name} more than once; nobody can say which one counts.")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read(info.file_size + 1)  # with a bound: what the ZIP claims may be a lie
    except Exception as broken:
        raise Wrong(f"{info.filename} cannot be read from the ZIP: it is damaged ({broken}).") from broken


def parse(data: bytes) -> Any:
    """JSON as a dossier has it: exact numbers only, every name once; readers disagree about which of two counts."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise Wrong("A JSON object has the same name twice; nobody can say which one counts.")
        return dict(pairs)

    def no_float(text: str) -> Any:
        raise Wrong(f"The number {text[:40]} stands where a dossier has exact text.")

    return json.loads(data.decode(), object_pairs_hook=once, parse_float=no_float, parse_constant=no_float)


def read_entries(found: Found, files: Files) -> Entries:
    """(sequence number, the bytes that were hashed, what they say) of every entry, in order."""
    entries: Entries = []
    for number, line in enumerate(files["entries.jsonl"].splitlines(), 1):
        try:
            row = parse(line)
            seq, leaf = row["seq"], base64.b64decode(row["leaf"], validate=True)
            content = parse(leaf)
            fits = type(seq) is int and seq >= 0 and content["seq"] == seq
        except Exception as broken:
            raise Wrong(f"Line {number} of entries.jsonl is not a ledger entry ({str(broken)[:80]}).") from broken
        if not fits or (entries and seq <= entries[-1][0]):
            raise Wrong(f"Line {number} of entries.jsonl does not carry the entry it says, or is out of order.")
        if content.get("clock_back"):
            found.warnings.append(f"Entry {seq} is earlier than the one before it: the clock was set back.")
        entries.append((seq, leaf, content))
    return entries


def manifest_of(files: Files) -> bytes:
    """The manifest as it has to be: the SHA-256 of every other file."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
    return (json.dumps({"sha256": sums}, indent=1, sort_keys=True) + "\n").encode()


def check_manifest(found: Found, files: Files) -> None:
    """Every file is the one the manifest lists."""
    right = manifest_of(files)
    if files["manifest.json"] == right:
        return
    sums, listed = parse(right)["sha256"], parse(files["manifest.json"])["sha256"]
    changed = [name for name in sums if listed.get(name) != sums[name]]
    found.problems.extend(f"{name} is not the file that manifest.json lists: it was changed." for name in changed)
    if not changed:
        raise Wrong("manifest.json was changed.")


def open_key(line: str) -> tuple[str, bytes, bytes]:
    """(name, key id, public key) of a C2SP verifier line: name+hash+base64(algorithm || key)."""
    try:
        name, mark, packed = line.strip().split("+", 2)
        raw = base64.b64decode(packed, validate=True)
    except ValueError as broken:
        raise Wrong("The public key is not of the form name+hash+key.") from broken
    identity = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or identity.hex() != mark:
        raise Wrong(f"The public key of {name[:80]} is damaged, or not an Ed25519 key.")
    return name, identity, raw[1:]


def open_checkpoint(found: Found, files: Files, pinned: str | None) -> tuple[int, bytes]:
    """Size and root of the ledger as sealed, once the signature holds."""
    own = files["key.pub"].decode()
    if pinned is None:
        found.warnings.append(f"The public key came with the dossier ({own.strip()[:120]}). Compare it with the "
                              "one you hold, or give that one with --key.")
    elif pinned.strip() != own.strip():
        found.problems.append("key.pub is not the public key you trust.")
    name, identity, public = open_key(own if pinned is None else pinned)
    if not files["checkpoint.txt"].strip():
        raise Wrong("Nothing here was sealed: checkpoint.txt is empty. Seal the ledger and export it again.")
    body, _, lines = files["checkpoint.txt"].decode().partition("\n\n")
    for line in lines.splitlines():
        dash, signer, mark = (*line.split(" ", 2), "", "")[:3]
        signature = base64.b64decode(mark) if (dash, signer) == ("—", name) else b""
        if signature[:4] == identity and ed25519_holds(public, (body + "\n").encode(), signature[4:]):
            _origin, size, root, *_more = body.split("\n")
            return int(size), base64.b64decode(root, validate=True)
    raise Wrong(f"checkpoint.txt is not signed by {name}, or was changed after it was signed.")


def included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Does the proof lead from this leaf to this root? (RFC 9162 section 2.1.3.2)"""
    node, at, last = hashlib.sha256(b"\x00" + leaf).digest(), index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        left = at % 2 == 1 or at == last
        node = hashlib.sha256(b"\x01" + (sibling + node if left else node + sibling)).digest()
        while left and at % 2 == 0 and at:
            at, last = at // 2, last // 2
        at, last = at // 2, last // 2
    return last == 0 and node == root


def check_inclusion(found: Found, entries: Entries, files: Files, size: int, root: bytes) -> None:
    """Every entry below the sealed size has a proof that leads to the sealed root."""
    proofs = parse(files["proofs.json"])
    if (proofs["size"], proofs["root"]) != (size, root.hex()):
        found.problems.append("The ledger that proofs.json speaks of is not the one checkpoint.txt seals.")
    claimed = bytes.fromhex(proofs["root"])
    for seq, leaf, content in entries:
        given = [bytes.fromhex(one) for one in proofs["proofs"].get(str(seq), ())]
        if seq < size and not included(leaf, seq, size, given, claimed):
            found.problems.append(f"Entry {seq} ({content['verb']} on {content['on']}) is not what was sealed.")
    late = [seq for seq, _, _ in entries if seq >= size]
    if proofs["unsealed"] != late or set(proofs["proofs"]) != {str(seq) for seq, _, _ in entries if seq < size}:
        found.problems.append("proofs.json does not list the entries that are in entries.jsonl.")
    if late:
        found.warnings.append(f"{len(late)} entries, from entry {late[0]} on, are newer than the checkpoint: "
                              "nothing seals them yet.")


def check_signatures(found: Found, entries: Entries, files: Files) -> None:
    """Every signature is the one its entry tells of, and none is missing."""
    told = {seq: content for seq, _, content in entries if content["outcome"] == "done" and "meaning" in content}
    for row in parse(files["signatures.json"])["signatures"]:
        content = told.pop(row["seq"], None)
        if content is None or row != {"seq": row["seq"]} | {n: content[said] for n, said in SIGNED.items()}:
            found.problems.append(f"Signature {row['seq']} of {row['printed_name']} is not what its entry says.")
    found.problems.extend(f"The signature of entry {seq} is missing." for seq in told)


def check_rows(found: Found, entries: Entries, files: Files) -> None:
    """Play the changes of all entries again and hold every row of batch.json against the outcome."""
    batch = parse(files["batch.json"])
    live, told, inside = _live(batch), Rows(), dict[tuple[str, str], int]()
    for seq, _, content in entries:
        for table, key, values in content["changes"]:
            row = told.setdefault((table, key), {})
            if (table, key) in live:
                found.problems.extend(_gaps(f"{table} {key}", seq, row, values))
            row.update({name: new for name, (_, new) in values.items()} | {"": seq})
            if content["within"] == batch["batch"] and table not in APART:
                inside[table, key] = seq
    found.problems.extend(f"{table} {key} is missing from batch.json; entry {seq} tells of it."
                          for (table, key), seq in inside.items() if (table, key) not in live)
    for (table, key), row in live.items():
        found.problems.extend(_differences(f"{table} {key}", row, told.get((table, key))))
    row = live.get(("batch", batch["batch"]), {})
    identity = live.get(("recipient", str(row.get("recipient"))), {}).get("coi")
    says = (batch["format"], batch["recipient"], batch["donor"], batch["chain_of_identity"])
    if says != (1, row.get("recipient"), row.get("donor"), identity) or set(batch) != HEADING:
        found.problems.append("The heading of batch.json is not what its rows say.")


def _live(batch: dict[str, Any]) -> Rows:
    live: Rows = {}
    for table, rows in batch["rows"].items():
        for row in rows:
            key = "|".join(str(row[name]) for name in batch["primary_keys"][table])
            if (table, key) in live:
                raise Wrong(f"{table} {key} is in batch.json twice.")
            live[table, key] = row
    return live


def check_kept(found: Found, files: Files) -> None:
    """Every file that batch.json tells of is here, is the one its hash says, and there is no other."""
    told = {f"files/{row['code']}" for row in parse(files["batch.json"])["rows"].get("kept_file", ())}
    here = {name for name in files if name.startswith("files/")}
    wrong = {name for name in here if hashlib.sha256(files[name]).hexdigest() != name[6:]}
    for names, why in ((told - here, "is missing; batch.json tells of it"), (wrong, "was changed: its hash is another"),
                       (here - told, "is a file that batch.json does not tell of")):
        found.problems.extend(f"{name} {why}." for name in sorted(names))


def _gaps(name: str, seq: int, row: dict[str, Any], values: dict[str, Any]) -> list[str]:
    return [f"{name}: entry {seq} changes {column} from “{old}”, it was “{row.get(column)}”: an entry is missing."
            for column, (old, _) in values.items() if row.get(column) != old]


def _differences(name: str, row: dict[str, Any], told: dict[str, Any] | None) -> list[str]:
    if told is None:
        return [f"{name} is in batch.json, but no entry tells of it."]
    return [f"{name}: {column} is “{row.get(column)}” in batch.json, the ledger says “{told.get(column)}” "
            f"(entry {told['']})." for column in sorted((set(row) | set(told)) - {""})
            if repr(row.get(column)) != repr(told.get(column))]  # by repr: Python takes true for 1


# Ed25519 (RFC 8032 section 5.1.7), written out because the standard library has none.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, xy = T/Z


def _decode_point(data: bytes) -> Point | None:
    """The point of 32 bytes; None when they are none."""
    y, odd = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and odd):
        return None
    x = P - x if x % 2 != odd else x
    return x, y, 1, x * y % P


def _add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Was the message signed by the owner of this public key?"""
    base = _decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    if len(public) != 32 or len(signature) != 64 or base is None:
        return False
    key, mark, number = _decode_point(public), _decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or mark is None or number >= ORDER:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(number, base), _add(mark, _times(digest, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def main(arguments: list[str] | None = None) -> int:
    """Check what is named, print what was found, return the exit code."""
    parser = argparse.ArgumentParser(description="Check a dossier: are these records what was sealed?")
    parser.add_argument("dossier", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", help="the public key you trust, or a file with it")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        key = Path(options.key).read_text() if options.key and Path(options.key).is_file() else options.key
        found = check(options.dossier, key)
    except (OSError, ValueError) as broken:
        sys.exit(f"This cannot be read: {broken}")
    print("\n".join([f"{found['entries']} ledger entries checked.", *(f"PROBLEM: {p}" for p in found["problems"]),
                     *(f"Note: {warning}" for warning in found["warnings"]),
                     "Everything holds." if found["ok"] else "This dossier is NOT in order."]))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
