"""DOVER (Wu et al. 2023): technical and aesthetic quality of a video, by a network each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vbench_py.metrics.extractors.dover_convnext import ConvNeXt3D
from vbench_py.metrics.extractors.dover_swin import SwinTransformer3D
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.types import Unsupported
from vbench_py.video import probe, read_chunks

CLIPS, LENGTH, INTERVAL = 3, 32, 2
_GRID, _FRAGMENT = 7, 32
_SIDE = _GRID * _FRAGMENT
_MEAN = (123.675, 116.28, 103.53)
_DEVIATION = (58.395, 57.12, 57.375)


def middle(choices: int) -> int:
    """The middle of 0 .. choices - 1, which the reference draws from; 0 where there is no choice."""
    return max(choices - 1, 0) // 2


def clip_frames(frames: int) -> np.ndarray:
    """(3, 32) int64: the technical clips, every second frame from within each third of the video, wrapping around."""
    third = frames // CLIPS
    first = np.arange(CLIPS) * third + middle(third - LENGTH * INTERVAL)
    return np.asarray((first[:, None] + np.arange(LENGTH) * INTERVAL) % frames, dtype=np.int64)


def spread_frames(frames: int) -> np.ndarray:
    """(32,) int64: the aesthetic frames, one from within each 32nd of the video; the first 32 times in shorter ones."""
    part = frames // LENGTH
    return np.asarray((np.arange(LENGTH) * part + middle(part - INTERVAL)) % frames, dtype=np.int64)


def fragments(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 to (224, 224, 3) uint8: 7 x 7 pieces of 32 x 32, each from the middle of its cell of the frame.

    A frame with a side below 224 is enlarged first (bilinear, cut to whole levels), and pieces then lie where they
    would have in the original, as published. `Unsupported` below 32.
    """
    height, width = frame.shape[:2]
    if min(height, width) < _FRAGMENT:
        raise Unsupported("size", f"DOVER needs sides of at least {_FRAGMENT} px, not {width}x{height}")
    ratio = min(height / _SIDE, width / _SIDE)
    if ratio < 1:
        # Planes by themselves, as in the reference: torch rounds otherwise for three together, and the cut shows it.
        pixels = torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1)))[:, None] / 255.0
        with _one_thread():
            larger = functional.interpolate(pixels, scale_factor=1 / ratio, mode="bilinear")
        frame = (larger * 255.0).to(torch.uint8)[:, 0].permute(1, 2, 0).numpy()
    rows, columns = (_pieces(side) for side in (height, width))
    return np.ascontiguousarray(frame[rows[:, None], columns])


@contextmanager
def _one_thread() -> Iterator[None]:
    """torch interpolates by another formula when several threads share the work, and the cut to 8 bits shows it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _pieces(side: int) -> np.ndarray:
    """(224,) int64: which pixels of `side` the pieces take along it."""
    cell = side // _GRID
    starts = np.minimum(np.arange(_GRID) * cell, side - _FRAGMENT) + middle(cell - _FRAGMENT)
    return np.asarray((starts[:, None] + np.arange(_FRAGMENT)).reshape(-1))


def resized(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 stretched to (224, 224, 3) uint8: bilinear without antialias, rounded, as torchvision 0.14."""
    pixels = torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1)))[None].float()
    with _one_thread():
        small = functional.interpolate(pixels, (_SIDE, _SIDE), mode="bilinear", align_corners=False)
    return np.ascontiguousarray(small.round().to(torch.uint8)[0].permute(1, 2, 0).numpy())


class Head(nn.Module):
    """(B, C, T, H, W) to the mark of each clip, (B,): the mean over places of two linear layers."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc_hid = nn.Conv3d(channels, hidden, 1)
        self.gelu = nn.GELU()
        self.fc_last = nn.Conv3d(hidden, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        marks: Tensor = self.fc_last(self.gelu(self.fc_hid(features)))
        return marks.mean(dim=(1, 2, 3, 4))


class DOVERNetwork(nn.Module):
    """Both branches, under the names of `DOVER.pth`."""

    def __init__(
        self, width: int, depths: Sequence[int], heads: Sequence[int],
        widths: Sequence[int], blocks: Sequence[int], hidden: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.technical_backbone = SwinTransformer3D(width, depths, heads)
        self.technical_head = Head(width << (len(depths) - 1), hidden)
        self.aesthetic_backbone = ConvNeXt3D(widths, blocks)
        self.aesthetic_head = Head(widths[-1], hidden)


class DOVER:
    """Technical and aesthetic marks of a video file, unbounded, higher is better.

    Gives `index` (3,) int64, first frames of the technical clips, `technical` (3,) float64, and `aesthetic` (3,)
    float64, the one mark of the whole video at each of them. Of the file only the frames in use are kept, at 224 x 224.
    Options: the sizes of `DOVERNetwork`, and `first` and `every` (the video is frames first, first + every, ...).
    The reference draws clips and fragments at random; here each is the middle of its range (`middle`).
    Agrees with VQAssessment/DOVER@f1ddc96 `evaluate_one_video.py` on equal draws to 1e-4.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        sizes = {name: options[name] for name in ("width", "depths", "heads", "widths", "blocks", "hidden")}
        self._build: Callable[[], DOVERNetwork] = lambda: DOVERNetwork(**sizes)
        self._first, self._every = int(options["first"]), int(options["every"])
        (self._path,) = weights.values()
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self._network = load_network(self._build, read_state_dict(self._path), self._path, self._device)
        shape = (1, 3, 1, 1, 1)
        self._mean, self._deviation = (torch.tensor(v, device=self._device).view(shape) for v in (_MEAN, _DEVIATION))

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes for a file of (frames, height, width, channels) `shape`: attention of one clip, and the frames kept."""
        return (1 << 30) + 128 * _SIDE * _SIDE * 3

    def __call__(self, video: Path) -> Mapping[str, np.ndarray]:
        info = probe(video)
        shown = np.arange(info.frames)[self._first :: self._every]
        if not len(shown):
            raise Unsupported("frames", f"DOVER needs a frame, {video} has {info.frames}, none of them picked")
        clips, spread = shown[clip_frames(len(shown))], shown[spread_frames(len(shown))]
        pieces: dict[int, np.ndarray] = dict.fromkeys(clips.reshape(-1).tolist(), np.empty(0))
        looks: dict[int, np.ndarray] = dict.fromkeys(spread.tolist(), np.empty(0))
        number = 0
        with closing(read_chunks(video, info=info)) as chunks:
            for chunk in chunks:
                for frame in chunk:
                    if number in pieces:
                        pieces[number] = fragments(frame)
                    if number in looks:
                        looks[number] = resized(frame)
                    number += 1
        network = self._network
        technical = [self._mark(network.technical_backbone, network.technical_head, pieces, clip) for clip in clips]
        aesthetic = self._mark(network.aesthetic_backbone, network.aesthetic_head, looks, spread)
        return {
            "index": clips[:, 0],
            "technical": np.array(technical, dtype=np.float64),
            "aesthetic": np.full(len(clips), aesthetic, dtype=np.float64),
        }

    @torch.inference_mode()
    def _mark(self, backbone: nn.Module, head: nn.Module, at: Mapping[int, np.ndarray], frames: np.ndarray) -> float:
        """The mark of one clip: `frames` (32,) of the frames `at` hand."""
        clip = torch.from_numpy(np.stack([at[int(frame)] for frame in frames])).to(self._device)
        pixels = (clip.permute(3, 0, 1, 2)[None].float() - self._mean) / self._deviation
        return float(head(backbone(pixels)))
