"""A wheel built from the checkout is the whole program: it plays the demo in an empty folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
NEEDED = ("mfg/cli.py", "mfg/_templates/base.html", "mfg/_migrations/env.py")


def run(*command: object, cwd: Path) -> str:
    """What the command prints; a failure shows it all."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tracked files, so that nothing lying about in the checkout gets in."""
    copy = tmp_path_factory.mktemp("checkout")
    for file in tracked:
        place = copy / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
    run(sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", "out", cwd=copy)
    return next((copy / "out").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment holding this wheel, and the dependencies by reference.

    The dependencies are named one folder up in a .pth without the checkout's own editable install, which
    would otherwise answer for `mfg`.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    run(sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--no-deps", "--no-index", wheel,
        cwd=home)
    (site / "dependencies.pth").write_text(f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n")
    where = run(home / "bin/python", "-c", "import mfg; print(mfg.__file__)", cwd=home).strip()
    assert Path(where).is_relative_to(site), f"the checkout answered instead of the wheel: {where}"
    return home / "bin"


def test_the_wheel_carries_pages_labels_and_migrations(wheel: Path, root: Path, tracked: list[Path]) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert set(NEEDED) <= inside
    for folder in ("templates", "labels", "migrations"):
        there = {f"mfg/_{path.relative_to(root).as_posix()}" for path in tracked if path.is_relative_to(root / folder)}
        assert there, f"nothing is tracked in {folder}"
        assert there <= inside, f"not in the wheel: {sorted(there - inside)}; see [options.package_data]"


def test_the_wheel_carries_the_data_files_of_the_package(wheel: Path, root: Path, tracked: list[Path]) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    there = {path.relative_to(root).as_posix() for path in tracked if path.is_relative_to(root / "mfg")}
    assert there <= inside, f"not in the wheel: {sorted(there - inside)}; see [options.package_data]"


def test_the_command_answers_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "mfg", "--help", cwd=tmp_path)
    assert "demo" in said and "verify" in said
    assert list(tmp_path.iterdir()) == []


def test_the_demo_plays_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    run(installed / "mfg", "demo", "--at", "here", cwd=tmp_path)
    here = tmp_path / "here"
    assert (here / "mfg.db").is_file()
    assert all(path.read_bytes().startswith(b"%PDF-") for path in here.rglob("*.pdf"))
    assert list((here / "labels").glob("*.pdf")) and list((here / "records").glob("*.pdf"))
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
