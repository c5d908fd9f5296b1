"""The protocol of a metric: what its column is called, what its windows are, and when its hash changes."""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from typing import Any

import pytest

from vbench_py import catalogue
from vbench_py.metricset import MetricSpec, ScoreOptions, check_settings, metric_specs
from vbench_py.types import UsageError


def spec(name: str = "psnr-rgb", scored: str = "0::1", **options: object) -> MetricSpec:
    (found,) = metric_specs([name], ScoreOptions(**options), scored=scored)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("name", "options", "column"),
    [
        ("psnr-rgb", {}, "psnr-rgb"),
        ("psnr-rgb:source", {}, "psnr-rgb:source"),
        ("psnr-rgb:baseline", {"every": 3}, "psnr-rgb:baseline[every=3]"),
        ("psnr-rgb", {"every": 2, "align": "trim"}, "psnr-rgb[every=2,align=trim]"),
        ("temporal-flickering", {"align": "trim"}, "temporal-flickering"),
        ("seconds-per-frame", {"every": 2}, "seconds-per-frame"),
    ],
)
def test_a_column_says_what_differs_from_the_card(name: str, options: dict[str, object], column: str) -> None:
    assert spec(name, **options).column == column


def test_the_hash_is_the_same_for_the_same_protocol() -> None:
    assert spec().protocol_hash == spec().protocol_hash


@pytest.mark.parametrize(
    "other",
    [
        spec("psnr-y"),
        spec("psnr-rgb:source"),
        spec(every=2),
        spec(align="trim"),
        spec(encode_as="h264-crf18"),
        spec(scored="1::2"),
    ],
    ids=lambda other: other.column + str(sorted(other.protocol)),
)
def test_the_hash_changes_with_whatever_changes_the_number(other: MetricSpec) -> None:
    assert other.protocol_hash != spec().protocol_hash


@pytest.mark.parametrize(
    "change", [{"version": "2"}, {"checkpoints": ()}, {"options": {"network": "alex", "crop": 4}}], ids=list
)
def test_the_hash_changes_with_an_extractor(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    before, card = spec("lpips-alex").protocol_hash, catalogue.card

    def changed(kind: str, name: str) -> Any:
        found = card(kind, name)
        return found.model_copy(update=change) if kind == "extractor" else found

    monkeypatch.setattr(catalogue, "card", changed)
    assert spec("lpips-alex").protocol_hash != before


def test_the_reference_table_stands_under_the_hashes_of_today() -> None:
    """A change here sets every stored number apart: it belongs to a new version of a metric, or to KEY_VERSION."""
    text = files("vbench_py.results").joinpath("reference/demo.csv").read_text(encoding="utf-8")
    stored = {(row["suite"], row["metric"], row["protocol"]) for row in csv.DictReader(text.splitlines())}
    suites = {name: catalogue.card("suite", name) for name, _, _ in stored}
    today = {
        (name, found.column, found.protocol_hash)
        for name, suite in suites.items()
        for found in metric_specs(suite.metrics, scored=suite.output.scored)
    }
    assert stored <= today


@pytest.mark.parametrize(
    ("name", "options"),
    [("temporal-flickering", {"align": "trim"}), ("seconds-per-frame", {"every": 4, "align": "resize"})],
)
def test_the_hash_stays_when_an_option_does_not_touch_the_number(name: str, options: dict[str, object]) -> None:
    assert spec(name, **options).protocol_hash == spec(name).protocol_hash


def test_scored_frames_touch_single_frames_beside_a_target_only() -> None:
    assert [ask.view.offset for ask in spec(scored="1::2").asks.values()] == [1]
    assert spec("temporal-flickering", scored="1::2").protocol_hash == spec("temporal-flickering").protocol_hash


def test_scored_frames_hold_beside_a_baseline_too() -> None:
    assert [ask.view.offset for ask in spec("psnr-rgb:baseline", scored="1::2").asks.values()] == [1]


def test_scored_frames_reach_an_extractor_of_whole_files_as_options() -> None:
    (ask,) = spec("vmaf-v0.6.1", scored="1::2", every=3).asks.values()
    assert {"first": 1, "every": 6}.items() <= dict(ask.options).items()


def test_every_multiplies_the_stride_of_scored_frames() -> None:
    (ask,) = spec(scored="1::2", every=3).asks.values()
    assert (ask.view.offset, ask.view.stride) == (1, 6)


def test_every_reaches_an_extractor_of_whole_files_as_an_option() -> None:
    (ask,) = spec("vmaf-v0.6.1", every=5).asks.values()
    assert dict(ask.options)["every"] == 5


def test_a_role_takes_the_place_of_the_target() -> None:
    assert spec("psnr-rgb:source").roles == ("video", "source")


def test_a_metric_without_reference_cannot_be_aimed() -> None:
    with pytest.raises(UsageError, match="compares with nothing"):
        spec("temporal-flickering:source")


def test_a_bundle_and_its_member_give_each_column_once() -> None:
    columns = [found.column for found in metric_specs(["quick", "temporal-flickering"])]
    assert len(columns) == len(set(columns)) > 1


def test_a_key_says_what_was_compared_not_who_made_it() -> None:
    found = spec()
    same, other = ({"video": "a", "target": target} for target in "bc")
    keys = [found.score_key(found.protocol_hash, seen, found.told({"fps": 8.0})) for seen in (same, dict(same), other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_fact_that_the_metric_reads_is_part_of_the_key() -> None:
    found = spec("seconds-per-frame")
    keys = {
        found.score_key(found.protocol_hash, {}, found.told({"seconds": {"generate": s}, "frames": 4}))
        for s in (1.0, 2.0)
    }
    assert len(keys) == 2


@pytest.mark.parametrize("options", [{"every": 0}, {"align": "crop"}])
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ScoreOptions(**options)  # type: ignore[arg-type]


def test_a_name_carries_settings_and_they_are_protocol() -> None:
    plain, other = spec("abs-rel"), spec("abs-rel@alignment=median+maximum_depth=10")
    assert other.protocol["alignment"] == "median" and other.protocol["maximum_depth"] == 10.0
    assert other.column == "abs-rel@alignment=median+maximum_depth=10" and other.protocol_hash != plain.protocol_hash


def test_a_role_and_settings_go_together() -> None:
    found = spec("psnr-rgb:source@cap_db=50")
    assert found.protocol["cap_db"] == 50.0 and found.protocol["against"] == "source"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("abs-rel@alignement=median", "did you mean 'alignment'?"),
        ("abs-rel@resize=none", "abs-rel takes alignment"),
        ("ssim-rgb@window=3", "ssim-rgb takes none"),
        ("abs-rel@maximum_depth=far", "give a float, like 80.0"),
        ("abs-rel@crop=3", "give a list, like"),
    ],
)
def test_a_setting_that_cannot_be_is_named(name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=re.escape(reason)):
        spec(name)


def test_a_suite_sets_what_its_metrics_take() -> None:
    (found,) = metric_specs(["abs-rel"], settings={"maximum_depth": 70.0})
    assert found.protocol["maximum_depth"] == 70.0 and found.column == "abs-rel"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"maximum_dept": 70.0}, "did you mean 'maximum_depth'?"), ({"maximum_depth": "x"}, "give a float, like 80.0")],
)
def test_a_suites_setting_that_cannot_be_is_named(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(UsageError, match=re.escape(reason)):
        check_settings(["abs-rel"], settings)


def test_scored_frames_may_end_early() -> None:
    (found,) = metric_specs(["psnr-rgb"], scored="1:8:1")
    (ask,) = found.asks.values()
    assert (ask.view.offset, ask.view.sampling) == (1, "first:8")
