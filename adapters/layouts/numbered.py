"""Benchmarks that name videos by the number of their prompt: EvalCrafter and T2V-CompBench.

EvalCrafter: 0000.mp4 to 0699.mp4 in one folder, in the order of its 700 prompts (evalcrafter/EvalCrafter@1275bda05e74,
README). T2V-CompBench: 0001.mp4 to 0100.mp4 in a folder for each category, in the order of the category's prompts
(KaiyueSun98/T2V-CompBench@116f996847da, README; MLLM_eval sorts them by number). Both have one video a prompt, which is
the sample's first seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from vbench_py.adapters.counting import beyond, check_start, position
from vbench_py.adapters.matching import Claims
from vbench_py.adapters.names import slug
from vbench_py.types import Sample, UsageError

CATEGORIES: Mapping[str, str] = {
    "consistent-attr": "consistent-attribute-binding",
    "dynamic-attr": "dynamic-attribute-binding",
    "spatial-relationship": "spatial-relationships",
    "interaction": "object-interactions",
    "numeracy": "generative-numeracy",
}
"""Short names of T2V-CompBench's categories, as its prompt files and video folders say them, and its long ones."""


def evalcrafter(claims: Claims, media: Sequence[Path], first: int) -> None:
    """`<number>.mp4` directly in the folder; the number counts the suite's samples."""
    flat = [path for path in media if path.parent == claims.root]
    for path in media:
        if path.parent != claims.root:
            claims.leave(path, "lies in a folder of its own; EvalCrafter has one folder of videos")
    _count(claims, flat, claims.samples, first, claims.root.name)


def t2v_compbench(claims: Claims, media: Sequence[Path], first: int) -> None:
    """`<category>/<number>.mp4`; a category is a tag of its samples, and the number counts them. Without categories:
    `<number>.mp4` counts all samples.

    Raises `UsageError` for a folder that is nobody's tag.
    """
    folders: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in media:
        folders[path.parent].append(path)
    for folder, files in folders.items():
        if folder == claims.root:
            _count(claims, files, claims.samples, first, folder.name)
        elif folder.parent != claims.root:
            for path in files:
                claims.leave(path, "lies deeper than <category>/<number>")
        else:
            _count(claims, files, _tagged(claims.samples, folder.name), first, folder.name)


def _tagged(samples: Sequence[Sample], folder: str) -> list[Sample]:
    category = _category(folder)
    found = [sample for sample in samples if category in map(_category, sample.tags)]
    if not found:
        known = sorted({tag for sample in samples for tag in sample.tags})
        raise UsageError(
            f"folder {folder!r} is no category of this suite; its samples' tags are {', '.join(known) or 'empty'}",
            mend="tag the samples with their category, or point videos at one category's folder",
        )
    return found


def _category(name: str) -> str:
    plain = slug(name)
    return CATEGORIES.get(plain, plain)


def _count(claims: Claims, files: Sequence[Path], samples: Sequence[Sample], first: int, where: str) -> None:
    numbers: dict[Path, int] = {}
    for path in files:
        stem = claims.relative(path).name
        if stem.isdecimal():
            numbers[path] = int(stem)
        else:
            claims.leave(path, "its name is no number")
    check_start(set(numbers.values()), first, len(samples), where)
    for path, number in numbers.items():
        place = position(number, first, len(samples))
        if place is None:
            claims.leave(path, beyond(number, first, len(samples), "prompts"))
        else:
            claims.take((samples[place].id, samples[place].seeds[0]), claims.row(path))
