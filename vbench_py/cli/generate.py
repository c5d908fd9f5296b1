"""`vbench-py generate`."""

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
    """Make the outputs that are missing."""
    from vbench_py.cli.show_plan import show_plan
    from vbench_py.cli.tables import show_outputs
    from vbench_py.cli.work import sessions, tell, work

    opened = sessions(flags, suites, method, controls=False)
    if flags.dry_run:
        return show_plan(flags, opened)
    failures = work(flags, opened, ("generate",))
    show_outputs(flags, opened)
    return tell(flags, opened, failures)
