"""FastVideo: its lists of samples (JSON, JSON lines), and the names its generator gives to files.

hao-ai-lab/FastVideo@2f3d4074064e. fastvideo/eval/README.md, examples/inference/eval: samples are objects with `video`
or `video_path`, and `text_prompt` or `prompt`; `fps` and `seed` where they are known. fastvideo/entrypoints/
video_generator.py, fastvideo/eval/io/paths.py: names are the first 100 characters of the prompt without the characters
that file systems refuse, then nothing or `_1`, `_2`, ... (the generator), or `-0`, `-1`, ... (the evaluation).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vbench_py.adapters.counting import beyond, position
from vbench_py.adapters.layouts.seeds import give_by_place
from vbench_py.adapters.manifest import Row, checked_rate
from vbench_py.adapters.matching import Claims
from vbench_py.adapters.names import composed, same_request
from vbench_py.types import Sample, UsageError

CUT = 100
_REFUSED = re.compile(r'[\\/:*?"<>|]')
_NUMBERED = re.compile(r"(?P<prompt>.+)[-_](?P<number>\d{1,9})", re.DOTALL)
_VIDEO, _TEXT = ("video", "video_path"), ("text_prompt", "prompt")


def file_stem(prompt: str) -> str:
    """The name that FastVideo gives to a video of `prompt`, without number and suffix."""
    plain = _REFUSED.sub("", prompt[:CUT]).strip().strip(".")
    return composed(re.sub(r"\s+", " ", plain)) or "output"


def fastvideo(claims: Claims, media: Sequence[Path], first: int) -> None:
    """By the list of samples in the folder where there is one, else by file names.

    Raises `UsageError` for two lists, and for rows that do not fit the folder or the suite.
    """
    lists = {file: rows for file in _texts(claims.root) if (rows := _rows(file))}
    if len(lists) > 1:
        names = ", ".join(file.name for file in lists)
        raise UsageError(f"{claims.root.name} holds several lists of samples: {names}", mend="keep one")
    for file, rows in lists.items():
        _by_list(claims, media, first, file, rows)
    if not lists:
        _by_stem(claims, media, first)


def _texts(root: Path) -> list[Path]:
    return sorted(file for file in root.iterdir() if file.suffix.lower() in (".json", ".jsonl") and file.is_file())


def _rows(file: Path) -> list[Mapping[str, Any]]:
    """The rows of a list of samples; [] for JSON that is something else. Raises `UsageError` for no JSON."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        whole = [json.loads(line) for line in text.splitlines() if line.strip()] if file.suffix == ".jsonl" else None
        found = json.loads(text) if whole is None else whole
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{file.name}: no JSON: {error}", mend="remove or mend it") from error
    rows: list[Mapping[str, Any]] = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return rows if any(_named(row, _VIDEO) for row in rows) else []


def _named(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name]), "")


def _by_list(claims: Claims, media: Sequence[Path], first: int, file: Path, rows: list[Mapping[str, Any]]) -> None:
    unnamed = []
    taken: set[Path] = set()
    for number, row in enumerate(rows, 1):
        where = f"{file.name}, row {number}"
        if not _named(row, _VIDEO):
            raise UsageError(f"{where}: no {' or '.join(_VIDEO)}")
        path = _inside(claims.root, _named(row, _VIDEO), where)
        made = replace(claims.row(path), fps=checked_rate(row.get("fps"), where))
        taken.add(path)
        samples = _samples_of(claims.samples, row, where)
        if not samples:
            unnamed.append(path)
        for sample in samples:
            _give(claims, sample, made, row, first, where)
    for path in media:
        if path not in taken:
            claims.leave(path, f"{file.name} does not name it")
    for path in unnamed:
        claims.leave(path, "its row fits no sample, by id or by prompt")


def _inside(root: Path, name: str, where: str) -> Path:
    """The file below `root`. FastVideo writes paths as seen from where it ran: then the file's own name counts."""
    for path in (root / name, root / Path(name).name):
        if path.exists() and path.resolve().is_relative_to(root.resolve()):
            return root / path.resolve().relative_to(root.resolve())
    if (root / name).exists():
        raise UsageError(f"{where}: {name} lies outside {root.name}", mend="point videos at the folder of the videos")
    raise UsageError(f"{where}: {name} is not in {root.name}", mend="bring the videos and their list together")


def _samples_of(samples: Sequence[Sample], row: Mapping[str, Any], where: str) -> list[Sample]:
    text = _named(row, _TEXT)
    named = [sample for sample in samples if sample.id == row.get("id")]
    found = named or [sample for sample in samples if text and composed(sample.prompt) == composed(text)]
    return _agreed(where, found)


def _agreed(where: str, found: list[Sample]) -> list[Sample]:
    for other in found[1:]:
        if not same_request(found[0], other):
            raise UsageError(f"{where}: fits sample {found[0].id!r} and sample {other.id!r}", mend="give the rows ids")
    return found


def _give(claims: Claims, sample: Sample, made: Row, row: Mapping[str, Any], first: int, where: str) -> None:
    seed = row.get("seed")
    if seed is None:
        split = _NUMBERED.fullmatch(made.path.stem)
        number = int(split["number"]) if split and len(sample.seeds) > 1 else first
        place = position(number, first, len(sample.seeds))
        if place is None:
            claims.leave(made.path, beyond(number, first, len(sample.seeds), "seeds"))
            return
        seed = sample.seeds[place]
    if type(seed) is not int:
        raise UsageError(f"{where}: seed {row.get('seed')!r} is no whole number")
    if seed in sample.seeds:
        claims.take((sample.id, seed), made)
    else:
        listed = ", ".join(map(str, sample.seeds))
        claims.leave(made.path, f"seed {seed}: the sample has {listed}")


def _by_stem(claims: Claims, media: Sequence[Path], first: int) -> None:
    known: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in claims.samples:
        if sample.prompt:
            known[file_stem(sample.prompt)].append(sample)
    give_by_place(claims, list(_placed(claims, media, known, first)), first)


def _placed(
    claims: Claims, media: Sequence[Path], known: Mapping[str, list[Sample]], first: int
) -> Iterator[tuple[Path, Sample, int]]:
    for path in media:
        name = composed(claims.relative(path).name)
        split = _NUMBERED.fullmatch(name)
        if name in known:
            yield from ((path, sample, first) for sample in _agreed(repr(name), known[name]))
        elif split and split["prompt"] in known:
            owners = _agreed(repr(name), known[split["prompt"]])
            yield from ((path, sample, int(split["number"])) for sample in owners)
        else:
            claims.leave(path, "its name is no prompt of this suite")
