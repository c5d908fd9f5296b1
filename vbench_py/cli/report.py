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
        list[str] | None, typer.Argument(help="Run folders, folders of runs, or suites [default: every run in --results].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to [default: RESULTS/report].", envvar="VBENCH_PY_OUT")
    ] = None,
    previews: Annotated[bool, typer.Option(help="Make H.264 previews, so that the page can play every output.")] = True,
) -> int:
    """Write the HTML, Markdown, CSV and JSON report of runs."""
    from vbench_py.cli.places import run_places
    from vbench_py.reading import read_runs
    from vbench_py.report import write_report

    page = write_report(read_runs(run_places(flags.results, runs)), out or flags.results / "report", previews=previews)
    sys.stdout.write(f"{page}\n")
    return 0
