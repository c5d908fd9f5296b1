"""Small made-up repositories, and recipes for them in a catalogue of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vbench_py import catalogue
from vbench_py.promises.finding import Finding
from vbench_py.recipes.proving import prove

PROGRAM = """
import argparse


def get_parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompt_file", type=str, required=True)
    parser.add_argument("--savedir", type=str, default=None)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--pace", choices=["fast", "slow"], default="fast")
    parser.add_argument("--loop", action="store_true")
    return parser


def main(args):
    path = f"{args.savedir}/results/clip_{args.seed:04d}.mp4"
    with open(path, "w") as sink:
        sink.write("made")


if __name__ == "__main__":
    main(get_parser().parse_args())
"""
CONFIG = "model:\n  steps: 50\n  guidance: 7.5\nname: base\nsizes: [512, 320]\n"
RECIPE = """
[[environment]]
id = "made-up"
python = "3.10"

[[method]]
id = "made-up"
title = "A made-up method"
adapter = "command"
repository = "https://example.org/owner/made-up"
commit = "COMMIT"
status = "untested"
defaults = { recipe = "made-up", steps = 25, pace = "slow" }

[[method.modes]]
task = "t2v"
texts = ["prompt"]
frames = { native = 16 }
size = { native = [512, 320] }

[[recipe]]
id = "made-up"
repository = "https://example.org/owner/made-up"
commit = "COMMIT"
environment = "made-up"

[recipe.run]
entry = "inference.py"

[recipe.run.flags]
"--prompt_file" = "{inputs.prompts}"
"--savedir" = "{out}"
"--steps" = "{option.steps}"
"--seed" = "{seed}"
"--pace" = "{option.pace}"

[recipe.run.inputs.prompts]
kind = "lines"
path = "prompts.txt"
each = "{prompt}"

[recipe.run.outputs.video]
path = "{out}/results/clip_*.mp4"

[recipe.run.proofs.name]
file = "inference.py"
strings = ["/results/clip_", ".mp4"]
names = ["savedir"]
what = "one clip in results, numbered by its seed"
"""


@dataclass
class Repository:
    """A git repository in `folder`, and the recipe's card in `cards`, in which COMMIT is its commit."""

    folder: Path
    cards: Path
    recipe: str = RECIPE

    def write(self, **files: str) -> None:
        """Files by name, `__` for the slash: `configs__base_yaml` is configs/base.yaml, a plain name a .py."""
        for name, text in files.items():
            path = name.replace("__", "/")
            file = self.folder / (f"{path[:-5]}.yaml" if path.endswith("_yaml") else f"{path}.py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "made up", "--allow-empty")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def change(self, old: str, new: str) -> None:
        """Another recipe."""
        assert old in self.recipe
        self.recipe = self.recipe.replace(old, new)

    def prove(
        self, *, at: Path | None = None, record: bool = False, source: bool = True, parse: bool = False
    ) -> list[Finding]:
        """The findings against the repository, committed as it is, or without a source against the stored facts."""
        commit = self.commit()
        (self.cards / "cards.toml").write_text(self.recipe.replace("COMMIT", commit))
        return self.again(at=(at or self.folder) if source else None, record=record, parse=parse)

    def again(self, *, at: Path | None = None, record: bool = False, parse: bool = False) -> list[Finding]:
        """The findings about the card as it was written last."""
        catalogue._index.cache_clear()
        return list(prove("made-up", source=at, record=record, parse=parse))

    def broken(self, *, at: Path | None = None, source: bool = True, parse: bool = False) -> str:
        """What is wrong, in one text."""
        return told(self.prove(at=at, source=source, parse=parse))


def told(findings: list[Finding]) -> str:
    return "\n".join(f"{finding.promise}: {finding.detail}" for finding in findings if not finding.ok)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    cards, folder = tmp_path / "cards", tmp_path / "made-up"
    cards.mkdir()
    folder.mkdir()
    monkeypatch.setenv("VBENCH_PY_CARDS", str(cards))
    rooms = [room for room in catalogue._ROOMS if room[0] == "vbench_py.adapters" or room[2] == "environment"]
    monkeypatch.setattr(catalogue, "_ROOMS", rooms)
    catalogue._index.cache_clear()
    made = Repository(folder, cards)
    made.git("init", "-q")
    made.write(inference=PROGRAM, configs__base_yaml=CONFIG)
    (cards / "cards.toml").write_text("")
    yield made
    catalogue._index.cache_clear()
