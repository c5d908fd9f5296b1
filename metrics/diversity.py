"""How different the outputs of one prompt are from seed to seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vbench_py.metrics.entropy import vendi_score
from vbench_py.metrics.vectors import VectorSet
from vbench_py.types import Score, SetRow


class SeedDiversity(VectorSet):
    """Diversity of a group's outputs, each the mean of its frames' vectors at unit length. Higher is more diverse.

    Protocol `number`: `pairs`, the mean over pairs of 1 - cosine, 0 for equal outputs; `vendi`, the Vendi score of the
    cosines, the number of outputs that would be equally diverse if they had nothing in common. A group is one unit: no
    interval here, the spread between groups gives it. `Unsupported` for fewer outputs than the card's minimum.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        frames = self.vectors(rows)
        sums = np.stack([frames.values[frames.owner == i].sum(axis=0, dtype=np.float64) for i in range(len(rows))])
        units = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        cosines = units @ units.T
        details = {"outputs": float(len(rows))}
        if self.protocol["number"] == "vendi":
            return Score(vendi_score(cosines), details)
        return Score(float(np.mean(1 - cosines[np.triu_indices(len(rows), 1)])), details)
