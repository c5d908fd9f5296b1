"""One folder that opens from disk: index.html with its style and script inside, plotly.min.js and media beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from vbench_py.leaderboard.board import Board, Table
from vbench_py.report.flat import missing_rows, protocol, write_text
from vbench_py.report.media import Gallery
from vbench_py.report.samples import Card, cards, pick

MISSING_SHOWN = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Section:
    """A table of the board with everything that the page shows below it."""

    table: Table
    cards: Sequence[Card]
    total: int
    missing: Sequence[Sequence[Any]]
    protocols: Sequence[tuple[str, str]]
    cost: Mapping[str, Any] | None


def write_html(
    board: Board, destination: Path, *, previews: bool, samples: int, title: str, on_sample: Progress | None
) -> Path:
    """Writes `destination`/index.html and what lies beside it; gives the page's path."""
    from plotly.offline import get_plotlyjs

    gallery = Gallery(destination, previews=previews)
    chosen = [pick(table, samples) for table in board.tables]
    total = sum(len(keys) for keys, _ in chosen)
    sections: list[Section] = []
    done = 0
    for table, (keys, all_keys) in zip(board.tables, chosen, strict=True):
        drawn = []
        for card in cards(table, keys, gallery):
            drawn.append(card)
            done += 1
            if on_sample is not None:
                on_sample(done, total)
        for number, card in enumerate(drawn):
            identity = f"{len(sections)}-{number}"
            call = f"vbenchCurves({embed(identity)}, {embed(card.curves)});\n"
            write_text(destination / "curves" / f"{identity}.js", call)
        sections.append(Section(table, drawn, all_keys, _missing(table), _protocols(table), _costs(table)))
    write_text(destination / "plotly.min.js", get_plotlyjs())
    page = destination / "index.html"
    write_text(page, _page(sections, title))
    return page


def _page(sections: Sequence[Section], title: str) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("vbench_py.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def verbatim(name: str) -> Markup:
        assert environment.loader is not None
        return Markup(environment.loader.get_source(environment, name)[0])

    template = environment.get_template("index.html.j2")
    return template.render(
        title=title,
        sections=sections,
        embed=lambda value: Markup(embed(value)),
        verbatim=verbatim,
        missing_shown=MISSING_SHOWN,
    )


def _missing(table: Table) -> list[list[Any]]:
    return [[row.name, *line] for row in table.rows for line in missing_rows(row.run)[1]]


def _protocols(table: Table) -> list[tuple[str, str]]:
    return [(row.name, json.dumps(protocol(row.run), indent=2, ensure_ascii=False, default=str)) for row in table.rows]


def _costs(table: Table) -> Mapping[str, Any] | None:
    """Quality against cost: the primary metric with its interval, and seconds a frame (median over outputs)."""
    column = table.primary
    if column is None:
        return None
    points = [
        {
            "name": row.name, "control": row.control, "colour": number, "x": row.seconds_per_frame,
            "y": cell.estimate.mean, "low": cell.estimate.low, "high": cell.estimate.high,
        }
        for number, row in enumerate(table.rows)
        for cell in [row.cells.get(column.id)]
        if cell is not None and isfinite(cell.estimate.mean) and row.seconds_per_frame
    ]  # fmt: skip
    if not any(not point["control"] for point in points):
        return None
    return {"title": column.title, "unit": column.facts.unit, "arrow": column.arrow, "points": points}


def embed(value: Any) -> str:
    """JSON that may stand in a script element or a script file: no markup, no line separators, NaN as null."""
    text = json.dumps(_finite(value), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
