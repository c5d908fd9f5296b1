"""Rows of precomputed videos: from a manifest (CSV or JSON lines)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py.types import UsageError

OWN_COLUMNS = ("id", "path", "seed", "encoding")


@dataclass(frozen=True)
class Row:
    """One video that exists: where, what it was made with, and how it was encoded when the maker said so.

    `name` is the path as the manifest or the folder gives it: it goes into identities, `path` does not.
    """

    path: Path
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = ""


def read_manifest(manifest: Path) -> dict[tuple[str, int], Row]:
    """Rows by (sample id, seed), from columns id, path (relative to the manifest), seed (default 0) and encoding.

    Further columns become parameters of their row. Raises `UsageError`, naming file and line, for a missing id or path,
    a seed that is no whole number, or a pair named twice.
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
    rows: dict[tuple[str, int], Row] = {}
    for line, cells in lines:
        where = f"{manifest.name}, line {line}"
        key, row = _row(cells, manifest.parent, where)
        if key in rows:
            both = f"{rows[key].name}, {row.name}"
            raise UsageError(f"{where}: sample {key[0]!r} with seed {key[1]} is named twice: {both}")
        rows[key] = row
    return rows


def _row(cells: Mapping[str, Any], folder: Path, where: str) -> tuple[tuple[str, int], Row]:
    for name in ("id", "path"):
        if cells.get(name) in (None, ""):
            raise UsageError(f"{where}: no {name!r}; each row needs id and path")
    seed = cells.get("seed")
    try:
        seed = 0 if seed in (None, "") else int(str(seed))
    except ValueError as error:
        raise UsageError(f"{where}: seed {seed!r} is no whole number") from error
    name = str(cells["path"])
    parameters = {key: value for key, value in cells.items() if key not in OWN_COLUMNS and value not in (None, "")}
    row = Row(folder / Path(name).expanduser(), name, parameters, str(cells.get("encoding") or ""))
    return (str(cells["id"]), seed), row


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
