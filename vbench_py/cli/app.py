"""The command `vbench-py`: one verb a file; heavy imports stay inside the verbs, so that --help is quick.

Exit codes: 0 done, 1 some samples failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vbench_py.cli import (
    cache,
    check,
    doctor,
    env,
    fetch,
    generate,
    import_,
    leaderboard,
    listing,
    plan,
    reference,
    report,
    run,
    score,
    show,
)
from vbench_py.cli.help import EPILOG, GroupedCommand
from vbench_py.cli.verb import verb

app = typer.Typer(
    name="vbench-py",
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
    ("import", import_.command),
    ("fetch", fetch.command),
    ("reference", reference.command),
    ("cache", cache.command),
    ("check", check.command),
    ("env", env.command),
    ("doctor", doctor.command),
):
    _help = (_command.__doc__ or "").strip()
    app.command(name=_name, cls=GroupedCommand, help=_help, short_help=_help, epilog=EPILOG)(verb(_command))


def _version(asked: bool) -> None:
    if asked:
        from vbench_py import __version__

        sys.stdout.write(f"vbench-py {__version__}\n")
        raise typer.Exit


@app.callback()
def _whole(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Benchmark and evaluation harness for video generation."""


def main() -> None:
    app()
