"""The pages in docs/ do what they say: their files are written and their commands run, in order, in an empty folder.

A fence `lang file=NAME` is a file, `bash run` or `python run` a script that must succeed, `text output` what that
script printed.
`setup` marks what later pages build on, `bash network` a script that downloads weights.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checkout import ROOT, python

DOCS = ROOT / "docs"
BUILT_ON = {
    "quickstart": [],
    "add-a-suite": ["quickstart"],
    "add-a-method": ["quickstart", "add-a-suite"],
    "add-a-metric": ["quickstart", "add-a-suite"],
    "python": ["quickstart", "add-a-suite"],
    "media": [],
    "endpoints": ["quickstart"],
    "research-code": ["quickstart", "add-a-suite"],
}
FENCE = re.compile(r"^```(\w+)(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


class Block(NamedTuple):
    words: Sequence[str]
    text: str


def blocks(page: str) -> Iterator[Block]:
    for language, info, text in FENCE.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")):
        yield Block([language, *info.split()], text)


def follow(page: str, folder: Path, *, setup: bool, also: str = "") -> None:
    """Does what a page says; with `setup` only what others build on, and scripts marked `also`."""
    said = ""
    for block in blocks(page):
        names = [word.removeprefix("file=") for word in block.words if word.startswith("file=")]
        if names:
            (folder / names[0]).parent.mkdir(parents=True, exist_ok=True)
            (folder / names[0]).write_text(block.text, encoding="utf-8")
        elif also in block.words or ("run" in block.words and (not setup or "setup" in block.words)):
            said = run(block.text, folder, block.words[0])
        elif "output" in block.words and not setup:
            missing = [line for line in block.text.splitlines() if line not in said]
            assert not missing, f"{page}: {missing} not in:\n{said}"


def run(script: str, folder: Path, language: str = "bash") -> str:
    tools = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    command = [sys.executable, "-c", script] if language == "python" else ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", BUILT_ON)
def test_the_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    for earlier in BUILT_ON[page]:
        follow(earlier, tmp_path, setup=True)
    follow(page, tmp_path, setup=False)


@pytest.mark.network
def test_what_needs_weights_does_what_it_says(tmp_path: Path) -> None:
    follow("quickstart", tmp_path, setup=True, also="network")


def test_pages_made_from_cards_are_fresh() -> None:
    code = "import sys; sys.path.insert(0, 'docs'); import make_reference as make\n"
    code += "print([name for name, page in make.PAGES.items() if page() != (make.DOCS / name).read_text('utf-8')])"
    done = python("-c", code, cwd=ROOT)
    assert done.stdout.strip() == "[]", f"run `python docs/make_reference.py` {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_as_evidence_exist(page: Path) -> None:
    named = re.findall(r"`((?:tests|benchmarks|vbench_py|metrics|adapters|suites)/[\w./-]+)`", page.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_verb_stands_in_the_page_of_the_command() -> None:
    from vbench_py.cli.app import app

    told = re.findall(r"^\| `(\w+)", (DOCS / "cli.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {command.name for command in app.registered_commands} <= set(told)


@pytest.mark.parametrize("line", ["pip install uv && uv run vbench-py run demo", "pip install uv && uv run pytest"])
def test_the_readme_gives_the_line(line: str) -> None:
    assert line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
