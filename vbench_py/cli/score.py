"""`vbench-py score`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench_py.cli.flags import Work, assignments
from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.session import Session


def command(
    flags: Work,
    what: Annotated[list[str], typer.Argument(help="A folder of videos, a video, run folders, or suites.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "-m",
            help="With a suite: whose outputs [default: the suite's methods].",
            envvar="VBENCH_PY_METHOD",
        ),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--target", help="With videos: folder (or file) of ground truth, same names.", envvar="VBENCH_PY_TARGET"
        ),
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="With videos: ROLE=FOLDER (or file) of other media, same names: source, mask, camera ... (repeat).",
            envvar="VBENCH_PY_WITH",
        ),
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit", help="With depth in .npy files: metres, disparity or relative.", envvar="VBENCH_PY_UNIT"
        ),
    ] = "",
    prompts: Annotated[
        str,
        typer.Option(
            "--prompts",
            help="With videos: a .json, .csv or .txt of prompts by name, or `names` to read them off file names.",
            envvar="VBENCH_PY_PROMPTS",
        ),
    ] = "",
) -> int:
    """Score a folder of videos, a video, runs, or outputs on suites."""
    from vbench_py.catalogue import entries, unknown
    from vbench_py.cli.show_plan import show_plan
    from vbench_py.cli.tables import show_board
    from vbench_py.cli.work import columns, sessions, tell, work

    videos = [name for name in what if _is_videos(Path(name))]
    if videos:
        _refuse_for_videos(flags, what, method)
        roles = {role: Path(str(place)) for role, place in assignments("--with", beside).items()}
        return _score_videos(flags, Path(what[0]), {**({"target": target} if target else {}), **roles}, unit, prompts)
    if target is not None or beside or unit:
        given = f"--target {target}" if target else f"--with {beside[0]}" if beside else f"--unit {unit}"
        raise UsageError(f"{given}: goes with videos; {what[0]} has a ground truth of its own")
    if prompts:
        raise UsageError(f"--prompts {prompts}: goes with videos; {what[0]} has prompts of its own")
    runs = [Path(name) for name in what if (Path(name) / "run.json").is_file()]
    suites = [name for name in what if not (Path(name) / "run.json").is_file()]
    for name in suites:
        if not any(name in entries(kind) for kind in ("suite", "bundle")) and not Path(name).exists():
            near = unknown("suite", name, [*entries("suite"), *entries("bundle")]).mend
            raise UsageError(f"{name}: no such folder, video, run folder or suite", mend=near)
    opened: list[Session] = sessions(flags, suites, method, controls=False) if suites else []
    for run in runs:
        from vbench_py.session import reopen
        from vbench_py.store import RunFolder

        opened.append(reopen(RunFolder(run), flags.settings(), opened[0].failures if opened else None))
    if flags.dry_run:
        return show_plan(flags, opened)
    failures = work(flags, opened, ("score",))
    asked = columns(opened) if flags.metrics else None
    show_board(flags, [session.run.path for session in opened], metrics=asked)
    return tell(flags, opened, failures)


def _is_videos(place: Path) -> bool:
    return place.exists() and not (place / "run.json").is_file() and not (place / "suite.toml").is_file()


def _refuse_for_videos(flags: Work, what: list[str], method: list[str] | None) -> None:
    """What a folder of videos cannot take: it is never ignored, as the numbers would not be those asked for."""
    if len(what) > 1:
        raise UsageError(
            f"{', '.join(what)}: one folder of videos at a time",
            mend="to compare folders, make each a method of a suite with the adapter precomputed",
        )
    about_methods = {"--method": method, "--set": flags.set, "--axis": flags.axis}
    given = [flag for flag, value in about_methods.items() if value]
    if given:
        raise UsageError(f"{' and '.join(given)}: {what[0]} holds videos, which no method makes", mend="leave it out")


def _score_videos(flags: Work, place: Path, roles: Mapping[str, Path], unit: str, prompts: str) -> int:
    from vbench_py.adhoc import videos_in
    from vbench_py.cli.tables import show_board
    from vbench_py.cli.work import tell
    from vbench_py.evaluate import score_videos
    from vbench_py.progress import display
    from vbench_py.prompts import prompts_of

    videos, skipped = videos_in(place)
    for path, reason in skipped:
        sys.stderr.write(f"{path.name}: passed over: {reason}\n")
    media = {
        role: dict.fromkeys(videos, there) if there.is_file() else videos_in(there)[0] for role, there in roles.items()
    }
    folder = place.resolve() if place.is_dir() else None
    with display(not flags.quiet and not flags.json) as progress:
        session = score_videos(
            videos,
            flags.settings(),
            name=flags.name or (folder.name if folder else place.stem),
            media=media,
            folder=folder,
            unit=unit,
            prompts=prompts_of(prompts, list(videos)) if prompts else None,
            progress=progress,
            dry_run=flags.dry_run,
        )
    if flags.dry_run and flags.json:
        from vbench_py.store import to_json

        plan = {"videos": len(videos), "metrics": [spec.column for spec in session.specs]}
        sys.stdout.write(to_json({**plan, "folder": str(session.run.path)}, indent=True).decode() + "\n")
        return 0
    if flags.dry_run:
        columns = ", ".join(spec.column for spec in session.specs)
        sys.stdout.write(f"{len(videos)} videos, metrics: {columns}; results in {session.run.path}\n")
        return 0
    show_board(
        flags, [session.run.path], metrics=None if not flags.metrics else [spec.column for spec in session.computable]
    )
    return tell(flags, [session], session.failures)
