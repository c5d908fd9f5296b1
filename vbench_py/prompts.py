"""Prompts of videos that exist already: from a table beside them, or read off their file names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import orjson

from vbench_py.types import UsageError

NAMES = "names"


def prompts_of(source: str, samples: Sequence[str]) -> dict[str, str]:
    """The prompt of each sample id (a file's path without suffix).

    `source` is `names` (VBench's habit: the stem without a trailing -0, -1, ..., underscores as spaces), or a file:
    .json {name: prompt}, .csv with the columns name and prompt, .txt of lines in the order of the samples. Names may
    carry the suffix of the video. Raises `UsageError` for a file that is none of these, or that lacks a sample.
    """
    if source == NAMES:
        return {sample: re.sub(r"-\d+$", "", Path(sample).name).replace("_", " ") for sample in samples}
    path = Path(source)
    if not path.is_file():
        raise UsageError(f"--prompts {source}: no such file", mend=f"name a .json, .csv or .txt file, or {NAMES!r}")
    if path.suffix == ".txt":
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        if len(lines) != len(samples):
            raise UsageError(
                f"--prompts {source}: {len(lines)} lines for {len(samples)} videos",
                mend="give one line a video, in the order of their names, or a .json or .csv by name",
            )
        return dict(zip(sorted(samples), lines, strict=True))
    table = _table(path)
    found = {sample: table[name] for sample in samples for name in _spellings(sample, table)}
    if lacking := [sample for sample in samples if sample not in found]:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise UsageError(f"--prompts {source}: no prompt for {lacking[0]!r}{more}")
    return found


def _spellings(sample: str, table: dict[str, str]) -> list[str]:
    return [name for name in table if name == sample or (Path(name).suffix and name.rpartition(".")[0] == sample)][:1]


def _table(path: Path) -> dict[str, str]:
    try:
        if path.suffix == ".json":
            found = orjson.loads(path.read_bytes())
            if isinstance(found, dict) and all(isinstance(prompt, str) for prompt in found.values()):
                return found
            raise UsageError(f"--prompts {path}: is no object of prompts by name")
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            if rows and {"name", "prompt"} <= rows[0].keys():
                return {row["name"]: row["prompt"] for row in rows}
            raise UsageError(f"--prompts {path}: needs the columns name and prompt")
    except (orjson.JSONDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--prompts {path}: cannot be read: {error}") from error
    raise UsageError(f"--prompts {path}: expected .json, .csv or .txt, or `names`")
