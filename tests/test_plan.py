"""What is missing and what cannot be done, told from rows alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.suite_fixtures import write_suite
from vbench_py.evaluate import work
from vbench_py.method import method
from vbench_py.plan import Selection, current_outputs, parse_shard, plan_outputs
from vbench_py.samples import Suite, load_suite
from vbench_py.session import Session, Settings, open_session
from vbench_py.types import Sample, UsageError


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(write_suite(tmp_path / "suite", 3, seeds=(0, 1)))


def opened(
    suite: Suite, results: Path, name: str = "nearest", selection: Selection | None = None, **options: Any
) -> Session:
    chosen = method(name, overrides=options or ({"scale": 2} if name == "nearest" else None))
    return open_session(suite, chosen, Settings(results=results, selection=selection or Selection()))


def states(session: Session) -> Counter[str]:
    return Counter(item.state for item in session.plan_outputs())


def test_everything_is_to_do_before_the_first_run(suite: Suite, tmp_path: Path) -> None:
    assert states(opened(suite, tmp_path / "r")) == {"todo": 6}


def test_planning_writes_nothing(suite: Suite, tmp_path: Path) -> None:
    states(opened(suite, tmp_path / "r"))
    assert not (tmp_path / "r").exists()


def test_everything_is_done_after_a_run(suite: Suite, tmp_path: Path) -> None:
    work(opened(suite, tmp_path / "r"))
    again = opened(suite, tmp_path / "r")
    assert states(again) == {"done": 6} and again.plan_scores() == []


def test_a_limited_run_goes_on_where_it_stopped(suite: Suite, tmp_path: Path) -> None:
    work(opened(suite, tmp_path / "r", selection=Selection(limit=1)))
    assert states(opened(suite, tmp_path / "r")) == {"done": 2, "todo": 4}


def test_another_option_is_another_run(suite: Suite, tmp_path: Path) -> None:
    work(opened(suite, tmp_path / "r"))
    other = opened(suite, tmp_path / "r", scale=4)
    assert states(other) == {"todo": 6} and other.run.path != opened(suite, tmp_path / "r").run.path


def test_another_input_is_made_again(suite: Suite, tmp_path: Path) -> None:
    work(opened(suite, tmp_path / "r"))
    first = suite.samples[0]
    swapped = {**first.media, "source": suite.samples[1].media["source"]}
    changed = replace(suite, samples=(replace(first, media=swapped), *suite.samples[1:]))
    assert states(opened(changed, tmp_path / "r")) == {"done": 4, "todo": 2}


def test_another_prompt_is_made_again(suite: Suite, tmp_path: Path) -> None:
    work(opened(suite, tmp_path / "r"))
    changed = replace(suite, samples=(replace(suite.samples[0], prompt="new"), *suite.samples[1:]))
    assert states(opened(changed, tmp_path / "r")) == {"done": 4, "todo": 2}


def test_what_cannot_be_done_says_why(suite: Suite, tmp_path: Path) -> None:
    blind = replace(suite, samples=tuple(replace(s, media={"target": s.media["target"]}) for s in suite.samples))
    planned = opened(blind, tmp_path / "r").plan_outputs()
    assert {item.state for item in planned} == {"unsupported"} and "source" in planned[0].reason


def test_a_method_sees_no_ground_truth_but_the_ceiling_does(suite: Suite, tmp_path: Path) -> None:
    sees = {}
    for name in ("nearest", "ground-truth"):
        (item, *_) = opened(suite, tmp_path / "r", name).plan_outputs()
        assert item.resolved is not None
        sees[name] = set(item.resolved.request.media)
    assert sees == {"nearest": {"source"}, "ground-truth": {"source", "target"}}


def test_a_failed_output_is_to_do_again_with_the_next_attempt(suite: Suite, tmp_path: Path) -> None:
    session = opened(suite, tmp_path / "r")
    (first, *_) = session.plan_outputs()
    row = {"key": first.key, "sample": first.sample.id, "seed": first.seed, "status": "failed", "attempt": 3}
    row["writer"] = "w"
    assert session.method is not None and session.adapter is not None
    (again, *_) = plan_outputs(suite, session.mine, session.method, session.adapter, [row])
    assert (again.state, again.attempt) == ("todo", 4)


def test_a_copied_video_keeps_its_number_without_being_scored(suite: Suite, tmp_path: Path) -> None:
    twin = replace(suite.samples[0], id="twin")
    doubled = replace(suite, samples=(*suite.samples, twin))
    session = opened(suite, tmp_path / "r")
    work(session)
    rows = list(session.run.rows("generated"))
    (row,) = (row for row in rows if (row["sample"], row["seed"]) == (suite.samples[0].id, 0))
    with_twin = replace(opened(doubled, tmp_path / "r"), run=session.run)
    planned = [item for item in with_twin.plan_scores([*rows, {**row, "sample": "twin"}]) if item.sample.id == "twin"]
    assert [number.known is not None for item in planned for number in item.todo] == [True]


def test_the_newest_key_stands_and_its_best_row() -> None:
    rows = [
        {"key": "old", "sample": "a", "seed": 0, "status": "ok", "attempt": 1, "writer": "w"},
        {"key": "new", "sample": "a", "seed": 0, "status": "ok", "attempt": 2, "writer": "w"},
        {"key": "new", "sample": "a", "seed": 0, "status": "failed", "attempt": 3, "writer": "w"},
    ]
    assert current_outputs(rows)[("a", 0)] is rows[1]


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_shards_are_disjoint_and_complete(count: int, suite: Suite) -> None:
    shards = [Selection(shard=(i, count)).mine(suite) for i in range(1, count + 1)]
    together = [(sample.id, seed) for shard in shards for sample, seed in shard]
    assert sorted(together) == sorted((s.id, seed) for s, seed in suite.pairs) and len(set(together)) == 6


def test_a_limit_counts_samples_and_seeds_replace_the_suites(suite: Suite) -> None:
    wanted = Selection(limit=2, seeds=(7,)).wanted(suite)
    assert [(sample.id, seed) for sample, seed in wanted] == [("clip-0", 7), ("clip-1", 7)]


@pytest.mark.parametrize(
    ("selection", "partial"),
    [
        (Selection(), False),
        (Selection(shard=(1, 2)), False),
        (Selection(limit=9), True),
        (Selection(seeds=(0,)), True),
    ],
)
def test_a_limit_or_a_seed_makes_a_run_partial_a_shard_does_not(selection: Selection, partial: bool) -> None:
    assert selection.partial is partial


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_shard_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected i/n"):
        parse_shard(text)


def test_samples_are_hashed_by_content_not_by_place(suite: Suite, tmp_path: Path) -> None:
    keys = []
    for place in ("one", "two"):
        moved = load_suite(write_suite(tmp_path / place, 3, seeds=(0, 1)))
        keys.append([item.key for item in opened(moved, tmp_path / "r").plan_outputs()])
    assert keys[0] == keys[1]


def test_a_sample_is_what_its_line_says(suite: Suite) -> None:
    sample: Sample = suite.samples[2]
    assert (sample.id, sample.group, sample.task, sample.seeds) == ("clip-2", "g2", "vsr", (0, 1))
