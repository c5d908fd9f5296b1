"""Python read as a text: literals, dotted names and types out of syntax trees. Nothing is executed."""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Mapping
from typing import Any

from vbench_py.recipes.facts import ValueType

UNKNOWN = object()
"""What is not to be known without running the code."""
Constants = Mapping[str, ast.expr]


@functools.lru_cache(maxsize=256)
def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None where this is no Python of our time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return None


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of a name or attribute, "" of all else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return ""


def last(node: ast.AST | None) -> str:
    """The last name of a dotted one."""
    return dotted(node).rpartition(".")[2]


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Assignments at the top level of a module, for literals given by name."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


def literal(node: ast.AST | None, known: Constants | None = None) -> Any:
    """The value of a literal, of a name for one, of a sum of texts or of the keys of a dictionary; else UNKNOWN."""
    known = known or {}
    if node is None:
        return UNKNOWN
    if isinstance(node, ast.Name):
        return (
            literal(known[node.id], {k: v for k, v in known.items() if k != node.id}) if node.id in known else UNKNOWN
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left, known), literal(node.right, known)
        both = (isinstance(left, str) and isinstance(right, str)) or (
            isinstance(left, list) and isinstance(right, list)
        )
        return left + right if both else UNKNOWN
    if isinstance(node, ast.Call):
        return _call(node, known)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        parts = [literal(part, known) for part in node.elts]
        return UNKNOWN if UNKNOWN in parts else parts
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _call(node: ast.Call, known: Constants) -> Any:
    name = dotted(node.func)
    if name in ("list", "tuple", "sorted", "set") and len(node.args) == 1 and not node.keywords:
        inner = literal(node.args[0], known)
        return UNKNOWN if inner is UNKNOWN or isinstance(inner, str) else list(inner)
    if name == "range" and not node.keywords:
        ends = [literal(argument, known) for argument in node.args]
        small = all(isinstance(end, int) and abs(end) < 10_000 for end in ends)
        return list(range(*ends)) if small and 1 <= len(ends) <= 3 else UNKNOWN
    if isinstance(node.func, ast.Attribute) and node.func.attr == "keys" and not node.args:
        inner = literal(node.func.value, known)
        return list(inner) if isinstance(inner, dict) else UNKNOWN
    return UNKNOWN


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """The argument given by the first of these keywords that is there."""
    given = {argument.arg: argument.value for argument in call.keywords}
    return next((given[name] for name in names if name in given), None)


def spread(call: ast.Call) -> bool:
    """Whether arguments come out of a list or dictionary that only running the code would show."""
    return any(argument.arg is None for argument in call.keywords) or any(
        isinstance(argument, ast.Starred) for argument in call.args
    )


TYPES: Mapping[str, ValueType] = {
    "int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str", "PathLike": "str",
    "INT": "int", "FLOAT": "float", "STRING": "str", "BOOL": "bool",
}  # fmt: skip


def type_of(node: ast.AST | None) -> ValueType:
    """What a word becomes under a type given by name, `int` as well as `Optional[int]` and `int | None`."""
    if node is None:
        return "unknown"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        tree = parse(node.value)
        only = tree.body[0] if tree is not None and len(tree.body) == 1 else None
        return type_of(only.value) if isinstance(only, ast.Expr) else "unknown"
    if isinstance(node, ast.Subscript) and last(node.value) in ("Optional", "Annotated"):
        inner = node.slice
        return type_of(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [
            side for side in (node.left, node.right) if not (isinstance(side, ast.Constant) and side.value is None)
        ]
        return type_of(sides[0]) if len(sides) == 1 else "unknown"
    return TYPES.get(last(node), "unknown")


def kind_of(value: Any) -> str:
    """The kind of a value as facts tell it: none, bool, int, float, str, list, map, unknown."""
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, str):
        if "${" in value:  # filled in by OmegaConf
            return "unknown"
        try:
            float(value)
        except ValueError:
            return "str"
        return "float" if any(mark in value for mark in ".eE") and value[:1].isdigit() else "str"
    kinds = (bool, "bool"), (int, "int"), (float, "float"), (list | tuple, "list"), (dict, "map"), (type(None), "none")
    return next((name for kind, name in kinds if isinstance(value, kind)), "unknown")
