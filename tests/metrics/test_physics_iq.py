"""Physics-IQ: the reference's numbers on its own functions, and what must hold without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.data.make_physics_iq_references import FPS, MEASURES, STORED, clip, clips
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, build, entry, metric
from vbench_py.types import BadMedia, Facts, Score, Series, SetRow, Unsupported
from vbench_py.video import write_video

EXACT = json.loads(STORED.read_text(encoding="utf-8"))["exact"]
CODED = json.loads(STORED.read_text(encoding="utf-8"))["mp4v"]


def seen(name: str, files: Mapping[str, Path]) -> dict[str, Series]:
    """What the metric's extractor says of files by role."""
    found = {}
    for need, ask in metric(name).needs.items():
        made = dict(build(ask)(*(files[role] for role in ask.on)))
        found[need] = Series(made.pop("index"), made)
    return found


def stored(folder: Path, roles: Mapping[str, np.ndarray]) -> dict[str, Path]:
    """The clips as lossless files."""
    files = {}
    for role, frames in roles.items():
        files[role] = folder / f"{role}.mkv"
        files[role].parent.mkdir(parents=True, exist_ok=True)
        write_video(files[role], frames, fps=FPS)
    return files


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Series]]:
    """What is seen of every scenario, by scene/view."""
    folder = tmp_path_factory.mktemp("physics")
    return {
        f"{scene}/{view}": seen("physics-iq", stored(folder / scene / view, roles)) for scene, view, roles in clips()
    }


def total(rows: Mapping[str, dict[str, Series]], **changes: bool) -> Score:
    card = METRICS["physics-iq"]
    made = entry(card.entry)(card, {**card.protocol, **changes})
    found = [SetRow(name, 0, name.partition("/")[0], arrays) for name, arrays in sorted(rows.items())]
    return made.compute(found, ())  # type: ignore[no-any-return]


@pytest.mark.parametrize("measure", MEASURES)
def test_measures_of_every_clip_are_the_references(rows: dict[str, dict[str, Series]], measure: str) -> None:
    name = f"physics-iq-{measure}"
    facts = Facts({"fps": float(FPS), "frames": 5 * FPS})
    ours = [metric(name).score({"motion": arrays["model"]}, facts).value for arrays in rows.values()]
    theirs = [EXACT[f"model/{measure}"][clip_name] for clip_name in rows]
    agree(ours, theirs, of=name, stage="whole", atol=1e-7 if measure == "mse" else 1e-12)


def test_the_total_is_the_references(rows: dict[str, dict[str, Series]]) -> None:
    agree(total(rows).value, EXACT["total"], of="physics-iq", stage="whole", atol=0.005)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_the_two_takes_share_is_the_references(rows: dict[str, dict[str, Series]], measure: str) -> None:
    found = total(rows, rounded=False)
    for kind, name in (("model", measure), ("takes", f"takes-{measure}")):
        expected = np.mean(list(EXACT[f"{kind}/{measure}"].values()))
        np.testing.assert_allclose(found.details[name], expected, atol=1e-7)


def test_the_references_lossy_masks_move_the_total_by_little(rows: dict[str, dict[str, Series]]) -> None:
    assert abs(total(rows).value - CODED["total"]) < 1


def test_rounding_as_published_moves_the_total_by_less_than_a_tenth(rows: dict[str, dict[str, Series]]) -> None:
    assert abs(total(rows).value - total(rows, rounded=False).value) < 0.1


def test_a_second_take_scores_100(rows: dict[str, dict[str, Series]]) -> None:
    again = {name: {"model": arrays["takes"], "takes": arrays["takes"]} for name, arrays in rows.items()}
    assert total(again, rounded=False).value == pytest.approx(100, abs=1e-9)
    assert total(again).value == pytest.approx(100, abs=0.05)


def test_takes_that_share_nothing_have_no_total() -> None:
    names = ("mse", "intersection", "spatial_intersection", "weighted_intersection")
    values = dict.fromkeys(names, np.zeros(2)) | {
        name.replace("intersection", "union"): np.ones(2) for name in names[1:]
    }
    nothing = Series(np.arange(2), values)
    with pytest.raises(Unsupported, match="two real takes have spatial-iou 0"):
        total({"a/b": {"model": nothing, "takes": nothing}})


@pytest.mark.parametrize("measure", ["spatial-iou", "spatiotemporal-iou", "weighted-spatial-iou"])
def test_the_same_clip_overlaps_itself_and_a_still_one_not_at_all(measure: str, tmp_path: Path) -> None:
    moving = clip(3, (2, 5))
    files = stored(tmp_path, {"video": moving, "target": moving, "still": moving[:1].repeat(len(moving), axis=0)})
    name, facts = f"physics-iq-{measure}", Facts({"fps": float(FPS)})
    assert metric(name).score(seen(name, files), facts).value == 1
    assert metric(name).score(seen(name, {**files, "video": files["still"]}), facts).value < 0.05
    assert metric(name).score(seen(name, {"video": files["still"], "target": files["still"]}), facts).value == 1


def test_a_clip_of_another_length_is_refused_where_the_protocol_says_five_seconds(tmp_path: Path) -> None:
    card = METRICS["physics-iq-mse"]
    strict = entry(card.entry)(card, {**card.protocol, "seconds": 5.0})
    files = stored(tmp_path, {"video": clip(0, (1, 1), 39), "target": clip(0, (1, 1), 39)})
    arrays = seen("physics-iq-mse", files)
    with pytest.raises(Unsupported, match=r"clips of 5 s, this one has 39 frames at 8 a second"):
        strict.score(arrays, Facts({"fps": 8.0}))
    assert strict.score(arrays, Facts({"fps": 7.8})).value == 0


def test_clips_of_unequal_frame_count_are_refused(tmp_path: Path) -> None:
    files = stored(tmp_path, {"video": clip(0, (1, 1), 7), "target": clip(0, (1, 1), 8)})
    with pytest.raises(BadMedia, match=r"video\.mkv: ends after 7 frames"):
        seen("physics-iq-mse", files)
