"""Writes what is made from cards and command: metrics.md, suites.md, methods.md, recipes.md, precision.md, cli.md,
README.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from methods_page import methods, methods_page
from metrics_page import cell, evidence, metrics_page
from precision_page import precision_page
from recipes_page import recipes_page
from suites_page import suites_page, tasks

from vbench_py.cli.app import app
from vbench_py.cli.flags import Common, Work

DOCS = Path(__file__).resolve().parent
MADE = "<!-- made by docs/make_reference.py: change the cards or the script, not this {what} -->"


def flag_rows(owner: type[Common], inherited: type | None) -> Iterator[str]:
    hints = get_type_hints(owner, include_extras=True)
    known = {field.name for field in fields(inherited)} if inherited else set()
    for field in fields(owner):
        if field.name not in known:
            option: Any = hints[field.name].__metadata__[0]
            names = ", ".join(f"`{name}`" for name in (option.default, *option.param_decls))
            yield f"| {names} | `{option.envvar}` | {cell(option.help)} |"


def own_rows() -> Iterator[str]:
    """Flags that a single verb has."""
    import typer

    shared = {field.name for field in fields(Work)}
    commands: Any = typer.main.get_command(app)
    for verb, command in commands.commands.items():
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name not in shared | {"help"}:
                names = " ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
                yield f"| {verb} | {names} | `{parameter.envvar or ''}` | {cell(parameter.help)} |".replace("``", "–")


def cli_page() -> str:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    begin, end = "<!-- flags -->", "<!-- end of flags -->"
    head, _, rest = page.partition(begin)
    tail = rest.partition(end)[2]
    table = "| flag | variable | what it does |\n| --- | --- | --- |\n"
    parts = [begin, MADE.format(what="part"), "", "Every verb:", "", table + "\n".join(flag_rows(Common, None)), ""]
    parts += ["The verbs that plan, generate or score:", "", table + "\n".join(flag_rows(Work, Common)), ""]
    own = "| verb | flag | variable | what it does |\n| --- | --- | --- | --- |\n"
    parts += ["One verb alone:", "", own + "\n".join(own_rows()), "", end]
    return head + "\n".join(parts) + tail


def readme() -> str:
    page = (DOCS / README).read_text(encoding="utf-8")
    for name, made in (("evidence", evidence()), ("tasks", tasks()), ("methods", methods())):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, _, rest = page.partition(begin)
        page = head + "\n".join([begin, MADE.format(what="part"), "", *made, "", end]) + rest.partition(end)[2]
    return page


README = "../README.md"
PAGES: dict[str, Callable[[], str]] = {
    "metrics.md": lambda: metrics_page(MADE.format(what="page")),
    "methods.md": lambda: methods_page(MADE.format(what="page")),
    "suites.md": lambda: suites_page(MADE.format(what="page")),
    "precision.md": lambda: precision_page(MADE.format(what="page")),
    "recipes.md": lambda: recipes_page(MADE.format(what="page")),
    "cli.md": cli_page,
    README: readme,
}


def main() -> int:
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{(DOCS / name).resolve().relative_to(DOCS.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
