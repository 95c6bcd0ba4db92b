"""Writes the tables and diagrams of README.md from the code: rules, states, transformations of cells, verbs.

With `--write` it changes README.md; without, it says whether README.md matches and exits 1 when it does not.
It judges nothing: what stands in the tables is what the code holds.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import mfg  # noqa: E402 - the checkout's own package, wherever this is started from
from mfg.batches.transformations import TRANSFORMATIONS  # noqa: E402
from mfg.facts import Moves, Rule  # noqa: E402
from mfg.verbs import VERBS  # noqa: E402

README = ROOT / "README.md"


def modules() -> Iterator[ModuleType]:
    """Every module of mfg, lowest names first."""
    for found in pkgutil.walk_packages(mfg.__path__, "mfg."):
        if not found.name.endswith("__main__") and "._" not in found.name:
            yield importlib.import_module(found.name)


def members(kind: type) -> list[tuple[str, Any]]:
    """(module, object) for each object of that kind which a module holds by name or in a tuple, each once."""
    found: dict[int, tuple[str, Any]] = {}
    for module in modules():
        for value in vars(module).values():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, kind):
                    home = getattr(getattr(one, "check", None), "__module__", module.__name__)
                    found.setdefault(id(one), (home, one))
    return list(found.values())


def cell(text: str) -> str:
    """Text that cannot break a table."""
    return " ".join(text.replace("|", "\\|").split())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(one) for one in line)} |" for line in lines)


def rules() -> str:
    """One line a rule, by id. Two rules with one id would be one too many."""
    known: dict[str, tuple[str, Rule[Any]]] = {}
    for where, one in members(Rule):
        if one.id in known:
            raise SystemExit(f"Two rules are called {one.id}: in {known[one.id][0]} and in {where}. Rename one.")
        known[one.id] = where, one
    rows = [(f"**{one.id}**", one.title, one.requirement, f"`{where.removeprefix('mfg.')}`")
            for _, (where, one) in sorted(known.items())]
    return f"{len(rows)} rules.\n\n" + table(("id", "rule", "requirement", "where"), rows)


def diagram(moves: Moves) -> str:
    """The states of one kind of thing, in the notation that code hosts draw."""
    alias = {state: re.sub(r"\W", "_", state) for state in sorted(moves.states)}
    lines = [f'    state "{state}" as {short}' for state, short in alias.items() if state != short]
    lines.append(f"    [*] --> {alias[moves.start]}")
    for move in moves.moves:
        lines += [f"    {alias[before]} --> {alias[move.after]}: {move.verb}" for before in sorted(move.before)]
    lines += [f"    {alias[state]} --> [*]" for state in sorted(moves.final)]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def states() -> str:
    every = sorted((one for _, one in members(Moves)), key=lambda one: str(one.kind))
    return "\n\n".join(f"**{one.kind}**\n\n{diagram(one)}" for one in every) or "None yet."


def verbs() -> str:
    rows = [(one.name, ", ".join(one.roles), one.meaning or "(recorded, not signed)", "yes" if one.reason else "",
             ", ".join((*one.not_who, *(["any work on the batch"] if one.not_within else []))))
            for one in VERBS.values()]
    return table(("verb", "who", "its signature means", "reason", "never by the person who did"), rows)


def transformations() -> str:
    """One line a transformation of cells, in the order of the process."""
    rows = [(one.name, one.verb, ", ".join(sorted(one.origins)) or "the donor", one.makes or "itself", one.identity,
             one.volume, one.cells, one.about) for one in TRANSFORMATIONS.values()]
    return table(("transformation", "verb", "of", "makes", "identity", "volume", "viable cells", "what it is"), rows)


BLOCKS: dict[str, Callable[[], str]] = {"rules": rules, "states": states, "transformations": transformations,
                                        "verbs": verbs}


def filled(readme: str) -> str:
    """The same README with each block between its two marks written again."""
    for name, write in BLOCKS.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if readme.count(begin) != 1 or readme.count(end) != 1:
            raise SystemExit(f"README.md must hold {begin} and {end} once each; put them where the block belongs.")
        before, rest = readme.split(begin)
        readme = f"{before}{begin}\n{write()}\n{end}{rest.split(end)[1]}"
    return readme


def main() -> int:
    was = README.read_text("utf-8")
    now = filled(was)
    if "--write" in sys.argv:
        README.write_text(now, "utf-8")
        return 0
    if was != now:
        print("README.md is not what the code says. Run: make readme")
    return int(was != now)


if __name__ == "__main__":
    sys.exit(main())
