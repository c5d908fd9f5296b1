"""Run folders of earlier versions still load. `tests/data/run_schema_1` was written by 0.1.0 and stays as it is.

Its run: nearest on a suite of three clips, of which the second could not be read. Videos are left out.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import orjson
import pytest

from tests.checkout import ROOT
from vbench_py.curves import read_curve
from vbench_py.leaderboard import leaderboard
from vbench_py.reading import read_run, read_runs
from vbench_py.report import write_flat
from vbench_py.store import RunFolder
from vbench_py.types import UsageError

STORED = ROOT / "tests" / "data" / "run_schema_1"
RESULTS_FORMAT = (ROOT / "docs" / "results-format.md").read_text(encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(STORED, tmp_path / "run")))


def test_its_leaderboard_is_what_it_was(run: RunFolder) -> None:
    (table,) = leaderboard(read_runs([run.path])).tables
    (row,) = table.rows
    assert (table.heading, row.name, row.scored, row.expected) == ("tiny-vsr@1", "nearest", 2, 3)
    assert row.cells["psnr-rgb"].estimate.mean == pytest.approx((27.845527257833222 + 25.510617781842733) / 2)


@pytest.mark.parametrize("name", ["scores.csv", "missing.csv", "protocol.json"])
def test_its_flat_files_are_made_again_as_they_were(run: RunFolder, name: str) -> None:
    (run.path / name).unlink()
    write_flat(*read_run(run))
    assert (run.path / name).read_text() == (STORED / name).read_text()


def test_its_curves_are_read(run: RunFolder) -> None:
    (records,) = read_run(run)
    found = {score.sample: read_curve(run.path / score.curve, score.metric) for score in records.scores if score.curve}
    assert {sample: len(curve.values) for sample, curve in found.items() if curve} == {"clip-0": 4, "clip-2": 4}


def test_fields_of_a_later_version_are_passed_over(run: RunFolder) -> None:
    for file in run.path.glob("*.jsonl"):
        rows = [{**orjson.loads(line), "of-tomorrow": 1} for line in file.read_bytes().splitlines()]
        file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (records,) = read_run(run)
    assert (len(records.outputs), len(records.scores)) == (3, 4)


@pytest.mark.parametrize("name", ["run.json", "generated.*", "scores.*.jsonl"])
def test_a_later_schema_is_refused_by_name(run: RunFolder, name: str) -> None:
    (file,) = run.path.glob(name)
    file.write_text(file.read_text().replace('"schema":1', '"schema":2').replace('"schema": 1', '"schema": 2'))
    with pytest.raises(UsageError, match=r"schema 2.*update vbench_py"):
        read_run(run)


@pytest.mark.parametrize("kind", ["generated", "scores"])
def test_every_field_of_a_row_stands_in_the_page_of_the_format(run: RunFolder, kind: str) -> None:
    fields = {field for row in run.rows(kind) for field in row}
    assert [field for field in sorted(fields) if f"`{field}`" not in RESULTS_FORMAT] == []


def test_every_field_of_run_json_stands_in_the_page_of_the_format() -> None:
    info = json.loads((STORED / "run.json").read_text())
    columns = {field for group in info["columns"].values() for column in group.values() for field in column}
    fields = {*info, *info["suite"], *info["method"], *columns}
    told = RESULTS_FORMAT.partition("## run.json")[2].partition("\n## ")[0]
    assert [field for field in sorted(fields) if f"`{field}`" not in told] == []
