"""`vbench-py leaderboard`."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench_py.cli.flags import Common, split_names


def command(
    flags: Common,
    runs: Annotated[
        list[str] | None, typer.Argument(help="Run folders, folders of runs, or suites [default: all in --results].")
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", help="Columns to show.", envvar="VBENCH_PY_METRICS")
    ] = None,
    common: Annotated[
        bool, typer.Option("--common", help="Compare on the samples that all methods share.", envvar="VBENCH_PY_COMMON")
    ] = False,
    interval: Annotated[
        str, typer.Option("--interval", help="95 % intervals by: hall or bootstrap.", envvar="VBENCH_PY_INTERVAL")
    ] = "hall",
) -> int:
    """Show tables of runs."""
    from vbench_py.cli.places import run_places
    from vbench_py.cli.tables import show_board

    places = run_places(flags.results, runs)
    show_board(flags, places, metrics=split_names(metrics), common=common, interval=interval)
    return 0
