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

    kinds = [kind for kind in catalogue.KINDS if kind != "family" and name in catalogue.entries(kind)]
    if "method" in kinds:  # its recipe and environment, often called as it is, have a verb of their own: env show
        kinds = [kind for kind in kinds if kind not in catalogue.FOREIGN]
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
        if card["kind"] == "method":
            from vbench_py.cli.show_method import show_method

            show_method(console, catalogue.card("method", name), card)
            continue
        print_values(console, {k: v for k, v in card.items() if k not in ("kind", "id")}, 2)
    return 0


def _plain(kind: str, name: str) -> dict[str, Any]:
    from vbench_py import catalogue

    data: dict[str, Any] = catalogue.card(kind, name).model_dump(mode="json")
    if kind == "suite":
        data["counts"] = _counts(catalogue.card(kind, name), name)
    if kind == "extractor":
        data["asked"] = _asked(name)
    if kind == "method":
        data["published"] = _published(data["id"])
    return data


def _published(method: str) -> list[dict[str, Any]]:
    """The authors' own numbers, each with its source."""
    from vbench_py.published import published

    return [result.model_dump(mode="json", exclude={"method"}) for result in published(method)]


def _counts(card: Any, name: str) -> dict[str, Any]:
    from vbench_py import layout
    from vbench_py.samples import load_suite

    if card.layout is not None and layout.missing(card):
        return {"clips": card.layout.clips.count or "as many as there are", "data": "not here: see its layout"}
    suite = load_suite(name)
    return {"samples": len(suite.samples), "outputs": len(suite.pairs)}


def _asked(extractor: str) -> dict[str, str]:
    """By metric: the roles and the view that it shows this extractor."""
    from vbench_py import catalogue
    from vbench_py.features.asks import sources_of

    told = {}
    for metric, found in catalogue.entries("metric").items():
        if extractor in found.data.get("extractors", ()):
            needs = catalogue.load("metric", metric).needs.values()
            asks = [ask for need in needs for ask in (need, *sources_of(need)) if ask.extractor == extractor]
            told[metric] = "; ".join(dict.fromkeys(f"{', '.join(ask.on)}: {_view(ask.view)}" for ask in asks))
    return told


def _view(view: Any) -> str:
    """A view in words: how many frames, which, and at which size."""
    if view.unit != "window":
        return str(view.unit)
    size = "source size"
    if (how := view.geometry) is not None:
        size = f"{how.fit} {'x'.join(map(str, how.size))} {how.kernel}{' antialiased' * how.antialias} ({how.library})"
        size += f", crop {how.crop[0]}x{how.crop[1]}" if how.crop else ""
    frames = "each frame" if view.length == 1 else f"{view.length} frames"
    every = f" every {view.stride}" if view.stride > 1 else ""
    return f"{frames}{every}, {'all' if view.sampling == 'all' else view.sampling}, {size}"


def print_values(console: Any, values: dict[str, Any], indent: int) -> None:
    """Nested values with hanging indents; what is empty is left out."""
    from rich.padding import Padding
    from rich.text import Text

    for key, value in values.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            console.print(Padding(Text(f"{key}:"), (0, 0, 0, indent)))
            print_values(console, value, indent + 2)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            console.print(Padding(Text(f"{key}:"), (0, 0, 0, indent)))
            for number, item in enumerate(value):
                print_values(console, item if item else {"-": ""}, indent + 2)
                if number + 1 < len(value):
                    console.print()
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            console.print(Padding(Text(f"{key}: {text}"), (0, 0, 0, indent)))
