"""The clips of a dataset as rows of texts: from names, from folders, or from a list file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from vbench_py.cards import ClipsCard, LayoutCard
from vbench_py.layout.text import Row, fields, fill, fixed, pattern
from vbench_py.types import UsageError
from vbench_py.video.find import is_hidden, natural_key

_SHOWN = 8


def clip_rows(layout: LayoutCard, root: Path) -> tuple[list[Row], list[str]]:
    """(rows, faults): one row of texts a sample, and what differs from the card, each as a line for people.

    Lists names only: nothing is opened but the list file.
    """
    clips = layout.clips
    rows: list[Row]
    if clips.file:
        try:
            rows = list(_listed(clips, root))
        except UsageError as error:
            return [], [str(error)]
        faults = _miscounted(clips, len(rows), clips.file, "rows")
    elif clips.match:
        rows = list(_matched(clips.match, root))
        names = listing("/".join(row.values()) for row in rows)
        faults = _miscounted(clips, len(rows), clips.match, "clips", f" ({names})" if rows else "")
    else:
        rows = [{"clip": name} for name in clips.names]
        faults = _extra(layout, root)
    if not rows and not faults:
        faults = [f"{clips.file or clips.match}: expected clips, found none"]
    rows = list(varied(clips, rows))
    try:
        ids = Counter(fill(layout.id, row) for row in rows)
    except UsageError as error:
        return [], [*faults, f"sample id {error}"]
    faults += [
        f"{clips.file or clips.match}: {name} stands {n} times, expected once" for name, n in ids.items() if n > 1
    ]
    return rows, faults


def listing(names: Any) -> str:
    """Some names, and how many more there are."""
    known = list(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more


def _miscounted(clips: ClipsCard, found: int, where: str, what: str, which: str = "") -> list[str]:
    wrong = clips.count is not None and found != clips.count
    return [f"{where}: expected {clips.count} {what}, found {found}{which}"] if wrong else []


def varied(clips: ClipsCard, rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        for name, texts in clips.variants.items():
            yield {**row, "variant": name, **{field: fill(text, row) for field, text in texts.items()}}
        if not clips.variants:
            yield row


def _matched(match: str, root: Path) -> Iterator[Row]:
    """The fields of every place below `root` of that form, in natural order."""
    found: list[tuple[Path, dict[str, str]]] = [(root, {})]
    for part in match.split("/"):
        found = [step for place, row in found for step in _steps(place, part, row)]
    yield from (row for _, row in found)


def _steps(place: Path, part: str, row: dict[str, str]) -> Iterator[tuple[Path, dict[str, str]]]:
    if not fields(part):
        if (place / part).exists():
            yield place / part, row
        return
    form = pattern(part)
    for entry in sorted(place.iterdir() if place.is_dir() else (), key=lambda entry: natural_key(entry.name)):
        hit = form.fullmatch(entry.name)
        if hit and not is_hidden(entry) and all(row.get(name, text) == text for name, text in hit.groupdict().items()):
            yield entry, {**row, **hit.groupdict()}


def _extra(layout: LayoutCard, root: Path) -> list[str]:
    """Clips that lie where the first role lies, and are none of the card's names."""
    places = [p for role in layout.roles.values() if not role.origin for p in (role.path, *(
        f"{role.path}/{pick}" for pick in role.pick))]  # fmt: skip
    place = next((place for place in places if "{clip}" in place), "")
    part = (
        place.removeprefix(fixed(place)).lstrip("/").partition("/")[0]
        if fixed(place) != "."
        else place.partition("/")[0]
    )
    if fields(part) != ["clip"]:
        return []
    above = root / fixed(place)
    there = {row["clip"] for row in _matched(f"{fixed(place)}/{part}", root)} if above.is_dir() else set()
    extra = sorted(there - set(layout.clips.names), key=natural_key)
    if not extra:
        return []
    return [f"{fixed(place)}: expected {len(layout.clips.names)} clips, found beside them {listing(extra)}"]


def _listed(clips: ClipsCard, root: Path) -> Iterator[Row]:
    """The rows of the list file that are kept. Raises `UsageError` naming file, line, expected and found."""
    file = root / clips.file
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{clips.file}: the list cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{clips.file}: expected UTF-8 text, found other bytes") from error
    kept = 0
    for row in _parsed(clips, text):
        if any(row.get(name) != value for name, value in clips.only.items()):
            continue
        if clips.first is not None and kept >= clips.first:
            return
        kept += 1
        yield {name: value.removeprefix(clips.strip) for name, value in row.items()}


def _parsed(clips: ClipsCard, text: str) -> Iterator[Row]:
    if clips.format == "lines":
        yield from _lines(clips, text)
    elif clips.format == "csv":
        yield from _table(clips, text)
    else:
        yield from _objects(clips, text)


def _lines(clips: ClipsCard, text: str) -> Iterator[Row]:
    wanted = len(clips.columns)
    for number, line in enumerate(text.splitlines(), 1):
        # The last column takes the rest of the line, so that a single one may hold blanks.
        parts = line.split(maxsplit=wanted - 1)
        if not parts:
            continue
        if len(parts) != wanted:
            columns = ", ".join(clips.columns)
            raise UsageError(f"{clips.file}:{number}: expected {wanted} parts ({columns}), found {len(parts)}")
        yield {name: part.strip() for name, part in zip(clips.columns, parts, strict=True)}


def _table(clips: ClipsCard, text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text))
    names = clips.columns or tuple(next(reader, ()))
    lacking = [name for name in clips.only if name not in names]
    if lacking:
        raise UsageError(f"{clips.file}: expected a column {lacking[0]!r}, found {', '.join(names)}")
    for row in reader:
        if any(cell.strip() for cell in row):
            if len(row) != len(names):
                raise UsageError(f"{clips.file}:{reader.line_num}: expected {len(names)} cells, found {len(row)}")
            yield {name: cell.strip() for name, cell in zip(names, row, strict=True)}


def _objects(clips: ClipsCard, text: str) -> Iterator[Row]:
    try:
        if clips.format == "jsonl":
            items = [orjson.loads(line) for line in text.splitlines() if line.strip()]
        else:
            items = orjson.loads(text)
            for key in filter(None, clips.at.split(".")):
                items = items[key]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise UsageError(
            f"{clips.file}: expected {clips.format} with objects at {clips.at or 'its top'}, found {error}"
        ) from error
    if isinstance(items, dict):
        items = [
            {"key": key, **item} if isinstance(item, dict) else {"key": key, "value": item}
            for key, item in items.items()
        ]
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise UsageError(f"{clips.file}: item {number}: expected an object, found {type(item).__name__}")
        yield {name: value if isinstance(value, str) else str(value) for name, value in item.items()}
