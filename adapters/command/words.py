"""The command line: one value, one word; no shell ever reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vbench_py.adapters.command.scope import Item
from vbench_py.recipe_card import RunCard
from vbench_py.recipes.values import fill, text
from vbench_py.types import UsageError


def command_words(run: RunCard, item: Item) -> list[str]:
    """What follows the interpreter: launcher, script or module, positional words, flags, overrides."""
    words = [text(fill(word, item)) for word in run.launcher]
    words += ["-m", run.module] if run.module else [f"{item.place.checkout}/{run.entry}"]
    words += _plain(fill(run.words, item))
    words += flag_words(fill(run.flags, item), joined=run.joined)
    words += [f"{run.override_prefix}{name}={_override(value)}" for name, value in _set(fill(run.overrides, item))]
    words += _plain(fill(run.trailing, item))
    if any("\0" in word for word in words):
        raise UsageError("a word of the command line holds a NUL character")
    return words


def variables(run: RunCard, item: Item) -> dict[str, str]:
    """The recipe's environment variables."""
    return {name: text(fill(value, item)) for name, value in run.variables.items()}


def flag_words(flags: Mapping[str, Any], *, joined: bool = False) -> list[str]:
    """Flags with their values; None and False leave a flag out, True is a flag alone, a list several words."""
    words: list[str] = []
    for name, value in _set(flags):
        if value is True:
            words.append(name)
        elif isinstance(value, list | tuple):
            words += [name, *(text(entry) for entry in value)]
        elif joined:
            words.append(f"{name}={text(value)}")
        else:
            words += [name, text(value)]
    return words


def _set(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in table.items() if value is not None and value is not False)


def _plain(values: list[Any]) -> list[str]:
    return [text(value) for value in values if value is not None and value is not False]


def _override(value: Any) -> str:
    return "true" if value is True else text(value)


def call_arguments(table: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """Arguments of a worker's call or setup, with `path`, `image` and `array` as the worker reads them."""
    return {name: _tagged(fill(value, item)) for name, value in table.items()}


def _tagged(value: Any) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1 and (tag := next(iter(value))) in ("path", "image", "array"):
            return {f"${tag}": value[tag]} if value[tag] is not None else None
        return {name: _tagged(inner) for name, inner in value.items()}
    return [_tagged(inner) for inner in value] if isinstance(value, list | tuple) else value
