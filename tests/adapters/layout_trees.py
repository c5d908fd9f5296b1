"""Trees of empty files in the layouts of the field, and what the adapter makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.adapters.helpers import method
from vbench_py.adapters.matching import Matching
from vbench_py.adapters.precomputed import Precomputed
from vbench_py.types import Sample


def tree(root: Path, names: Iterable[str]) -> Path:
    """Empty files of these names below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def frames(root: Path, folders: Iterable[str], *, count: int = 2, name: str = "{:05d}.png") -> Path:
    """Folders of `count` empty images."""
    return tree(root, (f"{folder}/{name.format(number)}" for folder in folders for number in range(count)))


def adapter(root: Path, layout: str, **options: Any) -> Precomputed:
    """The adapter on a folder in that layout."""
    return Precomputed(method("precomputed"), {"videos": str(root), "layout": layout, **options})


def match(root: Path, layout: str, samples: Sequence[Sample], **options: Any) -> Matching:
    """What it finds."""
    return adapter(root, layout, **options).match(samples)


def names(matching: Matching) -> dict[tuple[str, int], str]:
    """Which name was taken for which pair."""
    return {key: row.name for key, row in matching.found.items()}


def why(matching: Matching, name: str) -> str:
    """The reason of the one unmatched file of that name."""
    (path,) = [path for path in matching.unmatched if path.name == name]
    return matching.reasons.get(path, "")


def prompts(*texts: str, seeds: tuple[int, ...] = (0,), task: str = "t2v", **rest: Any) -> list[Sample]:
    """Samples p0, p1, ... with these prompts."""
    return [Sample(f"p{number}", task, prompt=text, seeds=seeds, **rest) for number, text in enumerate(texts)]
