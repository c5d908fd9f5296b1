"""Temporal metrics on motion whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from tests.metrics.clips import noisy, texture
from tests.metrics.motion_cases import made_clip, made_flows
from tests.metrics.parity import agree
from tests.metrics.running import metric, score
from vbench_py.metrics.extractors.flow import flow_function, grey, resample
from vbench_py.metrics.extractors.warping import PublishedWarpingError, WarpingError, consistent
from vbench_py.types import BadMedia, Facts, Score, Series, Unsupported

REFERENCES = Path(__file__).parents[1] / "data" / "raft_references.json"


def test_flickering_of_a_known_jump() -> None:
    video = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (10, 20, 40)])
    assert score("temporal-flickering", {"video": video}).value == pytest.approx(1 - 15 / 255, abs=1e-12)


def test_flickering_of_a_single_frame_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="at least 2 frames"):
        score("temporal-flickering", {"video": texture(1, 16, 16)})


@pytest.mark.parametrize("name", ["farneback", "dis"])
def test_flow_finds_a_known_translation(name: str) -> None:
    clip = texture(2, 96, 128)
    flow = flow_function(name)(grey(clip[0]), grey(clip[1]))
    assert np.median(flow.reshape(-1, 2), axis=0) == pytest.approx([-2, -1], abs=0.15)


@pytest.mark.parametrize("name", ["tof", "tof-dis"])
def test_tof_of_a_video_without_motion_is_the_length_of_the_motion(name: str) -> None:
    target = texture(8, 96, 128)
    video = np.repeat(target[:1], 8, axis=0)
    assert score(name, {"video": video, "target": target}).value == pytest.approx(np.hypot(1, 2), rel=0.1)


def test_tof_is_the_plain_formula_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Functions that round otherwise at the ends of unaligned arrays make it depend on where the flow lies in memory.
    flows = np.random.RandomState(0).standard_normal((2, 33, 47, 2)).astype(np.float32)
    answers = iter(flows)
    monkeypatch.setattr(
        "vbench_py.metrics.extractors.flow_difference.flow_function", lambda name: lambda first, second: next(answers)
    )
    clip = texture(2, 33, 47)
    x, y = np.moveaxis(flows[0] - flows[1], 2, 0)
    expected = np.mean(np.sqrt(np.square(x) + np.square(y)), dtype=np.float64)
    assert score("tof-dis", {"video": clip, "target": clip}).value == expected


def test_warping_error_of_smooth_motion_is_small() -> None:
    made = score("warping-error-dis", {"video": texture(4, 96, 128)})
    assert made.value < 1e-4
    assert made.details["valid_share"] > 0.9


def test_warping_error_of_flicker_is_about_its_variance() -> None:
    video = np.repeat(texture(1, 96, 128), 2, axis=0)
    video[0], video[1] = video[0] // 2, video[0] // 2 + 51
    assert score("warping-error-dis", {"video": video}).value == pytest.approx(0.2**2, rel=0.05)


def test_warping_error_agrees_with_the_formula_of_lai_on_the_same_flow_and_mask() -> None:
    first, second = noisy(texture(2, 64, 80), 10)
    flow = flow_function("dis")
    forward, backward = flow(grey(first), grey(second)), flow(grey(second), grey(first))
    rows, columns = np.mgrid[:64, :80]
    places = [rows + forward[..., 1], columns + forward[..., 0]]
    warped = np.stack([map_coordinates(second[..., c] / 255, places, order=1, mode="nearest") for c in range(3)], -1)
    mask = np.repeat(consistent(forward, backward)[..., None], 3, axis=2)
    expected = np.sum(np.square((warped - first / 255) * mask)) / np.sum(mask)
    made = WarpingError({}, {})(np.stack([first, second])[None], forward[None], backward[None])
    # OpenCV's remap rounds positions to 1/32 pixel.
    of = ("warping-error-dis", "warping-error-raft", "warping-error-source-raft")
    agree(made["value"][0], expected, of=of, against="scipy map_coordinates", stage="algebra", rtol=0.02)


def test_warping_error_is_what_it_was_before_flow_was_shared() -> None:
    made = score("warping-error-dis", {"video": noisy(texture(5, 72, 96), 12)})
    assert made.curve is not None
    # Another processor's flow may differ in its last bits; on the machine that stored them the values are equal.
    before = [0.001500521334597059, 0.0014866989560497347, 0.0014944255785284727, 0.0015009525593078874]
    np.testing.assert_allclose(made.curve.values, before, rtol=1e-6)
    assert made.details["valid_share"] == pytest.approx(0.947120949074074, rel=1e-6)


def test_published_warping_error_is_that_of_lai_on_the_same_flow() -> None:
    forward, backward = made_flows()
    extractor = PublishedWarpingError({"variant": "lai"}, {})
    made = extractor(made_clip(2)[None], forward[None], backward[None])
    stored = json.loads(REFERENCES.read_text(encoding="utf-8"))["lai"]
    assert 0.05 < made["valid"][0] < 0.95
    agree(made["value"][0], stored, of="warping-error-lai-asis", stage="algebra", rtol=1e-5)


def test_resampling_is_linear_interpolation_with_the_border_repeated() -> None:
    image, flow = made_clip(1, 20, 30)[0].astype(np.float32), made_flows(20, 30)[0] * 3
    rows, columns = np.mgrid[:20, :30]
    places = [rows + flow[..., 1], columns + flow[..., 0]]
    expected = np.stack([map_coordinates(image[..., c], places, order=1, mode="nearest") for c in range(3)], -1)
    np.testing.assert_allclose(resample(image, flow), expected, atol=1e-3)


def test_warping_error_of_a_still_video_is_none() -> None:
    still = np.repeat(texture(1, 64, 80), 3, axis=0)
    assert score("warping-error-dis", {"video": still}).value == 0


@pytest.mark.parametrize("extractor", [WarpingError({}, {}), PublishedWarpingError({"variant": "lai"}, {})])
def test_noise_makes_warping_error_worse(extractor: WarpingError) -> None:
    clip = texture(2, 64, 80)
    slide = np.broadcast_to(np.array([-2, -1], np.float32), (1, 64, 80, 2))
    steps = [float(extractor(noisy(clip, amount)[None], slide, -slide)["value"][0]) for amount in (0, 4, 16)]
    assert steps[0] < 1e-4 and steps == sorted(steps) and len(set(steps)) == 3


def test_only_the_scored_videos_pixels_enter_along_the_sources_flow() -> None:
    source = texture(3, 64, 80)
    made = score("warping-error-source-raft", {"video": source // 2, "source": source})
    whole = score("warping-error-source-raft", {"video": source, "source": source})
    assert made.value == pytest.approx(whole.value / 4, rel=0.05)
    assert made.details == {**whole.details, **{k: v for k, v in made.details.items() if k == "worst_second"}}


def test_a_flow_of_another_size_is_refused() -> None:
    flow = np.zeros((1, 30, 32, 2), np.float32)
    with pytest.raises(BadMedia, match=r"32x32.*32x30"):
        WarpingError({}, {})(texture(2, 32, 32)[None], flow, flow)


FAR = np.concatenate([np.zeros((1, 32, 32, 2), np.float32), np.full((1, 32, 32, 2), 99.0, np.float32)])


def pairs(extractor: WarpingError) -> Series:
    """Two pairs, the first in place, the second flown out of the frame."""
    clip = texture(3, 32, 32)
    return Series(np.arange(2), extractor(np.stack([clip[:2], clip[1:]]), FAR, -FAR))


def reduced(name: str, series: Series) -> Score:
    return metric(name).score({"windows": series}, Facts())  # type: ignore[no-any-return]


def test_a_pair_without_valid_pixels_is_left_out_and_counted() -> None:
    series = pairs(WarpingError({}, {}))
    made = reduced("warping-error-dis", series)
    assert made.value == series.values["value"][0] > 0 and np.isnan(series.values["value"][1])
    assert made.details == {"valid_share": 0.5, "pairs_without_valid_pixels": 1}
    assert made.curve is not None and len(made.curve.values) == 1


def test_a_video_without_valid_pixels_is_unsupported() -> None:
    series = pairs(WarpingError({}, {}))
    alone = Series(series.index[1:], {name: array[1:] for name, array in series.values.items()})
    with pytest.raises(Unsupported, match="no window"):
        reduced("warping-error-dis", alone)


def test_the_published_code_counts_a_pair_without_valid_pixels_as_perfect() -> None:
    series = Series(np.arange(2), {"value": np.array([0.5, 0.0]), "valid": np.array([1.0, 0.0])})
    assert reduced("warping-error-lai-asis", series).value == 0.25
