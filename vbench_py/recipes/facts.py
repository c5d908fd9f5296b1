"""What was found in a checkout about the things that a recipe relies on: small plain data, none of the code itself.

Something that was looked for and is not there is None or False; what was not looked for is no key at all, so that facts
from before a change of the recipe are told from facts that speak against it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from vbench_py.card import Card
from vbench_py.types import UsageError

SCHEMA = 1
ValueType = Literal["int", "float", "str", "bool", "unknown"]


class Option(Card):
    """A flag or positional word as a program declares it.

    `names` as they are written (--steps, -s); for a positional its one plain name. `type` is what a word becomes, bool
    being Python's own, which takes every non-empty word for true; unknown is a function of the authors' own. `action`
    `value` takes words (`nargs` as in argparse: None is one), `flag` none, `either` both, `pair` has a --no- twin.
    `default` is the kind of its default: none, absent, or a ValueType. `command` is the subcommand it belongs to.
    """

    names: tuple[str, ...]
    type: ValueType = "unknown"
    action: Literal["value", "flag", "pair"] = "value"
    nargs: int | str | None = None
    choices: tuple[Any, ...] | None = None
    required: bool = False
    default: str = "absent"
    command: str = ""
    many: bool = False


class Interface(Card):
    """What a program takes from its command line: `by` names the parsers seen (argparse, click, fire, hydra ...).

    `overrides` says that it takes words name=value, `rest` any words and `loose` any flags beyond those declared.
    `partial` names files where something is declared that can only be known by running it.
    """

    by: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    overrides: bool = False
    rest: bool = False
    loose: bool = False
    partial: tuple[str, ...] = ()

    def flag(self, name: str) -> list[Option]:
        return [option for option in self.options if name in option.names]

    @property
    def positionals(self) -> list[Option]:
        return [option for option in self.options if not option.names[0].startswith("-")]


class Parameter(Card):
    """A parameter of a function: `star` for *rest and **rest."""

    name: str
    type: ValueType = "unknown"
    default: bool = False
    choices: tuple[Any, ...] | None = None
    star: Literal["", "*", "**"] = ""


class Parsed(Card):
    """What the program's own parser made of our words (`vbench-py check recipe --parse`): `by` which parser, `taken`
    the names it knows afterwards, `left` words it did not know, `reached` the config files it read. `refused` says
    that it would not have them; with neither, its parser was not reached. `words` is the digest of what was handed
    over, so that a changed recipe does not keep the evidence.
    """

    words: str
    ok: bool
    refused: bool = False
    by: str = ""
    taken: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    stubs: int = 0
    detail: str = ""


class RunFacts(Card):
    """Facts of one mode. `files`: is it there. `flags`: is it declared. `keys`: kind of a config key, by file. `words`:
    does the code name it anywhere. `strings`, `names`: by file, from proofs. `naming`: in which file a piece of an
    output's name stands. `signatures`: by what a worker calls, and method. `imports`: "module:name" of programs of
    ours; None where it is not of the repository.
    """

    files: dict[str, bool] = Field(default_factory=dict)
    interface: Interface | None = None
    flags: dict[str, bool] = Field(default_factory=dict)
    keys: dict[str, dict[str, str | None]] = Field(default_factory=dict)
    words: dict[str, bool] = Field(default_factory=dict)
    strings: dict[str, dict[str, bool]] = Field(default_factory=dict)
    names: dict[str, dict[str, bool]] = Field(default_factory=dict)
    naming: dict[str, str | None] = Field(default_factory=dict)
    signatures: dict[str, dict[str, tuple[Parameter, ...] | None]] = Field(default_factory=dict)
    imports: dict[str, bool | None] = Field(default_factory=dict)
    parsed: Parsed | None = None


class PatchFact(Card):
    applies: bool
    detail: str = ""


PARSED = "the program's own parser took our words"


class Facts(Card):
    """`head` is the commit that was read, `changed` the files that did not lie as committed; patches by the sha256 of
    their diff, runs by mode.
    """

    schema_version: int = Field(default=SCHEMA, alias="schema")
    recipe: str
    repository: str
    commit: str
    date: str = ""
    head: str = ""
    changed: tuple[str, ...] = ()
    patches: dict[str, PatchFact] = Field(default_factory=dict)
    runs: dict[str, RunFacts] = Field(default_factory=dict)
    checked: tuple[str, ...] = ()

    @property
    def parsed(self) -> int:
        """In how many runs the program's own parser took our words."""
        return sum(promise.endswith(PARSED) for promise in self.checked)


def to_text(facts: Facts) -> str:
    """Canonical JSON: keys sorted, what is empty left out."""
    data = facts.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps({"schema": SCHEMA, **data}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def from_text(text: str, where: Path | str) -> Facts:
    """Facts as `to_text` wrote them; `UsageError` where they are not."""
    try:
        return Facts.model_validate_json(text)
    except ValidationError as error:
        raise UsageError(
            f"{where}: these are no facts of a recipe: {error.errors()[0]['msg']}",
            mend="make them anew with `vbench-py check recipe NAME --source CHECKOUT --record`",
        ) from error


def merge(interfaces: Sequence[Interface]) -> Interface:
    """What several files declare together."""
    return Interface(
        by=tuple(sorted({name for one in interfaces for name in one.by})),
        options=tuple(option for one in interfaces for option in one.options),
        overrides=any(one.overrides for one in interfaces),
        rest=any(one.rest for one in interfaces),
        loose=any(one.loose for one in interfaces),
        partial=tuple(sorted({path for one in interfaces for path in one.partial})),
    )
