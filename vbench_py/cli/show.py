"""`vbench-py show`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from vbench_py.cli.flags import Common


def command(
    flags: Common,
    name: Annotated[str, typer.Argument(help="Id of a suite, method, metric, extractor, adapter or bundle.")],
) -> int:
    """Show the card of a suite, method, metric or bundle."""
    from vbench_py import catalogue

    kinds = [kind for kind in catalogue.KINDS if name in catalogue.entries(kind)]
    if not kinds and ("/" in name or name.endswith(".toml")):
        kinds = ["method" if name.endswith(".toml") and not name.endswith("suite.toml") else "suite"]
    if not kinds:
        raise catalogue.unknown("card", name, [i for kind in catalogue.KINDS for i in catalogue.entries(kind)])
    cards = [{"kind": kind, "file": str(catalogue.find(kind, name).file), **_plain(kind, name)} for kind in kinds]
    if flags.json:
        import json

        sys.stdout.write(json.dumps(cards[0] if len(cards) == 1 else cards, indent=2, ensure_ascii=False) + "\n")
        return 0
    from rich.console import Console

    console = Console()
    for card in cards:
        console.print(f"{card['kind']} {card['id']}", style="bold", markup=False, highlight=False)
        _print(console, {k: v for k, v in card.items() if k not in ("kind", "id")}, 2)
    return 0


def _plain(kind: str, name: str) -> dict[str, Any]:
    from vbench_py import catalogue

    data: dict[str, Any] = catalogue.card(kind, name).model_dump(mode="json")
    if kind == "suite":
        from vbench_py.samples import load_suite

        suite = load_suite(name)
        data["counts"] = {"samples": len(suite.samples), "outputs": len(suite.pairs)}
    return data


def _print(console: Any, values: dict[str, Any], indent: int) -> None:
    """Nested values with hanging indents; what is empty is left out."""
    from rich.padding import Padding
    from rich.text import Text

    for key, value in values.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            console.print(Padding(Text(f"{key}:"), (0, 0, 0, indent)))
            _print(console, value, indent + 2)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            console.print(Padding(Text(f"{key}:"), (0, 0, 0, indent)))
            for number, item in enumerate(value):
                _print(console, item if item else {"-": ""}, indent + 2)
                if number + 1 < len(value):
                    console.print()
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            console.print(Padding(Text(f"{key}: {text}"), (0, 0, 0, indent)))
