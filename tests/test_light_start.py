"""Help and lists answer from the text of cards alone, however many cards there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkout import python

HEAVY = ("torch", "numpy", "pandas", "scipy", "cv2", "av", "plotly", "torchmetrics", "rich.live", "vbench_py.cards")
PROBE = f"""
import sys
from vbench_py.cli.app import main
try:
    main()
finally:
    sys.stderr.write(" ".join(name for name in {HEAVY!r} if name in sys.modules))
"""
CARD = """
[[metric]]
id = "synthetic-{number}"
version = "1"
title = "Synthetic metric {number}"
family = "synthetic"
entry = "nowhere.at_all:Metric"
summary = "A card that stands for many."
direction = "higher"
range = [0.0, 1.0]
unit = ""
evidence = "closed form"
"""
COMMANDS = ["--help", "run --help", "list metrics", "list suites", "list methods", "list tasks", "list"]


@pytest.fixture(scope="module")
def many_cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 150 cards."""
    folder = tmp_path_factory.mktemp("cards")
    for number in range(150):
        (folder / f"{number}.toml").write_text(CARD.format(number=number))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_lists_import_nothing_heavy(command: str, many_cards: Path, tmp_path: Path) -> None:
    done = python("-c", PROBE, *command.split(), cwd=tmp_path, env={"VBENCH_PY_CARDS": str(many_cards)})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_list_names_every_card_without_importing_what_it_describes(many_cards: Path, tmp_path: Path) -> None:
    done = python("-c", PROBE, "list", "metrics", cwd=tmp_path, env={"VBENCH_PY_CARDS": str(many_cards)})
    assert done.stdout.count("synthetic-") == 150


def test_the_package_itself_imports_nothing_heavy(tmp_path: Path) -> None:
    done = python("-c", f"import sys, vbench_py; print([n for n in {HEAVY!r} if n in sys.modules])", cwd=tmp_path)
    assert done.stdout.strip() == "[]"
