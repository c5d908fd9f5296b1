"""Texts that programs read: lists of prompts, configurations, tables. Every prompt arrives as it is, or is refused."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench_py.adapters.command.scope import SAMPLE_TEXTS, Item
from vbench_py.recipe_card import InputCard
from vbench_py.recipes.values import Lookup, fill, placeholders, text
from vbench_py.types import Unsupported, UsageError

_INTERPOLATION = re.compile(r"(\\*)\$\{")


def write_text(card: InputCard, items: Sequence[Item], path: Path) -> None:
    """Writes one file for the batch. Raises `Unsupported` for a value that the form cannot carry."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_WRITERS[card.kind](card, items).encode())


def check_line(value: str, name: str = "prompt") -> str:
    """`value`, where it can be one line of a list. Raises `Unsupported`."""
    if len(value.splitlines()) > 1 or value != value.rstrip("\r\n"):
        raise Unsupported(
            name, "it has line breaks, and the code reads one entry a line; `--set line_breaks=space` makes them spaces"
        )
    if not value.strip():
        raise Unsupported(name, "it is empty, and the code drops empty lines: every later sample would shift")
    return value


def check_separators(card: InputCard, value: str, name: str = "prompt") -> None:
    """Raises `Unsupported` for a text that holds what the code splits its lines at."""
    for separator in card.refuse:
        if separator in value:
            raise Unsupported(name, f"it holds {separator!r}, at which the code splits its lines")


def _lines(card: InputCard, items: Sequence[Item]) -> str:
    for item in items:
        for name in sorted(placeholders(card.each) & set(SAMPLE_TEXTS)):
            check_separators(card, str(item(name)), name)
    return "".join(check_line(text(fill(card.each, item))) + "\n" for item in items)


def _text(card: InputCard, items: Sequence[Item]) -> str:
    return text(fill(card.each, items[0]))


def _yaml(card: InputCard, items: Sequence[Item]) -> str:
    import yaml

    base = yaml.safe_load(_base(card, items) or "{}") or {}
    return yaml.safe_dump(_with(base, card, items), allow_unicode=True, sort_keys=False)


def _json(card: InputCard, items: Sequence[Item]) -> str:
    return json.dumps(_with(json.loads(_base(card, items) or "{}"), card, items), indent=1, ensure_ascii=False)


def _jsonl(card: InputCard, items: Sequence[Item]) -> str:
    return "".join(json.dumps(fill(card.values, item), ensure_ascii=False) + "\n" for item in items)


def _csv(card: InputCard, items: Sequence[Item]) -> str:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(card.values), delimiter=card.separator, lineterminator="\n")
    if card.header:
        writer.writeheader()
    for item in items:
        writer.writerow({name: text(value) for name, value in fill(card.values, item).items()})
    return sink.getvalue()


def _python(card: InputCard, items: Sequence[Item]) -> str:
    """Assignments below the base's own text: in Python the last one holds."""
    lines = [f"{name} = {value!r}" for name, value in _values(card, items).items()]
    return "\n".join([_base(card, items), *lines]) + "\n"


_WRITERS = {
    "lines": _lines, "text": _text, "yaml": _yaml, "json": _json, "jsonl": _jsonl, "csv": _csv, "python": _python,
}  # fmt: skip


def _base(card: InputCard, items: Sequence[Item]) -> str:
    if not card.base:
        return ""
    path = items[0].place.checkout / card.base
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"recipe: its base {card.base} is not in the checkout: {error.strerror}") from error


def _values(card: InputCard, items: Sequence[Item]) -> dict[str, Any]:
    """`values`, filled: of the batch's first sample, but for what stands once a sample."""
    values: dict[str, Any] = _listed(card, card.values, items)
    return values


def _listed(card: InputCard, value: Any, items: Sequence[Item]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"each"}:
            return [fill(value["each"], _reader(card, item)) for item in items]
        if value == {"null": True}:
            return None
        keyed = {}
        for name, inner in value.items():
            for item in items if placeholders(name) else items[:1]:
                keyed[text(fill(name, item))] = _listed(card, inner, [item] if placeholders(name) else items)
        return keyed
    if isinstance(value, list | tuple):
        return [_listed(card, inner, items) for inner in value]
    return fill(value, _reader(card, items[0]))


def _with(base: Any, card: InputCard, items: Sequence[Item]) -> Any:
    """`base` with `values` at their places. Raises `UsageError` where a place lies in no table or list."""
    plain = set(card.values)
    for name, value in _values(card, items).items():
        # A name that was made of a sample is one key, whatever dots it holds.
        steps = name.split(".") if name in plain and not (isinstance(base, Mapping) and name in base) else [name]
        place = base
        for step in steps[:-1]:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
            if not isinstance(place, dict | list):
                raise UsageError(f"recipe: {card.path}: {name!r} leads into {place!r}, which holds nothing")
        if isinstance(place, list):
            place[int(steps[-1])] = value
        else:
            place[steps[-1]] = value
    return base


def _reader(card: InputCard, item: Item) -> Lookup:
    """The sample's placeholders; for OmegaConf its texts with `${` escaped, which would be an interpolation."""
    if not card.omegaconf:
        return item

    def look(name: str) -> Any:
        value = item(name)
        if name in SAMPLE_TEXTS and isinstance(value, str):
            return _literal(value, name)
        return [_literal(entry, name) for entry in value] if name == "schedule.prompts" else value

    return look


def _literal(value: str, name: str) -> str:
    if value == "???":
        raise Unsupported(name.partition(".")[0], "it is '???', which means a missing value in this configuration")
    return _INTERPOLATION.sub(lambda found: found[1] * 2 + "\\${", value)
