"""The command `vbench-py`: one verb a file; heavy imports stay inside the verbs, so that --help is quick.

Exit codes: 0 done, 1 some samples failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import typer

from vbench_py.cli import check, doctor, fetch, generate, leaderboard, listing, plan, report, run, score, show
from vbench_py.cli.verb import verb

app = typer.Typer(
    name="vbench-py",
    help="Benchmark and evaluation harness for video generation.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for _name, _command in (
    ("run", run.command),
    ("generate", generate.command),
    ("score", score.command),
    ("leaderboard", leaderboard.command),
    ("report", report.command),
    ("list", listing.command),
    ("show", show.command),
    ("plan", plan.command),
    ("fetch", fetch.command),
    ("check", check.command),
    ("doctor", doctor.command),
):
    app.command(name=_name, help=(_command.__doc__ or "").strip())(verb(_command))


def main() -> None:
    app()
