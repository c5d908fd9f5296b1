"""Pages that open from disk: style and script inside, plotly.min.js, curves and media beside them.

One suite has one page, index.html; several have a page each, and index.html leads to them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from vbench_py.leaderboard.board import Board
from vbench_py.report.flat import write_text
from vbench_py.report.media import Gallery
from vbench_py.report.numbers import count_text
from vbench_py.report.overview import Page, entry
from vbench_py.report.samples import cards, pick
from vbench_py.report.sections import Section, section
from vbench_py.report.words import colour, control_label

MISSING_SHOWN = 200
HOME = "index"

Progress = Callable[[int, int], None]


def write_html(
    board: Board, destination: Path, *, previews: bool, samples: int, title: str, on_sample: Progress | None
) -> Path:
    """Writes `destination`/index.html, the pages that it leads to, and what lies beside them; gives its path."""
    sections = _sections(board, Gallery(destination, previews=previews), samples, on_sample)
    for it in sections:
        plots = {str(number): card.curves for number, card in enumerate(it.cards)}
        for name, curves in (plots | ({"all": it.together} if it.together else {})).items():
            identity = f"{it.number}-{name}"
            call = f"vbenchCurves({embed(identity)}, {embed(curves)});\n"
            write_text(destination / "curves" / f"{identity}.js", call)
    if any(it.plotted for it in sections):
        from plotly.offline import get_plotlyjs

        write_text(destination / "plotly.min.js", get_plotlyjs())
    home = destination / f"{HOME}.html"
    suites = list(dict.fromkeys(it.table.suite for it in sections))
    if len(suites) < 2:
        write_text(home, _render("index.html.j2", title=title, sections=sections, pages=[], here=None))
        return home
    pages = _pages(suites, sections)
    for page in pages:
        text = _render("index.html.j2", title=page.title, sections=page.sections, pages=pages, here=page)
        write_text(destination / page.file, text)
    write_text(home, _render("overview.html.j2", title=title, entries=[entry(page) for page in pages]))
    return home


def _sections(board: Board, gallery: Gallery, samples: int, on_sample: Progress | None) -> list[Section]:
    chosen = [pick(table, samples) for table in board.tables]
    total = sum(len(keys) for keys, _ in chosen)
    sections: list[Section] = []
    done = 0
    for number, (table, (keys, count)) in enumerate(zip(board.tables, chosen, strict=True)):
        drawn = []
        for card in cards(table, keys, gallery):
            drawn.append(card)
            done += 1
            if on_sample is not None:
                on_sample(done, total)
        sections.append(section(number, table, drawn, count))
    return sections


def _pages(suites: Sequence[str], sections: Sequence[Section]) -> list[Page]:
    """A page a suite, called by its id where that makes a file name of its own, which an id from outside may not."""
    pages: list[Page] = []
    for suite in suites:
        taken = {HOME, *(page.file.removesuffix(".html") for page in pages)}
        plain = re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,80}", suite) and suite not in taken
        name = suite if plain else f"suite-{hashlib.sha256(suite.encode()).hexdigest()[:12]}"
        pages.append(Page(f"{name}.html", [it for it in sections if it.table.suite == suite]))
    return pages


def _render(name: str, **values: Any) -> str:
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

    return environment.get_template(name).render(
        embed=lambda value: Markup(embed(value)),
        verbatim=verbatim,
        colour=colour,
        control_label=control_label,
        count_text=count_text,
        missing_shown=MISSING_SHOWN,
        **values,
    )


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
