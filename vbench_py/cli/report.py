"""`vbench-py report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vbench_py.cli.flags import Common


def command(
    flags: Common,
    runs: Annotated[
        list[str] | None, typer.Argument(help="Run folders, folders of runs, or suites [default: all in --results].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to [default: RESULTS/report].", envvar="VBENCH_PY_OUT")
    ] = None,
    previews: Annotated[
        bool, typer.Option(help="Make H.264 previews, for the page to play.", envvar="VBENCH_PY_PREVIEWS")
    ] = True,
    interval: Annotated[
        str, typer.Option("--interval", help="95 % intervals by: hall or bootstrap.", envvar="VBENCH_PY_INTERVAL")
    ] = "hall",
) -> int:
    """Write the HTML, Markdown, LaTeX, CSV and JSON report of runs."""
    from vbench_py.cli.places import run_places
    from vbench_py.cli.tables import show_report
    from vbench_py.reading import read_runs

    found = read_runs(run_places(flags.results, runs))
    page = show_report(flags, found, out or flags.results / "report", previews=previews, interval=interval)
    if flags.json:
        import json

        sys.stdout.write(json.dumps({"page": str(page), "runs": len(found)}, indent=2) + "\n")
    else:
        sys.stdout.write(f"{page}\n")
    return 0
