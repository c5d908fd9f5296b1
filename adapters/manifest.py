"""Rows of precomputed videos, read from a manifest (CSV or JSON lines)."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from vbench_py.types import UsageError
from vbench_py.video import Unit

OWN_COLUMNS = ("id", "seed", "output", "path", "sha256", "encoding", "unit", "fps")
UNITS = get_args(Unit)
_OUTPUT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*")

Key = tuple[str, int]


@dataclass(frozen=True)
class Row:
    """One video that exists: where, what it was made with, and what its maker said of it ("" and None: nothing).

    `name` is the path as the manifest or the folder gives it: it goes into identities, `path` does not. A name with
    `*` stands for the frames of one clip. `unit` is that of depth, `fps` the rate of what has no clock, `sha256` what
    the content must be. `parts` are rows by the name of the output, where each output lies by itself (`view/030`).
    """

    path: Path
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = ""
    unit: str = ""
    fps: float | None = None
    sha256: str = ""
    parts: Mapping[str, Row] = field(default_factory=dict)


def read_manifest(manifest: Path) -> dict[Key, Row]:
    """Rows by (sample id, seed), from columns id and path (relative to the manifest), and, where there is more to say,
    seed (default 0), output (several rows then make one sample's outputs), sha256, encoding, unit and fps.

    Further columns become parameters of their row. Raises `UsageError`, naming file and line, for a missing id or path,
    a seed that is no whole number, a unit or rate that there is not, or an output named twice.
    """
    if not manifest.is_file():
        raise UsageError(f"manifest {manifest} is no file; give --set manifest=FILE (.csv or .jsonl)")
    readers = {".csv": _csv_lines, ".jsonl": _json_lines}
    if manifest.suffix.lower() not in readers:
        raise UsageError(f"manifest {manifest.name}: suffix {manifest.suffix!r} is neither .csv nor .jsonl")
    try:
        lines = list(readers[manifest.suffix.lower()](manifest))
    except UnicodeDecodeError as error:
        raise UsageError(f"manifest {manifest.name} is not UTF-8: {error}", mend="save it as UTF-8") from error
    rows: dict[Key, Row] = {}
    for line, cells in lines:
        where = f"{manifest.name}, line {line}"
        key, output, row = _row(cells, manifest.parent, where)
        rows[key] = _joined(rows.get(key), row, output, key, where)
    return rows


def _joined(known: Row | None, row: Row, output: str, key: Key, where: str) -> Row:
    if known is None:
        return replace(row, parts={output: row}) if output else row
    both = f"sample {key[0]!r} with seed {key[1]} is named twice: {known.name}, {row.name}"
    if not output or not known.parts or output in known.parts:
        mend = "" if not output else f"give each row another output than {output!r}"
        raise UsageError(f"{where}: {both}", mend=mend)
    if dict(known.parameters) != dict(row.parameters):
        raise UsageError(f"{where}: outputs of sample {key[0]!r} with unlike parameters", mend="repeat them")
    return replace(known, parts={**known.parts, output: row})


def _row(cells: Mapping[str, Any], folder: Path, where: str) -> tuple[Key, str, Row]:
    for name in ("id", "path"):
        if cells.get(name) in (None, ""):
            raise UsageError(f"{where}: no {name!r}; each row needs id and path")
    text = {name: str(cells.get(name) if cells.get(name) is not None else "") for name in OWN_COLUMNS}
    try:
        seed = int(text["seed"] or 0)
    except ValueError as error:
        raise UsageError(f"{where}: seed {cells['seed']!r} is no whole number") from error
    if text["output"] and not _OUTPUT.fullmatch(text["output"]):
        raise UsageError(f"{where}: output {text['output']!r}", mend="name it like depth or view/030")
    parameters = {key: value for key, value in cells.items() if key not in OWN_COLUMNS and value not in (None, "")}
    row = Row(
        path=folder / Path(text["path"]).expanduser(), name=text["path"], parameters=parameters,
        encoding=text["encoding"], unit=checked_unit(text["unit"], where), fps=checked_rate(text["fps"], where),
        sha256=text["sha256"].lower(),
    )  # fmt: skip
    return (text["id"], seed), text["output"], row


def checked_unit(unit: str, where: str) -> str:
    """A unit of depth, or "" where none is said. Raises `UsageError`."""
    if unit and unit not in UNITS:
        raise UsageError(f"{where}: unit {unit!r}", mend=f"say one of {', '.join(UNITS)}")
    return unit


def checked_rate(fps: Any, where: str) -> float | None:
    """Frames a second, or None where none is said ("" and None). Raises `UsageError`."""
    if fps in (None, ""):
        return None
    try:
        rate = float(fps)
    except (TypeError, ValueError):
        rate = math.nan
    if not 0 < rate < math.inf:
        raise UsageError(f"{where}: fps {fps!r} is no number above 0")
    return rate


def _csv_lines(manifest: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with manifest.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for cells in reader:
                if None in cells or None in cells.values():
                    raise UsageError(f"{manifest.name}, line {reader.line_num}: cells do not fit the header's columns")
                yield reader.line_num, {name.strip(): value.strip() for name, value in cells.items()}
        except csv.Error as error:
            raise UsageError(f"{manifest.name}, line {reader.line_num}: {error}") from error


def _json_lines(manifest: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with manifest.open(encoding="utf-8-sig") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                cells = json.loads(text)
            except json.JSONDecodeError as error:
                raise UsageError(f"{manifest.name}, line {line}: {error}") from error
            if not isinstance(cells, dict):
                raise UsageError(f"{manifest.name}, line {line}: a row is an object with id and path")
            yield line, cells
