"""`vbench-py run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench_py.cli.flags import Work


def command(
    flags: Work,
    suites: Annotated[list[str], typer.Argument(help="Suites or bundles of suites, e.g. demo.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method", "-m", help="Methods, or paths of their cards [default: the suite's].", envvar="VBENCH_PY_METHOD"
        ),
    ] = None,
    controls: Annotated[
        bool, typer.Option(help="Also run the suite's floor and ceiling.", envvar="VBENCH_PY_CONTROLS")
    ] = True,
    report: Annotated[bool, typer.Option(help="Write the HTML report.", envvar="VBENCH_PY_REPORT")] = True,
) -> int:
    """Generate, score, show the leaderboard, write the report."""
    from vbench_py.cli.show_plan import show_plan
    from vbench_py.cli.tables import show_board
    from vbench_py.cli.work import columns, sessions, tell, work

    opened = sessions(flags, suites, method, controls=controls)
    if flags.dry_run:
        return show_plan(flags, opened)
    failures = work(flags, opened, ("generate", "score"))
    folders = [session.run.path.parent for session in opened]
    page: Path | None = None
    if report and not flags.shard:
        page = flags.results / "report"
    asked = columns(opened) if flags.metrics else None
    show_board(flags, folders, metrics=asked, report_to=page, title=" ".join(suites))
    return tell(flags, opened, failures)
