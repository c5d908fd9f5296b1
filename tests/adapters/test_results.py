"""What functions return: every accepted form gives the same frames, all else an error that names it."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.adapters.helpers import waves
from vbench_py.adapters.results import named_outputs
from vbench_py.frames import iter_frames
from vbench_py.types import BadMedia

CLIP = waves(4)
FLOATS = CLIP.astype(np.float32) / 255


class DiffusersOutput(OrderedDict[str, Any]):
    """As diffusers' BaseOutput: a mapping whose values are attributes too."""

    @property
    def frames(self) -> Any:
        return self["frames"]


def frames_of(result: Any) -> np.ndarray:
    return np.stack(list(iter_frames(named_outputs(result)["video"].content)))


FORMS: dict[str, Any] = {
    "uint8 array": CLIP,
    "uint8 array with a batch of one": CLIP[None],
    "channels second": CLIP.transpose(0, 3, 1, 2),
    "float32 array": FLOATS,
    "float64 array": CLIP / 255,
    "float with rounding noise": FLOATS * 1.0005,
    "uint8 tensor": torch.from_numpy(CLIP),
    "float tensor, channels second, batch of one": torch.from_numpy(FLOATS).permute(0, 3, 1, 2)[None],
    "tensor that wants a gradient": torch.from_numpy(FLOATS).requires_grad_(),
    "list of arrays": list(CLIP),
    "list of PIL images": [Image.fromarray(frame) for frame in CLIP],
    "list of tensors, channels first": list(torch.from_numpy(CLIP).permute(0, 3, 1, 2)),
    "batch list of PIL images": [[Image.fromarray(frame) for frame in CLIP]],
    "pair with a rate": (CLIP, 24),
    "diffusers, PIL": DiffusersOutput(frames=[[Image.fromarray(frame) for frame in CLIP]]),
    "diffusers, array": DiffusersOutput(frames=FLOATS[None]),
    "diffusers, tensor": DiffusersOutput(frames=torch.from_numpy(FLOATS).permute(0, 3, 1, 2)[None]),
    "dict": {"video": CLIP},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_frames(form: str) -> None:
    np.testing.assert_array_equal(frames_of(FORMS[form]), CLIP)


def test_bfloat16_is_taken() -> None:
    made = frames_of(torch.from_numpy(FLOATS).bfloat16()).astype(int)
    assert np.abs(made - CLIP).max() <= 1


def test_an_iterator_of_frames_and_chunks_is_streamed() -> None:
    output = named_outputs(iter([CLIP[0], CLIP[1:3], CLIP[3]]))["video"]
    assert output.streamed
    np.testing.assert_array_equal(np.stack(list(iter_frames(output.content))), CLIP)


def test_a_pair_carries_its_rate() -> None:
    assert named_outputs((CLIP, 24))["video"].fps == 24.0


def test_several_outputs_keep_their_names() -> None:
    assert list(named_outputs({"video": CLIP, "view/030": CLIP})) == ["video", "view/030"]


REFUSED: dict[str, tuple[Any, str]] = {
    "minus one to one": (FLOATS * 2 - 1, r"from -0\.\d+ to 0\.\d+, outside \[0, 1\]; map it with \(x \+ 1\) / 2"),
    "float to 255": (CLIP.astype(np.float32), r"scale it to \[0, 1\]"),
    "NaN": (np.where(FLOATS > 0.5, np.nan, FLOATS), "NaN or infinite"),
    "int64": (CLIP.astype(np.int64), "type int64"),
    "bool": (CLIP > 0, "type bool"),
    "channels first of all": (CLIP.transpose(3, 0, 1, 2), "looks like"),
    "grey": (CLIP[..., 0], r"shape \(4, 24, 32\)"),
    "two videos": (np.stack([CLIP, CLIP]), r"shape \(2, 4, 24, 32, 3\)"),
    "two videos of PIL images": ([[Image.fromarray(CLIP[0])]] * 2, "batch of 2 videos"),
    "reads two ways": (np.zeros((2, 3, 8, 3), np.uint8), "reads two ways"),
    "frames of unequal size": ([CLIP[0], CLIP[1][:8]], "frame 1 has shape"),
    "nothing": (None, "returned None"),
    "no frames": ([], "no frames"),
    "an empty array": (CLIP[:0], "shape"),
    "an empty dict": ({}, "empty dict"),
    "a number": (3, "returned int"),
    "a list of numbers": ([1, 2, 3], "a frame is a int"),
    "a path to nowhere": ("nowhere.mp4", "nothing is there"),
    "a name that climbs": ({"../video": CLIP}, "named '../video'"),
    "a rate of nothing": ((CLIP, 0), "above 0"),
}


@pytest.mark.parametrize("form", REFUSED)
def test_everything_else_is_refused_with_a_reason(form: str) -> None:
    result, message = REFUSED[form]
    with pytest.raises(BadMedia, match=message):
        frames_of(result)


def test_a_function_of_arrays_needs_no_torch(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np\n"
        "from vbench_py.adapters.callable import Callable\n"
        "from vbench_py.adapters.results import named_outputs\n"
        "from vbench_py.frames import iter_frames\n"
        "print(len(list(iter_frames(named_outputs(np.zeros((2, 4, 4, 3)))['video'].content))))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("2\n", "")
