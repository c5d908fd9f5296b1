"""Numbers that are the exponential of an entropy: the Inception Score and the Vendi score."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from vbench_py.metrics.vectors import VectorSet
from vbench_py.types import Score, SetRow, Unsupported


def inception_scores(logits: np.ndarray, splits: int, seed: int | None) -> np.ndarray:
    """exp(mean KL(p(y|x) || p(y))) of each split of (N, classes) logits, (splits,) float64; between 1 and classes.

    `seed` shuffles before splitting as torch-fidelity does (`RandomState(seed).permutation`), None keeps the order.
    Agrees with torch-fidelity 0.4 `isc_features_to_metric` to 1e-9. `Unsupported` for fewer vectors than splits.
    """
    if len(logits) < splits:
        raise Unsupported("outputs", f"{splits} splits need as many frames, there are {len(logits)}")
    if seed is not None:
        logits = logits[np.random.RandomState(seed).permutation(len(logits))]
    found = []
    edges = [i * len(logits) // splits for i in range(splits + 1)]
    for start, stop in pairwise(edges):
        part = logits[start:stop].astype(np.float64)
        part -= part.max(axis=1, keepdims=True)
        part -= np.log(np.exp(part).sum(axis=1, keepdims=True))
        likely = np.exp(part)
        found.append(np.exp((likely * (part - np.log(likely.mean(axis=0)))).sum(axis=1).mean()))
    return np.array(found)


class InceptionScore(VectorSet):
    """Mean over splits of the Inception Score of all frames. Higher is better; 1 when all frames look alike.

    Protocol: `splits`, and `seed` of the shuffle before it. Details: `splits_deviation`. No interval: a video's
    frames fall into several splits, so the splits are not independent.
    """

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        made = self.vectors(rows)
        found = inception_scores(made.values, int(self.protocol["splits"]), self.protocol.get("seed"))
        return Score(float(found.mean()), {"vectors": float(len(made)), "splits_deviation": float(found.std())})


def vendi_score(similarity: np.ndarray) -> float:
    """exp of the entropy of the eigenvalues of (n, n) `similarity` / n: from 1 (all alike) to n (nothing shared).

    `similarity` is symmetric, positive semidefinite, with 1 on the diagonal (Friedman and Dieng 2023).
    """
    values = np.linalg.eigvalsh(similarity / len(similarity))
    values = values[values > 0]
    return float(np.exp(-(values * np.log(values)).sum()))
