"""A tiny world for whole commands: a suite of small clips given by path, the command in this process or its own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from tests.checkout import ROOT
from tests.e2e.gated import CARDS
from tests.video_fixtures import encode, moving_texture
from vbench_py.cli.app import app

METRICS = ("psnr-rgb", "temporal-flickering")
HEEDING = """
import signal
from vbench_py.cli.app import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
"""The command, heeding Ctrl-C also where a shell started the tests with `&`, which makes processes ignore it."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def lossless(path: Path, seed: int = 0, frames: int = 6, height: int = 32, width: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return encode(path, moving_texture(frames, height, width, seed=seed), codec="ffv1", pixel_format="bgr0")


def h264(path: Path, seed: int = 0, frames: int = 6, height: int = 32, width: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return encode(path, moving_texture(frames, height, width, seed=seed))


@dataclass
class World:
    """A folder with a suite `suite/`, results in `results/`."""

    folder: Path

    @property
    def suite(self) -> Path:
        return self.folder / "suite"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def make_suite(
        self,
        rows: Sequence[Mapping[str, Any]] | None = None,
        *,
        count: int = 4,
        metrics: Sequence[str] = METRICS,
        version: str = "1",
        task: str = "vsr",
    ) -> Path:
        """A suite of `rows`, or of `count` clips c0, c1, ... that were shrunk four times."""
        self.suite.mkdir(parents=True, exist_ok=True)
        if rows is None:
            for index in range(count):
                lossless(self.suite / f"c{index}.mkv", seed=index)
            rows = [sample(f"c{index}", f"c{index}.mkv") for index in range(count)]
        (self.suite / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (self.suite / "suite.toml").write_text(
            f'id = "tiny"\nversion = "{version}"\ntitle = "Tiny"\ntask = "{task}"\nsummary = "Small clips."\n'
            f'licence = "CC0"\nprimary = "{metrics[0]}"\nmetrics = {list(metrics)}\nmethods = ["bicubic", "noise"]\n'
        )
        return self.suite

    def vb(self, *arguments: object) -> Told:
        """The command, in this process; results go to `results/` where the verb takes them."""
        texts = [*map(str, arguments), "--results", str(self.results)]
        answer = CliRunner().invoke(app, texts)
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return Told(answer.exit_code, answer.stdout, answer.stderr)

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", HEEDING, *map(str, arguments), "--results", str(self.results)],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run_folder(self, name: str) -> Path:
        """The one run whose method goes by this name."""
        (found,) = self.results.glob(f"runs/*/{name}@*")
        return found

    def scores(self, name: str) -> dict[tuple[str, str], str]:
        """(sample, metric) -> value as it stands in scores.csv."""
        with (self.run_folder(name) / "scores.csv").open(newline="") as file:
            return {(row["sample"], row["metric"]): row["value"] for row in csv.DictReader(file)}

    def numbers(self, name: str) -> dict[tuple[str, str], float]:
        """(sample, metric) -> value, of those that there are."""
        return {place: float(value) for place, value in self.scores(name).items() if value}

    def missing(self, name: str) -> list[dict[str, str]]:
        with (self.run_folder(name) / "missing.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def rows(self, name: str, kind: str) -> list[dict[str, Any]]:
        files = sorted(self.run_folder(name).glob(f"{kind}.*.jsonl"))
        return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]


def sample(name: str, target: str, **more: Any) -> dict[str, Any]:
    """A sample that asks for the clip `target` back from a quarter of its size."""
    shrink = {"from": "target", "steps": [{"operator": "bicubic-down", "scale": 4}]}
    return {"id": name, "prompt": name, "media": {"target": {"path": target}, "source": shrink}, **more}


@dataclass
class Gate:
    """The gate of `tests.e2e.gated`, from the test's side."""

    folder: Path

    def stop_at(self, name: str) -> None:
        (self.folder / f"stop-{name}").touch()

    def open(self) -> None:
        (self.folder / "go").touch()

    def wait_until_reached(self, process: subprocess.Popen[str]) -> None:
        end = time.monotonic() + PATIENCE
        while not (self.folder / "reached").exists():
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                pytest.fail(f"the gate was not reached: {process.communicate()}")
            time.sleep(0.01)

    def log(self) -> list[str]:
        file = self.folder / "log"
        return file.read_text().split() if file.exists() else []


def put_up_gate(folder: Path, patch: pytest.MonkeyPatch) -> Gate:
    """Makes the gated method and metric known, to this process and to those that it starts."""
    cards = folder / "cards"
    cards.mkdir(parents=True)
    (cards / "gated.toml").write_text(CARDS)
    gate = folder / "gate"
    gate.mkdir()
    patch.setenv("VBENCH_PY_CARDS", str(cards))
    patch.setenv("GATE", str(gate))
    return Gate(gate)
