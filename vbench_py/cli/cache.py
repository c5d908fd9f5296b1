"""`vbench-py cache`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from vbench_py.cli.flags import Common
from vbench_py.types import UsageError

PARTS = {
    "features": "what extractors said of media, made again when asked for",
    "media": "inputs that suites derive, made again when asked for",
    "encoded": "re-encoded copies (--encode-as), made again when asked for",
    "archives": "downloaded packages, kept for their other members",
    "checkouts": "research repositories at their commits, fetched again when asked for",
    "environments": "what they run in, built again when asked for (see `vbench-py env`)",
    "checkpoints": "weights and data, fetched again when asked for",
}


def command(
    flags: Common,
    clear: Annotated[list[str] | None, typer.Option("--clear", help="Delete this part (repeat).")] = None,
    compact: Annotated[bool, typer.Option("--compact", help="Pack the kept features into few files.")] = False,
) -> int:
    """Show what the cache holds; clear parts of it, or pack its features."""
    from vbench_py.catalogue import unknown
    from vbench_py.checkpoints import cache_dir
    from vbench_py.store import storage, sweep_parts

    for part in clear or ():
        if part not in PARTS:
            raise unknown("part of the cache", part, PARTS)
    if compact and "features" in (clear or ()):
        raise UsageError("--compact and --clear features contradict each other", mend="leave one out")
    folder = cache_dir()
    for part in PARTS:
        sweep_parts(folder / part)
    for part in clear or ():
        with storage(folder / part):
            shutil.rmtree(folder / part, ignore_errors=True)
    told = ""
    if compact:
        from vbench_py.features.bank import FeatureBank

        records, before, after = FeatureBank().compact()
        told = f"packed {records} records: {before / 1e6:.1f} MB, now {after / 1e6:.1f} MB\n"
    sizes = {part: _size(folder / part) for part in PARTS}
    if flags.json:
        import json

        sys.stdout.write(json.dumps({"folder": str(folder), "bytes": sizes}, indent=2) + "\n")
        return 0
    lines = [f"{part:<12} {size / 1e6:>9,.1f} MB  {PARTS[part]}\n" for part, size in sizes.items()]
    sys.stdout.write(told + "".join(lines) + f"in {folder}\n")
    return 0


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
