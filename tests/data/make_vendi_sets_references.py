"""Writes vendi_sets_references.json: run in an environment with vendi-score 0.0.3, from the root of the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from vendi_score import vendi


def features(seeds: int, frames: int = 4, dimensions: int = 16) -> np.ndarray:
    """As in tests/metrics/test_entropy.py."""
    generator = np.random.RandomState(0)
    shared = generator.randint(0, 8, (1, 1, dimensions))
    return (shared + generator.randint(-4, 5, (seeds, frames, dimensions))).astype(np.float32)


def main() -> None:
    cases = []
    for seeds in (2, 6, 20):
        means = features(seeds).mean(axis=1, dtype=np.float64)
        units = means / np.linalg.norm(means, axis=1, keepdims=True)
        cases.append({"seeds": seeds, "value": float(vendi.score_K(units @ units.T))})
    text = json.dumps({"package": "vendi-score==0.0.3", "function": "vendi.score_K", "cases": cases}, indent=2)
    Path(__file__).with_name("vendi_sets_references.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
