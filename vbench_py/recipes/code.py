"""What a Python file names and writes, and the signatures of its functions and classes, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from vbench_py.recipes.facts import Parameter
from vbench_py.recipes.interfaces import Function, functions, parameters
from vbench_py.recipes.syntax import UNKNOWN, constants, keyword, last, literal, parse, type_of


@dataclass(frozen=True)
class Content:
    """`strings` are text constants and the pieces of formatted ones, without docstrings; `names` what is defined,
    read, called or handed over by name.
    """

    strings: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    def writes(self, piece: str) -> bool:
        return any(piece in text for text in self.strings)


def content(text: str, path: str = "file.py") -> Content:
    """Of a Python file; of any other kind, the whole text is one string and its words are its names."""
    tree = parse(text) if path.endswith(".py") else None
    if tree is None:
        import re

        return Content((text,), frozenset(re.findall(r"\w+", text)))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings and the like
    strings, names = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and id(node) not in said:
                strings.add(node.value)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.arg | ast.keyword):
            names.add(node.arg or "")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names |= {*node.name.split("."), node.asname or ""}
    return Content(tuple(sorted(strings)), frozenset(names - {""}))


def defines(text: str, name: str) -> bool:
    """Whether a module offers this name: defined, assigned or imported in it."""
    tree = parse(text)
    if tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"):
            return True
    return False


def signature(text: str, name: str, method: str = "") -> tuple[Parameter, ...] | None:
    """The parameters of the function `name`, or of `method` of the class `name` (its constructor for ""), or of what
    it inherits within the file; None where it is not there.
    """
    tree = parse(text)
    if tree is None:
        return None
    there = functions(tree)
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    if name not in classes:
        return _parameters(there[name], tree) if name in there and method in ("", "__call__") else None
    return _of_class(classes[name], method or "__init__", classes, there, tree)


def _of_class(
    node: ast.ClassDef,
    method: str,
    classes: Mapping[str, ast.ClassDef],
    there: Mapping[str, Function],
    tree: ast.Module,
) -> tuple[Parameter, ...] | None:
    function = there.get(f"{node.name}.{method}")
    if function is not None:
        return _parameters(function, tree)
    marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list)
    if method == "__init__" and any(last(mark) == "dataclass" for mark in marks):
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
        return tuple(Parameter(name=last(f.target), type=type_of(f.annotation), default=bool(f.value)) for f in fields)
    for base in node.bases:
        if last(base) in classes and classes[last(base)] is not node:
            return _of_class(classes[last(base)], method, classes, there, tree)
    foreign = [last(base) for base in node.bases if last(base) not in ("object", "ABC", "BasePredictor", "Generic")]
    if foreign:  # it may stand in a class of another file
        return (Parameter(name="rest", star="**"),)
    return () if method == "__init__" else None


def _parameters(function: Function, tree: ast.Module) -> tuple[Parameter, ...]:
    known, made = constants(tree), []
    for argument, default in parameters(function):
        given, choices = default is not None, UNKNOWN
        if isinstance(default, ast.Call) and last(default.func) == "Input":  # cog's: a default only where it says so
            given = keyword(default, "default", "default_factory") is not None
            choices = literal(keyword(default, "choices"), known)
        made.append(
            Parameter(
                name=argument.arg,
                type=type_of(argument.annotation),
                default=given,
                choices=tuple(choices) if isinstance(choices, list) else None,
            )
        )
    stars = (("*", function.args.vararg), ("**", function.args.kwarg))
    return (*made, *(Parameter(name=rest.arg, star=star) for star, rest in stars if rest is not None))  # type: ignore[arg-type]
