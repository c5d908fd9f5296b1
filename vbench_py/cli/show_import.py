"""What `import` found, as a table and lists, or as JSON."""

from __future__ import annotations

import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from vbench_py.cli.flags import Common
from vbench_py.cli.importing import METHOD_OPTIONS, Import, Pair

LISTED = 10


def show_import(flags: Common, found: Import, *, name: str = "") -> int:
    """Prints it; 0 when everything has its video and nothing is left over, else 1."""
    if flags.json:
        from vbench_py.store import to_json

        sys.stdout.write(to_json(as_json(found, name), indent=True).decode() + "\n")
    else:
        _show(found, name)
    return 0 if found.whole else 1


def run_command(found: Import, name: str) -> str:
    """The command that scores these videos."""
    options = {"manifest": str(found.manifest)} if found.manifest else dict(found.options)
    words = ["vbench-py", "run", found.suite, "--method", found.method]
    words += [word for key in METHOD_OPTIONS if key in options for word in ("--set", f"{key}={options[key]}")]
    return shlex.join([*words, *(["--name", name] if name else [])])


def as_json(found: Import, name: str) -> dict[str, Any]:
    """Everything that was found, for machines."""
    return {
        "suite": found.suite,
        "method": found.method,
        "options": dict(found.options),
        "samples": found.samples,
        "matched": [
            {"sample": sample, "seed": seed, "file": file, **found.facts.get((sample, seed), {})}
            for (sample, seed), file in found.files.items()
        ],
        "missing": [{"sample": sample, "seed": seed} for sample, seed in found.missing],
        "extra": [{"file": file, "reason": reason} for file, reason in found.extra.items()],
        "problems": [
            {"sample": pair[0], "seed": pair[1], "file": found.files[pair], "reason": reason}
            for pair, reason in found.problems.items()
        ],
        "no_media": [{"file": file, "reason": reason} for file, reason in found.passed.items()],
        "notes": found.notes,
        "manifest": str(found.manifest) if found.manifest else None,
        "run": run_command(found, name),
        "whole": found.whole,
    }


def _show(found: Import, name: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    table.add_column("suite", overflow="fold")
    for heading in ("samples", "wanted", "matched", "missing", "extra", "broken or mis-sized"):
        table.add_column(heading, justify="right")
    counts = (found.samples, len(found.files) + len(found.missing), len(found.files), len(found.missing),
              len(found.extra), len(found.problems))  # fmt: skip
    table.add_row(escape(found.suite), *map(str, counts))
    console.print(table)

    for heading, lines in _lists(found):
        if lines:
            sys.stdout.write(f"\n{heading}:\n")
            sys.stdout.writelines(_wrapped(line, console.width) for line in lines[:LISTED])
            if len(lines) > LISTED:
                sys.stdout.write(f"  and {len(lines) - LISTED} more (--json lists all)\n")
    if found.manifest:
        sys.stdout.write(f"\nManifest: {found.manifest}\n")
    if found.files:
        sys.stdout.write(f"\nTo score them:\n  {run_command(found, name)}\n")


def _wrapped(line: str, width: int) -> str:
    """`line` within the terminal; what a name may hold and a terminal would obey is spelt out."""
    line = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)
    text = textwrap.fill(
        line, width, initial_indent="  ", subsequent_indent="      ", break_long_words=True, break_on_hyphens=False
    )
    return text + "\n"


def _lists(found: Import) -> Sequence[tuple[str, list[str]]]:
    return (
        ("matched", [f"{_pair(pair)}  {file}" for pair, file in found.files.items()]),
        ("missing", [_pair(pair) for pair in found.missing]),
        ("extra, belongs to nothing", _reasons(found.extra)),
        ("broken or mis-sized", list(found.problems.values())),
        ("no media, passed over", _reasons(found.passed)),
        ("notes", found.notes),
    )


def _pair(pair: Pair) -> str:
    return f"{pair[0]} (seed {pair[1]})"


def _reasons(files: Mapping[str, str]) -> list[str]:
    return [f"{file}: {reason}" if reason else file for file, reason in files.items()]
