"""Inception-v3 as in the TensorFlow graph of 2015-12-05: the network behind FID, KID and the Inception Score."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 1008


class Unit(nn.Conv2d):
    """A convolution with its batch normalisation folded in, then ReLU; odd kernels with stride 1 keep the size."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], *, stride: int = 1, pad: bool = True):
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2) if pad else (0, 0)
        super().__init__(inputs, outputs, sides, stride, padding)

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).relu_()


class Mixed(nn.Module):
    """Branches side by side. Units carry the names of the checkpoint; `branches` says which follow which.

    A branch is a chain of unit names; a tuple inside it is a fork: those units read the same maps, and end the branch.
    `pool` comes before the unit branch_pool: mean (over pixels inside only, as TensorFlow does), max, or shrink (a max
    pooling with stride 2 and no unit).
    """

    def __init__(self, units: Mapping[str, Unit], branches: tuple[tuple[str | tuple[str, ...], ...], ...], pool: str):
        super().__init__()
        for name, unit in units.items():
            self.add_module(name, unit)
        self.branches = branches
        self.pool = pool

    def forward(self, maps: Tensor) -> Tensor:
        made = []
        for branch in self.branches:
            passed = maps
            for step in branch:
                if isinstance(step, tuple):
                    passed = torch.cat([self.get_submodule(name)(passed) for name in step], 1)
                else:
                    passed = self.get_submodule(step)(passed)
            made.append(passed)
        if self.pool == "shrink":
            made.append(functional.max_pool2d(maps, 3, 2))
        elif self.pool == "max":
            made.append(self.get_submodule("branch_pool")(functional.max_pool2d(maps, 3, 1, 1)))
        else:
            pooled = functional.avg_pool2d(maps, 3, 1, 1, count_include_pad=False)
            made.append(self.get_submodule("branch_pool")(pooled))
        return torch.cat(made, 1)


