"""CLIP features of each line of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vbench_py.metrics.extractors.clip import CLIPText


class CLIPTextLines(CLIPText):
    """The lines of each of B texts; empty ones count as lines, those at the end do not.

    Gives `features` (B, K, D) float32, K the most lines of a text, rows without a line or with an empty one being 0;
    `lines` (B,) int64, how many each has; `truncated` (B,), the tokens that were cut from all of its lines.
    """

    def __call__(self, texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        split = [[line.strip() for line in text.rstrip().splitlines()] for text in texts]
        flat = [(row, place, line) for row, lines in enumerate(split) for place, line in enumerate(lines) if line]
        counts = np.array([len(lines) for lines in split], dtype=np.int64)
        made = super().__call__([line for _, _, line in flat] or [""])
        features = np.zeros((len(texts), int(counts.max(initial=0)), made["features"].shape[1]), dtype=np.float32)
        cut = np.zeros(len(texts), dtype=np.int64)
        for number, (row, place, _) in enumerate(flat):
            features[row, place] = made["features"][number]
            cut[row] += made["truncated"][number]
        return {"features": features, "lines": counts, "truncated": cut}
