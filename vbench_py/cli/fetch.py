"""`vbench-py fetch`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from vbench_py.cli.flags import Common


def command(
    flags: Common,
    names: Annotated[list[str], typer.Argument(help="Suites, methods, metrics or bundles.")],
) -> int:
    """Fetch what a suite, method or metric needs, to work --offline."""
    from vbench_py import checkpoints
    from vbench_py.needs import needs_of

    wanted = {(card.name, card.sha256): card for name in names for card in needs_of(name)}
    rows: list[dict[str, Any]] = []
    missing: list[checkpoints.CheckpointUnavailable] = []
    for card in wanted.values():
        try:
            path = checkpoints.fetch(card, progress=not flags.quiet and not flags.json)
        except checkpoints.CheckpointUnavailable as error:
            missing.append(error)
            continue
        rows.append({"name": card.name, "bytes": path.stat().st_size, "licence": card.licence, "path": str(path)})
    for reason in missing:
        sys.stderr.write(f"error: {reason}\n")
    if flags.json:
        import json

        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 2 if missing else 0
    for row in rows:
        sys.stdout.write(f"{row['name']}: {row['bytes'] / 1e6:.1f} MB, {row['licence']}\n")
    sys.stdout.write(f"{len(rows)} files are in {checkpoints.cache_dir()}\n")
    return 2 if missing else 0
