"""`vbench-py check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench_py.cli.flags import Common, assignments

if TYPE_CHECKING:
    from vbench_py.promises import Finding


def command(
    flags: Common,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Suites, methods, metrics, paths of card files, `method all`, or `recipe NAME` [default: all cards]."
        ),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value: an option of the method (repeat).", envvar="VBENCH_PY_SET"),
    ] = None,
    tiny: Annotated[
        Path | None,
        typer.Option(
            "--tiny",
            help="First write a tiny dataset as the suite's card lays it out, in this new folder.",
            envvar="VBENCH_PY_TINY",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--source", help="recipe: its repository, a checkout or mirror.", envvar="VBENCH_PY_SOURCE"),
    ] = None,
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources", help="recipe all: folder of checkouts named OWNER+NAME or NAME.", envvar="VBENCH_PY_SOURCES"
        ),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="recipe: store the facts found.", envvar="VBENCH_PY_RECORD")
    ] = False,
    parse: Annotated[
        bool,
        typer.Option("--parse", help="recipe: start the program itself, up to its parser.", envvar="VBENCH_PY_PARSE"),
    ] = False,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, cuda:1 ...", envvar="VBENCH_PY_DEVICE")] = "cpu",
) -> int:
    """Check a card or an adapter against its promises."""
    from vbench_py.cards import MODELS
    from vbench_py.types import UsageError

    found: Iterator[Finding]
    kinds = tuple(MODELS)
    if names and len(names) > 1 and names[0] in MODELS:
        kinds, names = (names[0],), names[1:]  # "check suite NAME" reads as people say it; no card is called so
    elif names == ["recipe"]:
        kinds, names = ("recipe",), None
    if names == ["all"]:
        names = None
    if tiny is not None:
        os.environ["VBENCH_PY_DATA"] = str(_tiny_tree(names or [], tiny))
    options = assignments("--set", set)
    if kinds == ("recipe",):
        from vbench_py.recipes.proving import prove

        asked = names or ["all"]
        found = chain.from_iterable(
            prove(name, source=source, sources=sources, record=record, parse=parse) for name in asked
        )
    elif source or sources or record or parse:
        raise UsageError("--source, --sources, --record and --parse belong to `check recipe NAME`")
    elif names:
        found = (finding for name in names for finding in _everything(name, kinds, options, device))
    else:
        found = _all(kinds)
    findings: list[Finding] = []
    for finding in found:
        if not flags.json and (names or not finding.ok):
            headed = not names or not findings or findings[-1].subject != finding.subject
            sys.stdout.write(_text(finding, headed=headed))
            sys.stdout.flush()
        findings.append(finding)
    broken = [finding for finding in findings if not finding.ok]
    if flags.json:
        import json
        from dataclasses import asdict

        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        skipped = sum(finding.skipped for finding in findings)
        kept = f"{len(findings) - len(broken) - skipped} of {len(findings)} promises kept"
        sys.stdout.write(kept + (f", {skipped} not tried" if skipped else "") + "\n")
    return 1 if broken else 0


def _everything(name: str, kinds: tuple[str, ...], options: dict[str, Any], device: str) -> Iterator[Finding]:
    """All that goes by a name; a recipe against the facts recorded of its code."""
    from vbench_py import catalogue
    from vbench_py.promises import check_name
    from vbench_py.promises.naming import KINDS

    recipe = "recipe" in kinds and name in catalogue.entries("recipe")
    if not recipe or any(name in catalogue.entries(kind) for kind in KINDS):
        yield from check_name(name, options, device)
    if recipe:
        from vbench_py.recipes.proving import prove

        yield from prove(name)


def _all(kinds: tuple[str, ...]) -> Iterator[Finding]:
    from vbench_py.promises import check_all

    yield from check_all([kind for kind in kinds if kind != "recipe"])
    if "recipe" in kinds:
        from vbench_py.recipes.proving import prove

        yield from prove("all")


def _tiny_tree(names: list[str], folder: Path) -> Path:
    from vbench_py import catalogue
    from vbench_py.layout import make_tiny
    from vbench_py.types import UsageError

    if len(names) != 1:
        raise UsageError("--tiny writes the dataset of one suite", mend="name exactly one")
    return make_tiny(catalogue.card("suite", names[0]), folder)


def _text(finding: Finding, *, headed: bool) -> str:
    """Its line, wrapped to the terminal, below its subject."""
    import shutil
    import textwrap

    mark = "skip" if finding.skipped else "ok" if finding.ok else "FAIL"
    detail = f": {finding.detail}" if finding.detail else ""
    width = shutil.get_terminal_size((80, 24)).columns
    first, *rest = f"{mark:<4}  {finding.promise}{detail}".splitlines()
    lines = [
        textwrap.fill(
            text, width, initial_indent="  " if text is first else "        ", subsequent_indent=" " * 8,
            break_long_words=False, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=text is first,
        )
        for text in [first, *rest]
    ]  # fmt: skip
    line = "\n".join(lines)
    return (f"{finding.subject}\n" if headed else "") + line + "\n"
