"""The vectors of a set: a row for each window of each output, and to which output and prompt group it belongs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.views import view_of
from vbench_py.types import Ask, BadMedia, SetRow, Unsupported

BLOCK = 2048
"""Rows that are brought to float64 at once."""

FEWEST_UNITS = 10
"""Independent units that an interval needs; with fewer prompt groups, outputs are the units."""


@dataclass(frozen=True)
class Vectors:
    """`values` (N, d) as the network gave them; `owner` (N,) int64, the row of each; `names`, `groups` one a row."""

    values: np.ndarray
    owner: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dimensions(self) -> int:
        return int(self.values.shape[1])

    def blocks(self, size: int = BLOCK) -> Iterator[np.ndarray]:
        """`values` in order, (size, d) float64 at a time."""
        for start in range(0, len(self.values), size):
            yield self.values[start : start + size].astype(np.float64)

    def units(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Names (G,) of the independent units, ascending, and the unit of each vector, (N,) int64.

        Units are prompt groups where there are at least `FEWEST_UNITS`, else outputs.
        """
        grouped = len(set(self.groups)) >= FEWEST_UNITS
        labels = np.array(self.groups if grouped else self.names)
        names, units = np.unique(labels[self.owner], return_inverse=True)
        return tuple(str(name) for name in names), units

    def draws(self, subsets: int, salt: str) -> np.ndarray:
        """(N, subsets) float64 in [0, 1), a function of sample, seed, window and `salt` alone: who is drawn when."""
        parts = []
        for row, count in enumerate(np.bincount(self.owner, minlength=len(self.names))):
            digest = hashlib.sha256(f"{salt}\n{self.names[row]}".encode()).digest()
            generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
            parts.append(generator.random((count, subsets)))
        return np.concatenate(parts)

    def smallest(self, draw: np.ndarray, count: int) -> Vectors:
        """The `count` vectors with the smallest of `draw` (N,), in their order."""
        kept = np.sort(np.argpartition(draw, count - 1)[:count])
        return Vectors(self.values[kept], self.owner[kept], self.names, self.groups)


def gather(rows: Sequence[SetRow], need: str, output: str, window: int | None = None) -> Vectors:
    """The vectors `output` of `need` from all rows, or only those of each row's window number `window`.

    `BadMedia` names the sample whose vectors hold NaN or infinity.
    """
    parts = []
    for row in rows:
        values = np.asarray(row.arrays[need].values[output])
        part = values if window is None else values[window : window + 1]
        if not np.isfinite(part).all():
            raise BadMedia(f"{row.sample} (seed {row.seed}): {output} holds NaN or infinity, no set can be compared")
        parts.append(part)
    return Vectors(
        np.concatenate(parts),
        np.repeat(np.arange(len(rows)), [len(part) for part in parts]),
        tuple(f"{row.sample}:{row.seed}" for row in rows),
        tuple(row.group or row.sample for row in rows),
    )


class VectorSet:
    """What set metrics share: one ask, by the card's protocol, and the vectors of rows and reference.

    The protocol's `output` names the extractor's array (W, d).
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        self.output = str(protocol["output"])
        options = tuple(sorted(protocol.get("options", {}).items()))
        self.needs: Mapping[str, Ask] = {
            "windows": Ask(card.extractors[0], card.roles, view_of(protocol), options),
        }

    def vectors(self, rows: Sequence[SetRow], side: str = "outputs") -> Vectors:
        """`Unsupported` where there are fewer rows than the card's `minimum_outputs`."""
        least = self.card.minimum_outputs
        if len(rows) < least:
            raise Unsupported(side, f"{self.card.id} needs at least {least}, there are {len(rows)}")
        return gather(rows, "windows", self.output)

    def both(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> tuple[Vectors, Vectors]:
        return self.vectors(rows), self.vectors(reference, "reference")

    def sizes(self, made: Vectors, real: Vectors) -> dict[str, float]:
        """The counts that a set's number must be read with."""
        return {
            "vectors": float(len(made)),
            "reference_vectors": float(len(real)),
            "dimensions": float(made.dimensions),
        }
