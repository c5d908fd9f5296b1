"""Command lines declared by other means than argparse: click, typer, python-fire, absl, and dataclasses that tyro,
simple-parsing, HfArgumentParser or jsonargparse make flags from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from vbench_py.recipes.facts import Interface, Option, ValueType
from vbench_py.recipes.syntax import (
    UNKNOWN,
    Constants,
    constants,
    dotted,
    keyword,
    kind_of,
    last,
    literal,
    parse,
    type_of,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
_ABSL: Mapping[str, ValueType] = {
    "DEFINE_string": "str", "DEFINE_integer": "int", "DEFINE_float": "float", "DEFINE_enum": "str",
    "DEFINE_bool": "unknown", "DEFINE_boolean": "unknown", "DEFINE_list": "str", "DEFINE_multi_string": "str",
    "DEFINE_multi_integer": "int", "DEFINE_multi_float": "float",
}  # fmt: skip
_TYPES_OF_DEFAULTS: Mapping[str, ValueType] = {"int": "int", "float": "float", "str": "str"}
_FROM_CLASSES = {"cli", "add_arguments", "HfArgumentParser", "CLI", "add_class_arguments", "auto_cli"}


def other_interfaces(tree: ast.Module, path: str, others: Mapping[str, str]) -> Iterator[Interface]:
    """One for each kind of parser that the file uses."""
    known = constants(tree)
    yield _click(tree, known)
    yield from _fire(tree)
    yield _absl(tree, known)
    yield from _classes(tree, path, others)


def functions(tree: ast.Module) -> dict[str, Function]:
    """Functions and methods by name, `Class.method` for the latter."""
    found: dict[str, Function] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}": part for part in node.body if isinstance(part, Function)}
        elif isinstance(node, Function):
            found.setdefault(node.name, node)
    return found


def parameters(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Named parameters with their defaults, without `self`."""
    plain = [*function.args.posonlyargs, *function.args.args]
    defaults = [None] * (len(plain) - len(function.args.defaults)) + list(function.args.defaults)
    for place, (argument, default) in enumerate(zip(plain, defaults, strict=True)):
        if not (place == 0 and argument.arg in ("self", "cls")):
            yield argument, default
    yield from zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)


def _click(tree: ast.Module, known: Constants) -> Interface:
    options = [
        option
        for function in functions(tree).values()
        for mark in function.decorator_list
        if isinstance(mark, ast.Call) and last(mark.func) in ("option", "argument")
        for option in [_click_option(mark, known)]
        if option is not None
    ]
    return Interface(by=("click",) if options else (), options=tuple(options))


def _click_option(call: ast.Call, known: Constants) -> Option | None:
    words = [word for word in (literal(argument, known) for argument in call.args) if isinstance(word, str)]
    if not words:
        return None
    positional = last(call.func) == "argument"
    pair = any("/" in word for word in words)
    names = tuple(part.strip() for word in words for part in word.split("/") if part.strip().startswith("-"))
    kind, default = keyword(call, "type"), keyword(call, "default")
    value, flag = literal(default, known), literal(keyword(call, "is_flag"), known)
    chosen = kind.args[0] if isinstance(kind, ast.Call) and last(kind.func) == "Choice" and kind.args else None
    choices, nargs = literal(chosen, known), literal(keyword(call, "nargs"), known)
    required = literal(keyword(call, "required"), known)
    if kind is None:
        typed = _TYPES_OF_DEFAULTS.get(kind_of(value), "unknown") if default is not None else "str"
    else:
        typed = "str" if chosen is not None else type_of(kind.func if isinstance(kind, ast.Call) else kind)
    many = literal(keyword(call, "multiple"), known) is True
    return Option(
        names=tuple(words[:1]) if positional else names,
        type="unknown" if typed == "bool" else typed,  # click reads "false" as false, unlike argparse
        action="flag" if flag is True or pair else "value",
        nargs="*" if nargs == -1 else nargs if isinstance(nargs, int) and nargs > 1 else None,
        choices=tuple(choices) if isinstance(choices, list) else None,
        required=required is True or (positional and required is UNKNOWN and default is None and nargs != -1),
        default="absent" if default is None else kind_of(value),
        many=many,
    )


