"""Whether a program's command line takes the words that we hand it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vbench_py.recipes.facts import Interface, Option, Parameter, ValueType
from vbench_py.recipes.values import text

ANYTHING: Any = type("Anything", (), {"__repr__": lambda self: "anything"})()
"""A value that is not known before a sample is."""
_FALSE = {"false", "0", "no", "off", "none"}


def refused_flags(interface: Interface, flags: Mapping[str, Any], words: Sequence[Any] = ()) -> Iterator[str]:
    """Why flags with their values would not be taken; None and False leave a flag out. `words` hold a subcommand."""
    command = {text(word) for word in words}
    for name, value in flags.items():
        if value is None or value is False:
            continue
        options = [option for option in interface.flag(name) if not option.command or option.command in command]
        if not options:
            if not interface.loose:
                yield f"{name} is declared nowhere"
            continue
        reasons = [reason for option in options if (reason := refusal(option, value))]
        if len(reasons) == len(options):
            yield f"{name} = {value!r}: {reasons[0]}"


def refusal(option: Option, value: Any) -> str:
    """Why the option would not take the value, "" where it would."""
    if value is ANYTHING:
        return ""
    if value is True:
        takes_none = option.action != "value" or option.nargs in ("?", "*", 0, "...")
        return "" if takes_none else "it wants a value, and gets none"
    if option.action == "flag":
        return "it takes no value"
    values = list(value) if isinstance(value, list | tuple) else [value]
    if isinstance(option.nargs, int) and len(values) != option.nargs:
        return f"it takes {option.nargs} values, not {len(values)}"
    single = option.nargs is None or option.nargs == "?"
    if isinstance(value, list | tuple) and single and len(values) != 1 and not option.many:
        return f"it takes one value, not {len(values)}"
    if not values and option.nargs == "+":
        return "it takes at least one value"
    return next((reason for one in values if (reason := unread(option.type, option.choices, one))), "")


def unread(kind: ValueType, choices: Sequence[Any] | None, value: Any) -> str:
    """Why a word for this value is not read as the type, or is none of the choices."""
    if value is ANYTHING:
        return ""
    word = text(value)
    read: Any = word
    try:
        if kind in ("int", "float"):
            read = int(word) if kind == "int" else float(word)
    except ValueError:
        return f"{word!r} is no {kind}"
    if kind == "bool":
        if word.lower() in _FALSE:
            return f"type=bool takes every word for true, {word!r} too"
        read = True
    if choices is not None and read not in choices and word not in [str(choice) for choice in choices]:
        return f"{word!r} is none of {', '.join(str(choice) for choice in choices)}"
    return ""


def missing_flags(interface: Interface, flags: Mapping[str, Any], words: Sequence[Any] = ()) -> Iterator[str]:
    """Required options that are not handed over. A flag declared several times is required where all say so."""
    command = {text(word) for word in words}
    given = {name for name, value in flags.items() if value is not None and value is not False}
    for option in interface.options:
        plain = not option.names[0].startswith("-")
        alike = [other for other in interface.options if set(other.names) & set(option.names)]
        everywhere = all(other.required for other in alike) and (not option.command or option.command in command)
        if option.required and everywhere and not plain and not given & set(option.names):
            yield f"{option.names[0]} is required"


def refused_words(interface: Interface, words: Sequence[Any], overrides: bool) -> str:
    """Why so many positional words do not fit what is declared, "" where they do. Without a parser nothing is known."""
    if not interface.by or interface.rest or overrides or interface.overrides:
        return ""
    plain = [option for option in interface.positionals if not option.command]
    if any(option.command for option in interface.options) or "fire" in interface.by:
        return ""
    least = sum(option.nargs if isinstance(option.nargs, int) else 1 for option in plain if option.required)
    open_end = any(option.nargs in ("*", "+", "...") for option in plain)
    most = None if open_end else sum(option.nargs if isinstance(option.nargs, int) else 1 for option in plain)
    if len(words) < least or (most is not None and len(words) > most):
        return f"{len(words)} positional words are handed over, it takes {least}" + (
            "" if most == least else f" to {most}" if most is not None else " or more"
        )
    kinds = (unread(option.type, option.choices, word) for option, word in zip(plain, words, strict=False))
    return next((reason for reason in kinds if reason), "")


def refused_arguments(parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> Iterator[str]:
    """Why a function would not take these arguments by name."""
    named = {parameter.name: parameter for parameter in parameters if not parameter.star}
    anything = any(parameter.star == "**" for parameter in parameters)
    for name, value in arguments.items():
        parameter = named.get(name)
        if parameter is None and not anything:
            yield f"it has no parameter {name!r}"
        if parameter is None or value is ANYTHING:
            continue
        kinds: dict[ValueType, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,)}
        wanted = kinds.get(parameter.type)
        if wanted and value is not None and not isinstance(value, wanted):
            yield f"{name} = {value!r} is no {parameter.type}"
        if parameter.choices is not None and value not in parameter.choices and value is not None:
            yield f"{name} = {value!r} is none of {', '.join(map(str, parameter.choices))}"
    for name, parameter in named.items():
        if not parameter.default and name not in arguments:
            yield f"its parameter {name!r} is not handed over"


_NUMBERS = {"int", "float"}


def unlike(kind: str, value: Any) -> str:
    """Why a value is not of the kind that a settings file ships, "" where it is or nobody can tell."""
    from vbench_py.recipes.syntax import kind_of

    given = kind_of(value)
    if kind in ("none", "unknown") or given in ("none", "unknown") or kind == given:
        return ""
    if kind in _NUMBERS and given in _NUMBERS:
        return ""
    return f"{value!r} is {_TOLD.get(given, given)}, the shipped one {_TOLD.get(kind, kind)}"


_TOLD = {
    "str": "text", "list": "a list", "map": "a table", "bool": "true or false", "int": "a number", "float": "a number"
}  # fmt: skip
