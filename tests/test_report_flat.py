"""The flat files of a run folder."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.record_fixtures import run, steady
from vbench_py.records import RunRecords
from vbench_py.report import write_flat
from vbench_py.types import StorageError


@pytest.fixture
def made(tmp_path: Path) -> RunRecords:
    return run("method", {"psnr": steady(30), "lpips": steady(0.2, 0.01)}, samples=3, failed=[1], folder=tmp_path)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_scores_have_a_line_per_sample_and_metric(made: RunRecords) -> None:
    write_flat(made)
    rows = _rows(made.folder / "scores.csv")
    assert [(row["sample"], row["metric"]) for row in rows] == [
        ("clip-000", "lpips"), ("clip-000", "psnr"), ("clip-002", "lpips"), ("clip-002", "psnr"),
    ]  # fmt: skip


def test_values_survive_to_the_last_bit(made: RunRecords) -> None:
    exact = replace(made, scores=[replace(made.scores[0], value=0.1 + 0.2)])
    write_flat(exact)
    assert float(_rows(made.folder / "scores.csv")[0]["value"]) == 0.1 + 0.2


def test_details_are_columns(made: RunRecords) -> None:
    write_flat(made)
    assert _rows(made.folder / "scores.csv")[0]["margin"] == "0.5"


def test_missing_outputs_are_told_with_stage_and_reason(made: RunRecords) -> None:
    write_flat(made)
    assert _rows(made.folder / "missing.csv") == [
        {"sample": "clip-001", "seed": "0", "stage": "generate", "metric": "", "status": "failed",
         "reason": "CUDA out of memory"}
    ]  # fmt: skip


def test_a_failed_score_is_told_with_its_metric(made: RunRecords) -> None:
    failed = replace(made.scores[0], status="failed", reason="17 frames, reference has 25", value=None)
    write_flat(replace(made, scores=[failed, *made.scores[1:]]))
    line = _rows(made.folder / "missing.csv")[1]
    assert (line["stage"], line["metric"], line["reason"]) == ("score", "psnr", "17 frames, reference has 25")


def test_a_score_of_a_missing_output_is_not_told_twice(made: RunRecords) -> None:
    lost = replace(made.scores[0], sample="clip-001", status="missing", value=None)
    write_flat(replace(made, scores=[*made.scores, lost]))
    assert len(_rows(made.folder / "missing.csv")) == 1


def test_protocol_says_what_changes_a_number(made: RunRecords) -> None:
    write_flat(replace(made, protocol={"align": "trim"}))
    told = json.loads((made.folder / "protocol.json").read_text(encoding="utf-8"))
    assert (told["metrics"]["psnr"]["protocol"], told["prompt_policy"], told["align"]) == ("p1", "verbatim", "trim")


def test_encodings_of_one_folder_share_its_files(made: RunRecords) -> None:
    write_flat(made, replace(made, encoding="h264-crf18"))
    encodings = {row["encoding"] for row in _rows(made.folder / "scores.csv")}
    assert encodings == {"lossless", "h264-crf18"} and len(_rows(made.folder / "missing.csv")) == 1


def test_text_with_commas_and_newlines_stays_one_field(made: RunRecords) -> None:
    outputs = [replace(made.outputs[1], reason='a, "b"\nc')]
    write_flat(replace(made, outputs=outputs))
    assert _rows(made.folder / "missing.csv")[0]["reason"] == 'a, "b"\nc'


def test_nothing_but_the_three_files_is_left(made: RunRecords) -> None:
    write_flat(made)
    write_flat(made)
    assert sorted(path.name for path in made.folder.iterdir()) == ["missing.csv", "protocol.json", "scores.csv"]


def test_a_folder_that_cannot_be_written_is_a_storage_error(made: RunRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StorageError, match=r"scores\.csv"):
        write_flat(made)
