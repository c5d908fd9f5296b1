"""fvd-128f-subsample8 is fvd-styleganv of every eighth frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.metrics.clips import texture
from tests.metrics.running import METRICS, metric, rows
from vbench_py.features.sampling import sampled_frames

LONG, SHORT = "fvd-128f-subsample8", "fvd-styleganv"


def test_its_frames_are_those_of_stylegan_v() -> None:
    """`metric_utils.py` asks its generator for list(range(0, 16 * 8, 8)); clips have at least 128 frames."""
    view = metric(LONG).needs["windows"].view
    assert sampled_frames(view.sampling, METRICS[LONG].minimum_frames).tolist() == list(range(0, 16 * 8, 8))


def test_all_but_the_frames_is_fvd_as_stylegan_v_has_it() -> None:
    ask, other = metric(LONG).needs["windows"], metric(SHORT).needs["windows"]
    assert replace(ask, view=replace(ask.view, sampling=other.view.sampling)) == other
    assert METRICS[LONG].entry == METRICS[SHORT].entry
    assert METRICS[LONG].protocol["unbiased"] is METRICS[SHORT].protocol["unbiased"]


def test_its_vectors_are_those_of_the_picked_frames() -> None:
    clip = texture(128, 32, 48)
    (long,), (short,) = rows(LONG, {"a": clip}), rows(SHORT, {"a": clip[::8]})
    for name, values in short.arrays["windows"].values.items():
        np.testing.assert_array_equal(long.arrays["windows"].values[name], values)