class Width:
    """Channel counts of the official network times `factor`, at least one."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, channels: int) -> int:
        return max(1, round(channels * self.factor))


def _mixed_5(inputs: int, pooled: int, width: Width) -> Mixed:
    a, b, c = width(48), width(64), width(96)
    units = {
        "branch1x1": Unit(inputs, b, 1),
        "branch5x5_1": Unit(inputs, a, 1),
        "branch5x5_2": Unit(a, b, 5),
        "branch3x3dbl_1": Unit(inputs, b, 1),
        "branch3x3dbl_2": Unit(b, c, 3),
        "branch3x3dbl_3": Unit(c, c, 3),
        "branch_pool": Unit(inputs, pooled, 1),
    }
    branches = (("branch1x1",), ("branch5x5_1", "branch5x5_2"), tuple(f"branch3x3dbl_{i}" for i in (1, 2, 3)))
    return Mixed(units, branches, "mean")


def _mixed_6a(inputs: int, width: Width) -> Mixed:
    b, c = width(64), width(96)
    units = {
        "branch3x3": Unit(inputs, width(384), 3, stride=2, pad=False),
        "branch3x3dbl_1": Unit(inputs, b, 1),
        "branch3x3dbl_2": Unit(b, c, 3),
        "branch3x3dbl_3": Unit(c, c, 3, stride=2, pad=False),
    }
    return Mixed(units, (("branch3x3",), tuple(f"branch3x3dbl_{i}" for i in (1, 2, 3))), "shrink")


def _mixed_6(inputs: int, inner: int, width: Width) -> Mixed:
    outer = width(192)
    units = {
        "branch1x1": Unit(inputs, outer, 1),
        "branch7x7_1": Unit(inputs, inner, 1),
        "branch7x7_2": Unit(inner, inner, (1, 7)),
        "branch7x7_3": Unit(inner, outer, (7, 1)),
        "branch7x7dbl_1": Unit(inputs, inner, 1),
        "branch7x7dbl_2": Unit(inner, inner, (7, 1)),
        "branch7x7dbl_3": Unit(inner, inner, (1, 7)),
        "branch7x7dbl_4": Unit(inner, inner, (7, 1)),
        "branch7x7dbl_5": Unit(inner, outer, (1, 7)),
        "branch_pool": Unit(inputs, outer, 1),
    }
    chains = (tuple(f"branch7x7_{i}" for i in range(1, 4)), tuple(f"branch7x7dbl_{i}" for i in range(1, 6)))
    return Mixed(units, (("branch1x1",), *chains), "mean")


def _mixed_7a(inputs: int, width: Width) -> Mixed:
    inner = width(192)
    units = {
        "branch3x3_1": Unit(inputs, inner, 1),
        "branch3x3_2": Unit(inner, width(320), 3, stride=2, pad=False),
        "branch7x7x3_1": Unit(inputs, inner, 1),
        "branch7x7x3_2": Unit(inner, inner, (1, 7)),
        "branch7x7x3_3": Unit(inner, inner, (7, 1)),
        "branch7x7x3_4": Unit(inner, inner, 3, stride=2, pad=False),
    }
    branches = (("branch3x3_1", "branch3x3_2"), tuple(f"branch7x7x3_{i}" for i in range(1, 5)))
    return Mixed(units, branches, "shrink")


def _mixed_7(inputs: int, pool: str, width: Width) -> Mixed:
    inner, entry = width(384), width(448)
    units = {
        "branch1x1": Unit(inputs, width(320), 1),
        "branch3x3_1": Unit(inputs, inner, 1),
        "branch3x3_2a": Unit(inner, inner, (1, 3)),
        "branch3x3_2b": Unit(inner, inner, (3, 1)),
        "branch3x3dbl_1": Unit(inputs, entry, 1),
        "branch3x3dbl_2": Unit(entry, inner, 3),
        "branch3x3dbl_3a": Unit(inner, inner, (1, 3)),
        "branch3x3dbl_3b": Unit(inner, inner, (3, 1)),
        "branch_pool": Unit(inputs, width(192), 1),
    }
    branches = (
        ("branch1x1",),
        ("branch3x3_1", ("branch3x3_2a", "branch3x3_2b")),
        ("branch3x3dbl_1", "branch3x3dbl_2", ("branch3x3dbl_3a", "branch3x3dbl_3b")),
    )
    return Mixed(units, branches, pool)


class InceptionV3(nn.Module):
    """(B, 3, 299, 299) float32, levels as (x - 128) / 128, to the pooled features (B, 2048), before the last layer.

    `fc` is the last layer, (B, 2048) to logits (B, 1008), where `logits`. `width` scales all channels but the classes.
    """

    def __init__(self, width: float = 1.0, *, logits: bool) -> None:
        super().__init__()
        w = Width(width)
        narrow = [2 * w(64) + w(96) + w(pooled) for pooled in (32, 64, 64)]
        wide = w(384) + w(96) + narrow[2]
        last = w(320) + w(192) + 4 * w(192)
        final = w(320) + 4 * w(384) + w(192)
        self.Conv2d_1a_3x3 = Unit(3, w(32), 3, stride=2, pad=False)
        self.Conv2d_2a_3x3 = Unit(w(32), w(32), 3, pad=False)
        self.Conv2d_2b_3x3 = Unit(w(32), w(64), 3)
        self.Conv2d_3b_1x1 = Unit(w(64), w(80), 1)
        self.Conv2d_4a_3x3 = Unit(w(80), w(192), 3, pad=False)
        self.Mixed_5b = _mixed_5(w(192), w(32), w)
        self.Mixed_5c = _mixed_5(narrow[0], w(64), w)
        self.Mixed_5d = _mixed_5(narrow[1], w(64), w)
        self.Mixed_6a = _mixed_6a(narrow[2], w)
        self.Mixed_6b = _mixed_6(wide, w(128), w)
        self.Mixed_6c = _mixed_6(4 * w(192), w(160), w)
        self.Mixed_6d = _mixed_6(4 * w(192), w(160), w)
        self.Mixed_6e = _mixed_6(4 * w(192), w(192), w)
        self.Mixed_7a = _mixed_7a(4 * w(192), w)
        self.Mixed_7b = _mixed_7(last, "mean", w)
        self.Mixed_7c = _mixed_7(final, "max", w)
        if logits:
            self.fc = nn.Linear(final, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images)))
        maps = self.Conv2d_3b_1x1(functional.max_pool2d(maps, 3, 2))
        maps = functional.max_pool2d(self.Conv2d_4a_3x3(maps), 3, 2)
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                maps = block(maps)
        pooled: Tensor = maps.mean((2, 3))
        return pooled
