"""SANA-Video on a tiny checkpoint: sizes of its table, the instruction before the prompt, the image that stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

from tests.adapters.helpers import request
from tests.adapters.tiny.cases import cases
from tests.adapters.tiny.runs import Tiny, pixels
from vbench_py.adapters.diffusers import Diffusers

CARD = "sana-video-2b-480p"


@pytest.mark.parametrize(
    ("task", "changed"),
    [
        ("t2v", {"prompt": "quite another zebra"}),
        ("t2v", {"options": {"call__complex_human_instruction": []}}),
        ("i2v", {"other": "first"}),
    ],
)
def test_what_goes_in_reaches_the_output(task: str, changed: dict[str, Any], tiny: Tiny, tmp_path: Path) -> None:
    chosen = cases()[f"{CARD}:{task}"]
    plain = pixels(chosen, tiny, tmp_path / "plain")
    assert not np.array_equal(plain, pixels(chosen, tiny, tmp_path / "changed", **changed))


@pytest.mark.parametrize(
    ("asked", "expected"), [((640, 360), (832, 480)), ((360, 640), (480, 832)), ((512, 256), (896, 448))]
)
def test_sizes_are_those_that_the_pipeline_takes(
    asked: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    card = cases()[f"{CARD}:t2v"].card
    width, height = asked
    wanted = request("t2v", {}, tmp_path, width=width, height=height, size_policy="nearest")
    planned = Diffusers(card, card.defaults).plan(wanted).parameters
    assert (planned["width"], planned["height"]) == expected
