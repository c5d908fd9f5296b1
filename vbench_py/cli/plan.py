"""`vbench-py plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench_py.cli.flags import Work


def command(
    flags: Work,
    suites: Annotated[list[str], typer.Argument(help="Suites or bundles of suites.")],
    method: Annotated[
        list[str] | None,
        typer.Option("--method", "-m", help="Methods [default: the suite's].", envvar="VBENCH_PY_METHOD"),
    ] = None,
) -> int:
    """Say what a run would still do, and what it cannot do and why."""
    from vbench_py.cli.show_plan import show_plan
    from vbench_py.cli.work import sessions

    return show_plan(flags, sessions(flags, suites, method, controls=False))
