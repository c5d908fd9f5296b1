"""The wheel holds what the checkout holds, under one package; and arrows between its modules run one way."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.checkout import ROOT, python

CATALOGUES = ("metrics", "adapters", "suites", "results")
LINES = 400
RESULTS_SHIPPED = {"__init__.py", "published", "reference"}
BUILD = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
IMPORT_ALL = """
import importlib, pkgutil, sys
from vbench_py import catalogue
import vbench_py
for module in pkgutil.walk_packages(vbench_py.__path__, "vbench_py."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
for kind in ("metric", "extractor", "adapter"):
    for name in catalogue.entries(kind):
        catalogue.implementation(catalogue.card(kind, name).entry, name)
print([name for name in sys.modules if name.split(".")[0] in ("metrics", "adapters", "suites", "results")])
"""


def shipped_files() -> set[str]:
    """Every file of the checkout that belongs to the package, by its path inside the package; runs do not."""
    found = set()
    for room in ("vbench_py", *CATALOGUES):
        for file in (ROOT / room).rglob("*"):
            inside = file.relative_to(ROOT)
            if not file.is_file() or "__pycache__" in inside.parts or file.name.startswith("."):
                continue
            if room != "results" or inside.parts[1] in RESULTS_SHIPPED:
                found.add(inside.as_posix() if room == "vbench_py" else f"vbench_py/{inside.as_posix()}")
    return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the checkout, built from a copy, without the network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for room in ("vbench_py", *CATALOGUES):
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = python("-c", BUILD, str(out), cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_checkout_and_no_other(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == shipped_files()


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_results_are_package_data() -> None:
    from importlib.resources import files

    assert files("vbench_py.results").joinpath("__init__.py").is_file()


def test_catalogues_are_never_imported_under_their_folder_names() -> None:
    done = python("-c", IMPORT_ALL, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_arrows_between_modules_run_one_way(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--config", ROOT / "pyproject.toml"], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_is_said_once() -> None:
    import vbench_py

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == vbench_py.__version__


def test_every_direct_dependency_has_a_tested_version() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*settings["project"]["dependencies"], *settings["dependency-groups"]["dev"]]
    pinned = {
        canonicalize_name(Requirement(text).name)
        for text in settings["tool"]["uv"]["constraint-dependencies"]
        if {part.operator for part in Requirement(text).specifier} == {"=="}
    }
    assert {canonicalize_name(Requirement(text).name) for text in wanted} <= pinned


def test_no_module_is_longer_than_the_house_rule() -> None:
    rooms = ("vbench_py", *CATALOGUES, "tests", "benchmarks", "docs")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    long = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: lines for name, lines in long.items() if lines > LINES} == {}
