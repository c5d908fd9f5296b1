"""Several processes evaluate together: under torchrun with a process group, and with its environment alone."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.suite_fixtures import write_suite

SAMPLES = 3
WITH_GROUP = """
import json, os, sys
from pathlib import Path
import numpy as np
import torch
import torch.distributed as dist
import vbench_py

def repeat(call):
    (Path(sys.argv[2]) / f"made-{call.id}-by-{dist.get_rank()}").touch()
    return call.read("source").repeat(2, 1).repeat(2, 2)

dist.init_process_group("gloo")
evaluate = vbench_py.Evaluator(sys.argv[1], results=Path(sys.argv[2]) / "results")
result = evaluate(repeat, name="exp", axes={"step": 1})
metric = vbench_py.torchmetric("psnr")
target = torch.zeros(2, 3, 16, 24, dtype=torch.uint8)
for level in [1] if dist.get_rank() == 0 else [10, 100]:
    metric.update(target + level, target)
told = {"means": result.means, "rows": len(result.frame), "psnr": metric.compute().item()}
(Path(sys.argv[2]) / f"rank{dist.get_rank()}.json").write_text(json.dumps(told))
dist.barrier()
dist.destroy_process_group()
# Gloo's threads now and then abort an interpreter on its way out ("terminate called without an active exception", seen
# once when all was written); what is tested here is done.
os._exit(0)
"""
WITHOUT_GROUP = """
import sys
import vbench_py
evaluate = vbench_py.Evaluator(sys.argv[1], results=sys.argv[2])
evaluate(lambda call: call.read("source").repeat(2, 1).repeat(2, 2), name="exp")
print("torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The folder that two ranks under torchrun worked in, and what each of them says."""
    folder = tmp_path_factory.mktemp("together")
    suite = write_suite(folder / "suite", SAMPLES)
    (folder / "script.py").write_text(WITH_GROUP)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command.append("--local-addr=127.0.0.1")
    done = subprocess.run(
        [*command, str(folder / "script.py"), suite, str(folder)],
        capture_output=True, text=True, check=False, timeout=240, cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, [json.loads((folder / f"rank{rank}.json").read_text()) for rank in (0, 1)]


def scores_csv(folder: Path) -> list[dict[str, str]]:
    (file,) = folder.rglob("scores.csv")
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_each_sample_is_made_once_and_both_ranks_take_part(together: tuple[Path, list[dict[str, Any]]]) -> None:
    made = sorted(path.name for path in together[0].glob("made-*"))
    assert made == ["made-clip-0-by-0", "made-clip-1-by-1", "made-clip-2-by-0"]


def test_every_rank_returns_the_whole_result(together: tuple[Path, list[dict[str, Any]]]) -> None:
    assert [told["rows"] for told in together[1]] == [SAMPLES, SAMPLES]
    assert together[1][0]["means"] == together[1][1]["means"]


def test_the_flat_files_hold_the_rows_of_every_rank(together: tuple[Path, list[dict[str, Any]]]) -> None:
    assert len(scores_csv(together[0])) == SAMPLES


def test_a_torchmetric_is_the_mean_over_the_videos_of_all_ranks(together: tuple[Path, list[dict[str, Any]]]) -> None:
    wanted = sum(20 * math.log10(255 / level) for level in (1, 10, 100)) / 3
    assert [told["psnr"] for told in together[1]] == pytest.approx([wanted, wanted], rel=1e-8)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder that three ranks without a process group worked in, one with nothing to do; what they print."""
    folder = tmp_path_factory.mktemp("apart")
    suite = write_suite(folder / "suite", 2)
    (folder / "script.py").write_text(WITHOUT_GROUP)
    ranks = [
        subprocess.Popen(
            [sys.executable, str(folder / "script.py"), suite, str(folder / "results")],
            stdout=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "RANK": str(rank), "WORLD_SIZE": "3"},
        )
        for rank in range(3)
    ]  # fmt: skip
    printed = [process.communicate(timeout=120)[0] for process in ranks]
    assert [process.returncode for process in ranks] == [0, 0, 0]
    return folder, printed


def test_ranks_without_a_process_group_finish_into_one_run(apart: tuple[Path, list[str]]) -> None:
    assert [row["status"] for row in scores_csv(apart[0])] == ["ok", "ok"]


def test_evaluating_with_arithmetic_metrics_imports_no_torch(apart: tuple[Path, list[str]]) -> None:
    assert apart[1] == ["False\n"] * 3
