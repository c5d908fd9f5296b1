"""What run, generate, score and plan share: names to sessions, and the words around them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from vbench_py.cli.flags import Work, assignments, split_names
from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.failures import Failures
    from vbench_py.session import Session


def sessions(flags: Work, suites: Sequence[str], methods: list[str] | None, *, controls: bool) -> list[Session]:
    """A session for every suite and method, all of them checked before any work. Without methods: the suite's own."""
    from vbench_py import catalogue
    from vbench_py.failures import Failures
    from vbench_py.method import method
    from vbench_py.samples import load_suite
    from vbench_py.session import open_session

    settings = flags.settings()
    wanted = split_names(methods)
    overrides, axes = assignments("--set", flags.set), assignments("--axis", flags.axis)
    if flags.name and len(wanted) != 1:
        raise UsageError(f"--name {flags.name}: names one method", mend="give exactly one --method")
    if overrides and not wanted:
        raise UsageError("--set changes an option of a method", mend="say which with --method")
    failures = Failures(settings.fail_on_error)
    opened: list[Session] = []
    names = _with_data(catalogue.expand("suite", list(suites)))
    for name in names:
        suite = load_suite(name)
        asked = wanted or suite.card.methods
        beside = own_controls(suite.card.methods) if controls and wanted else []
        made = [method(m, label=flags.name, overrides=overrides, axes=axes) for m in asked]
        made += [method(m) for m in beside if m not in asked]
        served = [one for one in made if suite.card.task in one.card.tasks or len(names) == 1]
        opened += [open_session(suite, one, settings, failures=failures) for one in served]
    working = {session.about["id"] for session in opened}
    idle = [name for name in wanted if method(name).card.id not in working]
    if idle:
        raise UsageError(f"method {idle[0]!r} serves none of the suites {', '.join(names)}")
    if not opened:
        raise UsageError(f"suite {names[0]!r} names no methods of its own", mend="choose some with --method")
    return opened


def _with_data(names: list[str]) -> list[str]:
    """Of several suites those whose dataset is here, and on standard error which are left out."""
    from vbench_py import catalogue, layout

    cards = {name: catalogue.card("suite", name) for name in names}
    absent = [name for name, card in cards.items() if card.layout is not None and layout.missing(card)]
    if not absent or len(absent) == len(names):
        return names  # one alone says where to get it
    sys.stderr.write(f"left out, as their data is not here: {', '.join(absent)} (`vbench-py check NAME` says more)\n")
    return [name for name in names if name not in absent]


def own_controls(methods: Sequence[str]) -> list[str]:
    """The controls among a suite's methods: they stand on every leaderboard of it."""
    from vbench_py import catalogue

    return [name for name in methods if catalogue.find("method", name).data.get("control")]


def work(flags: Work, opened: Sequence[Session], steps: Sequence[str]) -> Failures:
    """Runs the steps of every session; the flat files are written whatever happens on the way."""
    from vbench_py.pool import ExtractorPool
    from vbench_py.progress import Titled, display

    failures = opened[0].failures
    with display(not flags.quiet and not flags.json) as progress, closing(ExtractorPool(flags.device)) as pool:
        for number, session in enumerate(opened, 1):
            place = f" ({number} of {len(opened)})" if len(opened) > 1 else ""
            session.progress, session.pool = Titled(progress, f"{session.name[:20]}{place}"), pool
            with session.working():
                for step in steps:
                    getattr(session, step)()
    return failures


def columns(opened: Sequence[Session]) -> list[str]:
    """Every column that these sessions score, once."""
    return list(dict.fromkeys(spec.column for session in opened for spec in session.computable))


def tell(flags: Work, opened: Sequence[Session], failures: Failures) -> int:
    """Says what is unmatched and what failed, on standard error; the exit code."""
    for line in _remarks(opened, failures):
        sys.stderr.write(line + "\n")
    return 1 if failures.count else 0


def _remarks(opened: Sequence[Session], failures: Failures) -> Iterator[str]:
    missing: dict[str, list[str]] = {}
    for session in opened:
        for column, reason in session.unavailable.items():
            missing.setdefault(reason, []).append(column)
    for reason, columns_without in missing.items():
        yield f"not computed: {', '.join(dict.fromkeys(columns_without))}: {reason}"
    for session in opened:
        if session.unmatched:
            names = ", ".join(path.name for path in session.unmatched[:5])
            more = len(session.unmatched) - 5
            count = "1 file belongs" if len(session.unmatched) == 1 else f"{len(session.unmatched)} files belong"
            yield f"{session.suite.card.id}: {count} to no sample: {names}" + (f" and {more} more" if more > 0 else "")
    filtered = Counter(reason.partition(": ")[0] for status, _, reason in failures.reasons if status == "filtered")
    for who, times in filtered.items():
        yield f"filtered: {times} {who}"
    seen: dict[str, list[str]] = {}
    for status, what, reason in failures.reasons:
        seen.setdefault(f"{status}: {reason}", []).append(what)
    for reason, places in list(seen.items())[:10]:
        yield f"{places[0]}" + (f" and {len(places) - 1} more" if len(places) > 1 else "") + f": {reason}"
    if len(seen) > 10:
        yield f"and {len(seen) - 10} more reasons: see missing.csv in the run folders"
