"""Metrics of codecs and autoencoders on videos and facts whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, metric, score
from vbench_py.types import BadMedia, Facts, Unsupported

FACTS = {"width": 64, "height": 48, "frames": 10, "code_bytes": 4608}


def of_facts(name: str, **facts: Any) -> float:
    return float(metric(name).score({}, Facts({**FACTS, **facts})).value)


def levels(*values: int) -> np.ndarray:
    """(T, 16, 16, 3) uint8 frames of one level each."""
    return np.broadcast_to(np.array(values, np.uint8)[:, None, None, None], (len(values), 16, 16, 3))


def test_the_ratio_of_known_changes() -> None:
    made = score("flicker-ratio", {"video": levels(0, 3, 0, 3), "target": levels(10, 12, 14, 16)})
    assert made.value == 1.5 and (made.details["video"], made.details["target"]) == (3, 2)
    assert made.curve is not None and made.curve.values.tolist() == [1, 1, 1]
    assert score("flicker-error", {"video": levels(0, 3, 0, 3), "target": levels(10, 12, 14, 16)}).value == 0.5


def test_the_ratio_is_that_of_plain_numpy() -> None:
    target = texture(6, 40, 56)
    video = noisy(target, 20)
    changes = [np.abs(np.diff(clip.astype(int), axis=0)).mean() for clip in (video, target)]
    ours = score("flicker-ratio", {"video": video, "target": target}).value
    agree(ours, changes[0] / changes[1], of="flicker-ratio", against="NumPy", stage="whole", rtol=1e-12)


def test_too_much_and_too_little_change_are_both_errors() -> None:
    target = noisy(texture(6, 48, 64), 20)
    for video, side in ((noisy(target, 30), 1), (blurred(target, 3), -1)):
        roles = {"video": video, "target": target}
        assert (score("flicker-ratio", roles).value - 1) * side > 0.05
        assert score("flicker-error", roles).value > 0.05
    assert score("flicker-error", {"video": target, "target": target}).value == 0


def test_no_ratio_to_a_still_target() -> None:
    with pytest.raises(Unsupported, match="does not change"):
        score("flicker-ratio", {"video": levels(1, 2, 3), "target": levels(5, 5, 5)})


def test_unequal_sizes_are_refused() -> None:
    with pytest.raises(BadMedia, match="compare equal frames"):
        score("flicker-error", {"video": levels(1, 2), "target": levels(1, 2)[:, :-1]})


def test_rfvd_is_fvd_as_stylegan_v_has_it() -> None:
    ours, theirs = METRICS["rfvd"], METRICS["fvd-styleganv"]
    assert ours.protocol == theirs.protocol and ours.entry == theirs.entry and ours.reference_set
    assert metric("rfvd").needs == metric("fvd-styleganv").needs


def test_the_size_of_a_known_code() -> None:
    assert of_facts("compression-ratio") == 64 * 48 * 10 * 3 / 4608 == 20
    assert of_facts("bits-per-pixel") == pytest.approx(24 / 20)


@pytest.mark.parametrize("name", ["compression-ratio", "bits-per-pixel"])
def test_a_code_without_a_size_has_no_ratio(name: str) -> None:
    for size in (None, 0):
        with pytest.raises(Unsupported, match="code_bytes"):
            of_facts(name, code_bytes=size)
    with pytest.raises(Unsupported, match="width"):
        of_facts(name, width=None)


@pytest.mark.parametrize(
    ("name", "phase"), [("encode-throughput", "encode_code"), ("decode-throughput", "decode_code")]
)
def test_throughput_of_known_seconds(name: str, phase: str) -> None:
    assert of_facts(name, seconds={phase: 0.25, "write": 9.0}) == 40
    for seconds in ({}, None, {"write": 1.0}, {phase: 0.0}):
        with pytest.raises(Unsupported, match="seconds"):
            of_facts(name, seconds=seconds)


def test_a_code_is_no_video_file_on_its_way_out() -> None:
    """The phases have names of their own: `encode` and `write` are the harness's, and count for nothing here."""
    phases = {METRICS[name].protocol["phase"] for name in ("encode-throughput", "decode-throughput")}
    assert not phases & set(METRICS["seconds-per-frame"].protocol["excluded"])
