"""A manifest that says which file is which sample's output, for `read_manifest`."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench_py.adapters.manifest import OWN_COLUMNS, Key, Row
from vbench_py.store import write_atomic
from vbench_py.types import UsageError

_WRITERS = (".csv", ".jsonl")


def check_destination(manifest: Path) -> None:
    """Raises `UsageError` where nothing can be written without harm: another suffix, or a file that is there."""
    if manifest.suffix.lower() not in _WRITERS:
        raise UsageError(f"manifest {manifest.name}: suffix {manifest.suffix!r} is neither .csv nor .jsonl")
    if manifest.exists():
        raise UsageError(f"manifest {manifest} exists", mend="give another name, or delete it first")
    if not manifest.absolute().parent.is_dir():
        raise UsageError(f"manifest {manifest}: its folder does not exist", mend="make the folder first")


def write_manifest(manifest: Path, rows: Mapping[Key, Row]) -> None:
    """`rows` by (sample id, seed) as .csv or .jsonl; paths are relative to the manifest, so that both move together.

    Columns: id, seed, output, path, sha256, encoding, unit, fps, then the rows' parameters. Raises `UsageError`.
    """
    check_destination(manifest)
    lines = list(_lines(manifest.absolute().parent, rows))
    if manifest.suffix.lower() == ".jsonl":
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    else:
        columns = list(dict.fromkeys([*OWN_COLUMNS, *(name for line in lines for name in line)]))
        page = io.StringIO()
        writer = csv.DictWriter(page, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        text = page.getvalue()
    write_atomic(manifest, text.encode())


def _lines(folder: Path, rows: Mapping[Key, Row]) -> Iterator[dict[str, Any]]:
    for (sample, seed), row in rows.items():
        for output, part in row.parts.items() or [("", row)]:
            line: dict[str, Any] = {"id": sample, "seed": seed}
            told = {
                "output": output, "path": Path(os.path.relpath(part.path.absolute(), folder)).as_posix(),
                "sha256": part.sha256, "encoding": part.encoding, "unit": part.unit, "fps": part.fps,
            }  # fmt: skip
            yield {**line, **{name: value for name, value in told.items() if value not in ("", None)}, **row.parameters}