def _fire(tree: ast.Module) -> Iterator[Interface]:
    """Fire, typer.run and @app.command make flags of a function's parameters."""
    there = functions(tree)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = dotted(call.func)
        if name not in ("Fire", "fire.Fire", "typer.run"):
            continue
        by = "typer" if name == "typer.run" else "fire"
        target = dotted(call.args[0]) if call.args else ""
        if target in there:
            yield _of_function(there[target], by)
        else:  # a class, a dictionary or the whole module: its functions are subcommands
            methods = [f for key, f in there.items() if not target or key.startswith(f"{target}.")]
            for function in methods:
                yield _of_function(function, by, "" if function.name == "__init__" else function.name)
    for function in there.values():
        marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in function.decorator_list)
        if any(last(mark) == "command" for mark in marks) and "typer" in _imports(tree):
            yield _of_function(function, "typer")


def _imports(tree: ast.Module) -> set[str]:
    found = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def _of_function(function: Function, by: str, command: str = "") -> Interface:
    options = []
    for argument, default in parameters(function):
        forms = dict.fromkeys([f"--{argument.arg}", f"--{argument.arg.replace('_', '-')}"])
        typed = type_of(argument.annotation) if by == "typer" else "unknown"  # fire reads literals, whatever is noted
        kind = "absent" if default is None else kind_of(literal(default))
        positional = by == "typer" and default is None
        options.append(
            Option(
                names=(argument.arg,) if positional else tuple(forms),
                type="unknown" if typed == "bool" else typed,
                action="pair" if kind == "bool" or typed == "bool" else "value",
                required=default is None and not command,
                default=kind,
                command=command,
            )
        )
    return Interface(by=(by,), options=tuple(options), loose=by == "fire" and function.args.kwarg is not None)


def _absl(tree: ast.Module, known: Constants) -> Interface:
    options = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and last(node.func) in _ABSL):
        name = literal(call.args[0], known) if call.args else UNKNOWN
        if not isinstance(name, str):
            continue
        function = last(call.func)
        choices = literal(call.args[2], known) if function == "DEFINE_enum" and len(call.args) > 2 else UNKNOWN
        default = call.args[1] if len(call.args) > 1 else keyword(call, "default")
        options.append(
            Option(
                names=(f"--{name}", f"-{name}"),
                type=_ABSL[function],
                action="pair" if function in ("DEFINE_bool", "DEFINE_boolean") else "value",
                choices=tuple(choices) if isinstance(choices, list) else None,
                required=literal(keyword(call, "required")) is True,
                default="absent" if default is None else kind_of(literal(default, known)),
                many=function.startswith("DEFINE_multi"),
            )
        )
    return Interface(by=("absl",) if options else (), options=tuple(options))


def _classes(tree: ast.Module, path: str, others: Mapping[str, str]) -> Iterator[Interface]:
    """Dataclasses that are handed to a function which makes flags of their fields."""
    trees = [tree, *filter(None, (parse(text) for text in others.values()))]
    classes = {node.name: node for one in reversed(trees) for node in ast.walk(one) if isinstance(node, ast.ClassDef)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and last(node.func) in _FROM_CLASSES):
        function = last(call.func)
        if function == "cli" and not dotted(call.func).startswith("tyro"):
            continue
        handed = [part for argument in call.args for part in _each(argument)]
        names = [last(part) for part in handed if last(part)]
        for name in names:
            there = functions(tree)
            if name in classes:
                yield Interface(by=(function,), options=tuple(_fields(classes[name], classes, "")))
            elif name in there:
                made = _of_function(there[name], "typer")
                flags = [o.model_copy(update={"names": _both(o.names[0].lstrip("-"))}) for o in made.options]
                yield Interface(by=(function,), options=tuple(flags))
            elif name[:1].isupper():
                yield Interface(by=(function,), partial=(path,))


def _each(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


def _both(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([f"--{name}", f"--{name.replace('_', '-')}"]))


def _fields(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], prefix: str) -> Iterator[Option]:
    for base in node.bases:
        if last(base) in classes and classes[last(base)] is not node:
            yield from _fields(classes[last(base)], classes, prefix)
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        inner = classes.get(last(part.annotation))
        if inner is not None and inner is not node:
            yield from _fields(inner, classes, f"{prefix}{part.target.id}.")
            continue
        value = part.value
        if isinstance(value, ast.Call) and last(value.func) in ("field", "Field"):
            value = keyword(value, "default", "default_factory")
        typed = type_of(part.annotation)
        listed = isinstance(part.annotation, ast.Subscript) and last(part.annotation.value).lower() in ("list", "tuple")
        yield Option(
            names=_both(f"{prefix}{part.target.id}"),
            type="unknown" if typed == "bool" else typed,
            action="pair" if typed == "bool" else "value",
            nargs="*" if listed else None,
            required=value is None,
            default="absent" if value is None else kind_of(literal(value)),
        )
