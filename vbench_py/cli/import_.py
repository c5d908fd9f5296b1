"""`vbench-py import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench_py.cli.flags import Common, assignments
from vbench_py.types import UsageError

METHOD = "precomputed"


def command(
    flags: Common,
    suite: Annotated[str, typer.Argument(help="The suite whose samples the videos belong to.")],
    folder: Annotated[Path, typer.Argument(help="Folder of videos (or a manifest, .csv or .jsonl, to check it).")],
    layout: Annotated[
        str,
        typer.Option("--layout", help="How the folder is laid out: docs/precomputed.md.", envvar="VBENCH_PY_LAYOUT"),
    ] = "auto",
    method: Annotated[
        str,
        typer.Option("--method", "-m", help="The method that made the videos.", envvar="VBENCH_PY_METHOD"),
    ] = METHOD,
    name: Annotated[
        str, typer.Option("--name", help="What the leaderboard shall call the method.", envvar="VBENCH_PY_NAME")
    ] = "",
    set: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="key=value: unit, fps or first, where the files do not say it (repeat).",
            envvar="VBENCH_PY_SET",
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write a manifest (.csv or .jsonl) of what matched.", envvar="VBENCH_PY_WRITE"),
    ] = None,
) -> int:
    """Show which videos of a folder belong to which sample, and write a manifest of them."""
    from vbench_py.cli.importing import Import, look
    from vbench_py.cli.show_import import show_import
    from vbench_py.progress import display

    options = assignments("--set", set)
    if "layout" in options:
        raise UsageError("--set layout: say it once", mend="use --layout")
    if layout != "auto":
        options["layout"] = layout
    if not folder.exists():
        raise UsageError(f"{folder} does not exist", mend="name a folder of videos, or a manifest")
    options["manifest" if folder.is_file() else "videos"] = str(folder)
    with display(not flags.quiet and not flags.json) as progress:
        found: Import = look(suite, method, options, progress=progress, manifest=write)
    return show_import(flags, found, name=name)
