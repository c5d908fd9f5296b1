"""One method on one suite from start to flat files: checks before work, and what stays when it stops."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.suite_fixtures import write_suite
from vbench_py.evaluate import work
from vbench_py.generate import samples_together
from vbench_py.method import Method, method
from vbench_py.metricset import ScoreOptions
from vbench_py.plan import Selection
from vbench_py.samples import Suite, load_suite
from vbench_py.session import BASELINE_METRICS, Session, Settings, environment, open_session, reopen
from vbench_py.types import UsageError


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(write_suite(tmp_path / "suite", 2))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(results=tmp_path / "results")


def nearest() -> Method:
    return method("nearest", overrides={"scale": 2})


def rows(session: Session, name: str) -> list[dict[str, str]]:
    with (session.run.path / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_opening_a_session_changes_nothing_on_disk(suite: Suite, settings: Settings) -> None:
    open_session(suite, nearest(), settings)
    assert not settings.results.exists()


def test_a_method_of_another_task_is_refused(suite: Suite, settings: Settings) -> None:
    with pytest.raises(UsageError, match="asks for vsr"):
        open_session(suite, method("still"), settings)


def test_gated_weights_need_their_licence_accepted(suite: Suite, settings: Settings) -> None:
    card = nearest().card.model_copy(update={"needs_licence": True, "licence_weights": "NC-1.0"})
    gated = replace(nearest(), card=card)
    with pytest.raises(UsageError, match=r"NC-1\.0.*--accept-licence"):
        open_session(suite, gated, settings)
    open_session(suite, gated, replace(settings, accept_licence=True))


def test_a_reference_run_adds_its_comparisons_to_new_and_to_reopened_runs(suite: Suite, settings: Settings) -> None:
    first = open_session(suite, nearest(), settings)
    first.prepare()
    wanted = replace(settings, reference_run=first.run.path)
    for session in (open_session(suite, nearest(), wanted), reopen(first.run, wanted)):
        assert [spec.column for spec in session.specs] == ["psnr-rgb", *BASELINE_METRICS]


def test_a_reference_run_that_is_none_is_refused_before_work(suite: Suite, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        open_session(suite, nearest(), replace(settings, reference_run=tmp_path))


def test_a_baseline_is_compared_sample_by_sample(suite: Suite, settings: Settings) -> None:
    first = open_session(suite, nearest(), settings)
    work(first)
    wanted = replace(settings, metrics=("psnr-rgb:baseline",), reference_run=first.run.path)
    second = open_session(suite, replace(nearest(), name="twin"), wanted)
    work(second)
    assert [float(row["value"]) for row in rows(second, "scores.csv")] == [100.0, 100.0]


def test_a_source_of_another_size_is_refused_unless_resized(suite: Suite, settings: Settings) -> None:
    plain = open_session(suite, nearest(), replace(settings, metrics=("psnr-rgb:source",)))
    work(plain)
    aligned = open_session(suite, nearest(), replace(plain.settings, score=ScoreOptions(align="resize")))
    work(aligned)
    status = {row["metric"]: row["status"] for row in rows(aligned, "scores.csv")}
    assert status == {"psnr-rgb:source": "failed", "psnr-rgb:source[align=resize]": "ok"}


def test_two_shards_leave_what_one_run_leaves(suite: Suite, settings: Settings, tmp_path: Path) -> None:
    for index in (1, 2):
        shard = replace(settings, selection=Selection(shard=(index, 2)))
        sharded = open_session(suite, nearest(), shard)
        work(sharded)
    whole = open_session(suite, nearest(), replace(settings, results=tmp_path / "whole"))
    work(whole)
    assert rows(sharded, "scores.csv") == rows(whole, "scores.csv")


def test_flat_files_are_written_when_the_work_is_interrupted(
    suite: Suite, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Session) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "score", interrupted)
    session = open_session(suite, nearest(), settings)
    with pytest.raises(KeyboardInterrupt):
        work(session)
    assert session.run.read_info()["status"] == "stopped"
    assert {path.name for path in session.run.path.iterdir()} >= {"scores.csv", "missing.csv", "protocol.json"}


def test_a_shard_that_writes_while_we_finish_loses_no_row(
    suite: Suite, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other shard appends between our reading of the rows and our writing of the tables, and then ends."""
    from vbench_py import report

    ours = open_session(suite, nearest(), replace(settings, selection=Selection(shard=(1, 2))))
    theirs = open_session(suite, nearest(), replace(settings, selection=Selection(shard=(2, 2))))
    write_flat, waiting = report.write_flat, [theirs]

    def late(*records: object) -> None:
        if waiting:
            work(waiting.pop())
        write_flat(*records)  # type: ignore[arg-type]

    monkeypatch.setattr(report, "write_flat", late)
    work(ours)
    assert len(rows(ours, "scores.csv")) == 2


def test_the_environment_names_every_distribution_with_its_version() -> None:
    lines = environment().splitlines()
    assert lines[0].startswith("python==") and any(line.startswith("numpy==") for line in lines)


@pytest.mark.parametrize(
    ("wants", "most", "expected"),
    [
        ({}, None, 4), ({}, 1, 1), ({}, 9, 4), ({"together": 8}, None, 8), ({"together": 2}, None, 4),
        ({"together": 8}, 1, 1), ({"together": 8, "independent": True}, 1, 8),
    ],
)  # fmt: skip
def test_a_suite_may_ask_for_small_batches(wants: dict[str, Any], most: int | None, expected: int) -> None:
    adapter = nearest().build()
    vars(adapter).update(wants)
    assert samples_together(adapter, 4, most) == expected


def test_the_suite_s_bound_reaches_the_batches(
    suite: Suite, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = suite.card.output.model_copy(update={"batch": 1})
    asked = replace(suite, card=suite.card.model_copy(update={"output": output}))
    seen: list[int | None] = []
    monkeypatch.setattr("vbench_py.session.generate", lambda *_, most, **__: seen.append(most))
    open_session(asked, nearest(), replace(settings, batch_size=4)).generate()
    assert seen == [1]
