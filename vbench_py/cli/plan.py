"""`vbench-py plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench_py.cli.flags import Work, split_names
from vbench_py.types import UsageError


def command(
    flags: Work,
    suites: Annotated[list[str] | None, typer.Argument(help="Suites or bundles of suites.")] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(
            "--suite",
            "-s",
            help="Suites, bundles, patterns or all: who can serve them, from the cards alone.",
            envvar="VBENCH_PY_SUITE",
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "-m",
            help="Methods, patterns or all [default: the suite's; with --suite: all].",
            envvar="VBENCH_PY_METHOD",
        ),
    ] = None,
) -> int:
    """Say what a run would still do, and what it cannot do and why."""
    from vbench_py.matrix import is_pattern

    names, methods = [*(suites or ()), *split_names(suite)], split_names(method)
    if suites and not suite and not any(map(is_pattern, (*names, *methods))):
        from vbench_py.cli.show_plan import show_plan
        from vbench_py.cli.work import sessions

        return show_plan(flags, sessions(flags, suites, method, controls=False))
    if flags.set or flags.axis:
        raise UsageError("--set and --axis: the matrix plans cards as they are", mend="name a suite without --suite")
    from vbench_py.cli.show_matrix import show_matrix
    from vbench_py.matrix import chosen, matrix

    return show_matrix(flags, matrix(chosen("suite", names), chosen("method", methods)))
