"""`vbench-py fetch`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench_py.cli.flags import Common

if TYPE_CHECKING:
    from vbench_py.isolate.named import Named


def command(
    flags: Common,
    names: Annotated[list[str], typer.Argument(help="Suites, methods, metrics or bundles.")],
) -> int:
    """Fetch what a suite, method or metric needs, to work --offline."""
    from vbench_py import checkpoints
    from vbench_py.needs import environments_of, needs_of
    from vbench_py.types import VbenchError

    wanted = {(card.name, card.sha256): card for name in names for card in needs_of(name)}
    rows: list[dict[str, Any]] = []
    missing: list[VbenchError] = []
    for card in wanted.values():
        try:
            path = checkpoints.fetch(card, progress=not flags.quiet and not flags.json)
        except checkpoints.CheckpointUnavailable as error:
            missing.append(error)
            continue
        rows.append({"name": card.name, "bytes": path.stat().st_size, "licence": card.licence, "path": str(path)})
    for one in dict.fromkeys(one for name in names for one in environments_of(name)):
        try:
            rows += _built(one, quiet=flags.quiet)
        except VbenchError as error:
            missing.append(error)
    for reason in missing:
        sys.stderr.write(f"error: {reason}\n")
    if flags.json:
        import json

        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 2 if missing else 0
    files = [row for row in rows if "bytes" in row]
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB, " if "bytes" in row else ""
        sys.stdout.write(f"{row['name']}: {size}{row['licence']}\n")
    sys.stdout.write(f"{len(files)} files are in {checkpoints.cache_dir()}\n")
    return 2 if missing else 0


def _built(one: Named, *, quiet: bool) -> list[dict[str, Any]]:
    """The environment and the checkouts, built where they are not there."""
    from vbench_py.isolate.build import build

    def say(line: str) -> None:
        if not quiet:
            sys.stderr.write(f"{line}\n")

    build(one.environment, say=say)
    place = {"name": one.environment.told(), "licence": "of its packages", "path": str(one.environment.folder)}
    trees = [
        {"name": checkout.name, "licence": "of the repository", "path": str(checkout.build(say=say))}
        for checkout in one.checkouts
    ]
    return [place, *trees]
