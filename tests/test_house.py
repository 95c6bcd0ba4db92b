"""The laws of this repository, held by reading its files: what nobody should have to notice in a review."""

from __future__ import annotations

import ast
import configparser
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "mfg").rglob("*.py"))
MEASURED = [*MODULES, *sorted((ROOT / "bench").rglob("*.py"))]
# Migrations and tests are lists, read from top to bottom: no measure of length fits them.
OURS = [*MEASURED, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]
WITH_TABLES_AND_GUARDS = ("mfg/guards.py", "mfg/ledger.py", "mfg/db.py", "mfg/verify.py", "mfg/checkpoints.py")
MAPPED = {"mfg._templates": "templates", "mfg._labels": "labels", "mfg._migrations": "migrations"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def is_rules(path: Path) -> bool:
    """A room of rules, or any other module that holds one: the laws follow the rule, not the file's name."""
    return path.stem == "rules" or "\n@rule(" in path.read_text("utf-8")


def rooms(*stems: str) -> list[Path]:
    """The rules and acts rooms asked for."""
    return [path for path in MODULES if path.stem in stems or ("rules" in stems and is_rules(path))]


@cache
def calls(path: Path) -> tuple[tuple[int, str], ...]:
    """(line, dotted name) of every call: `session.commit`, `float`, `datetime.now`. Kept: many laws ask for them."""
    return tuple((node.lineno, ast.unparse(node.func)) for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
    return tuple(found)


def offenders(paths: list[Path], pattern: str) -> list[str]:
    """`file:line call` for every call whose dotted name matches."""
    return [f"{name(path)}:{line} {call}" for path in paths for line, call in calls(path) if re.search(pattern, call)]


def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_only_the_ledger_commits() -> None:
    assert offenders([path for path in MODULES if name(path) != "mfg/ledger.py"], r"\.commit$") == []


def test_rules_and_acts_have_no_clock() -> None:
    pattern = r"(^|\.)((datetime|date|time)\.(now|utcnow|today|time|monotonic)|utcnow|localtime|gmtime)$"
    assert offenders(rooms("rules", "acts"), pattern) == []


def test_a_rule_never_makes_a_float() -> None:
    assert offenders(rooms("rules"), r"^float$") == []
    literals = [f"{name(path)}:{node.lineno} {node.value}" for path in rooms("rules") for node in ast.walk(tree(path))
                if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert literals == []


def test_a_rule_knows_neither_web_nor_database_nor_forms() -> None:
    forbidden = {"flask", "sqlalchemy", "marshmallow", "werkzeug"}
    assert [f"{name(path)}:{line} {module}" for path in rooms("rules") for line, module in imports(path)
            if module.split(".")[0] in forbidden] == []


def test_there_are_rules_and_acts_to_look_at() -> None:
    """The laws above say nothing when they find no room."""
    assert rooms("rules") and rooms("acts")


def test_only_paper_draws_pdf() -> None:
    elsewhere = [path for path in MODULES if not name(path).startswith("mfg/paper")]
    assert [f"{name(path)}:{line}" for path in elsewhere for line, module in imports(path)
            if module.split(".")[0] == "reportlab"] == []


def test_sql_in_text_stands_only_where_guards_and_tables_are_made() -> None:
    elsewhere = [path for path in MODULES if name(path) not in WITH_TABLES_AND_GUARDS]
    assert offenders(elsewhere, r"^((sa|sqlalchemy)\.)?text$|\.exec_driver_sql$") == []


def test_a_file_is_at_most_400_lines() -> None:
    length = {name(path): len(path.read_text("utf-8").splitlines()) for path in MEASURED}
    assert {file: count for file, count in length.items() if count > 400} == {}, "is it one room, or two?"


def test_a_file_says_what_it_is() -> None:
    assert [name(path) for path in OURS if not ast.get_docstring(tree(path))] == []


def test_a_function_is_at_most_40_lines() -> None:
    long = [f"{name(path)}:{node.lineno} {node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"
            for path in MEASURED for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno + 1 > 40]
    assert long == []


def test_no_file_is_called_utils() -> None:
    assert [name(path) for path in OURS if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_tests_are_not_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_file_names_a_machine_or_a_package_index(tracked: list[Path]) -> None:
    """The words are put together here so that this file does not find itself."""
    generic = {Path("/"), Path(tempfile.gettempdir())}
    places = [re.escape(f"{place}/") for place in (ROOT, ROOT.parent) if place not in generic]
    places += ["/home/" + r"\w+/", "/Users/" + r"\w+/", "/root/" + r"\w"]
    machine = re.compile(r"(?<![\w.*}-])(" + "|".join(places) + ")")
    index = re.compile("(extra-)?index-" + r"url|registry[ =:]+https?://|pypi\.org/" + "simple|find-" + "links", re.I)
    found = []
    for path in tracked:
        for number, line in enumerate(path.read_text("utf-8", errors="ignore").splitlines(), 1):
            if machine.search(line) or index.search(line):
                found.append(f"{name(path)}:{number} {line.strip()[:80]}")
    assert found == []


def test_no_real_file_of_the_shared_folder_is_copied_here(tracked: list[Path], shared: Path) -> None:
    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    theirs = {digest(path): path.name for path in (shared / "inputs").rglob("*")
              if path.is_file() and path.stat().st_size > 200}
    assert [f"{name(path)} is {theirs[digest(path)]}" for path in tracked if digest(path) in theirs] == []


def test_every_package_is_listed_for_the_wheel() -> None:
    listed = lines(setup()["options"]["packages"])
    there = {name(path.parent).replace("/", ".") for path in (ROOT / "mfg").rglob("__init__.py")}
    there |= {package for package, folder in MAPPED.items() if (ROOT / folder).is_dir()}
    assert sorted(listed) == sorted(there), "list the packages in setup.cfg, [options] packages"


def dependencies() -> Iterator[tuple[str, str]]:
    """(dependency, the line above it) for everything setup.cfg asks for."""
    asked = False
    above = ""
    for line in (ROOT / "setup.cfg").read_text("utf-8").splitlines():
        if line.startswith(("install_requires", "[")) or (line and not line[0].isspace()):
            asked = line.startswith("install_requires") or (asked and not line.startswith("["))
            asked = asked or line == "[options.extras_require]"
        elif asked and re.match(r" +[a-z]", line):
            yield line.strip(), above
        above = line.strip()


def test_every_dependency_is_pinned_and_says_what_it_is_for() -> None:
    asked = list(dependencies())
    assert len(asked) > 15
    for dependency, above in asked:
        assert "==" in dependency, f"{dependency} is not pinned"
        assert above.startswith("# ") and len(above) > 15, f"{dependency} does not say what it is for"


@pytest.mark.parametrize("lock", ["run", "postgres", "test", "bench"])
def test_lock_files_carry_what_setup_cfg_asks_for_with_hashes(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    wanted = lines(setup()["options"]["install_requires"])
    extras = {"run": "", "postgres": "postgres", "test": "postgres test", "bench": "postgres test bench"}[lock]
    for extra in ["build", *extras.split()]:
        wanted += lines(setup()["options.extras_require"][extra])
    pins = set(re.findall(r"^([a-z0-9._-]+==\S+)", text, re.M))
    asked = {re.sub(r"\[\w+\]", "", one) for one in wanted if not one.startswith("#")}
    assert asked <= pins, "run: make lock"
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, f"{block.splitlines()[0]} has no hash"


def test_commands_in_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"(?:`|^ +)make (\w+)", readme, re.M))
    there = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert {"demo", "test"} <= named <= there


def test_folders_in_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    folders = re.findall(r"^\| `([\w./*-]+)` \|", readme, re.M)
    assert len(folders) > 8
    assert [folder for folder in folders if not list(ROOT.glob(folder.rstrip("/")))] == []


def test_tables_in_the_readme_are_what_the_code_says() -> None:
    check = subprocess.run([sys.executable, ".ci/readme.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
