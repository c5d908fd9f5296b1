"""What a program takes from its command line, read from its text: argparse, and programs that take any name=value.

Other parsers stand in `interfaces.py`. Nothing is executed, so whatever is declared in a loop or out of a dictionary
stays unknown; the file is told in `partial`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from vbench_py.recipes.facts import Interface, Option, merge
from vbench_py.recipes.interfaces import other_interfaces
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
    spread,
    type_of,
)

_FLAGS = {"store_true", "store_false", "store_const", "append_const", "count", "help", "version"}
_HYDRA = tuple(
    Option(names=names, type="str")
    for names in (("--config-path", "-cp"), ("--config-name", "-cn"), ("--config-dir", "-cd"), ("--package", "-p"))
)
_OVERRIDES = {"from_cli", "from_dotlist", "merge_from_dotlist", "merge_with_dotlist", "merge_from_list"}


def interface_of(text: str, path: str = "", others: dict[str, str] | None = None) -> Interface:
    """The command line that the Python file `text` declares; `others` are texts in which classes may stand that it
    makes its arguments from.
    """
    tree = parse(text)
    if tree is None:
        return Interface(partial=(path,))
    found = [_argparse(tree, path), _overriding(tree), *other_interfaces(tree, path, others or {})]
    return merge([one for one in found if one.by or one.overrides or one.partial or one.rest])


def _argparse(tree: ast.Module, path: str) -> Interface:
    known, commands, options, partial = constants(tree), dict(_subcommands(tree)), [], False
    rest = loose = False
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if last(call.func) == "parse_known_args":
            loose = loose or _rest_is_used(tree)
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("add_argument", "add"):
            continue
        names = [literal(argument, known) for argument in call.args]
        if call.func.attr == "add" and not (names and isinstance(names[0], str) and names[0].startswith("-")):
            continue  # a set's or a list's own add; configargparse's takes flags
        if not names or not all(isinstance(name, str) for name in names):
            partial = True
            continue
        option = _option(call, tuple(names), known, commands.get(dotted(call.func.value), ""))
        rest = rest or option.nargs == "..."
        options.append(option)
    return Interface(
        by=("argparse",) if options else (),
        options=tuple(options),
        rest=rest or loose,
        loose=loose,
        partial=(path,) if partial and path else (),
    )


def _subcommands(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(variable, command) for `variable = subparsers.add_parser("command")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            call = node.value
            if last(call.func) == "add_parser" and call.args and isinstance(literal(call.args[0]), str):
                yield dotted(node.targets[0]), literal(call.args[0])


def _option(call: ast.Call, names: tuple[str, ...], known: Constants, command: str) -> Option:
    action = keyword(call, "action")
    word = literal(action, known) if action is not None else "store"
    form = "pair" if last(action) == "BooleanOptionalAction" else "flag" if word in _FLAGS else "value"
    nargs, choices = literal(keyword(call, "nargs"), known), literal(keyword(call, "choices"), known)
    if last(keyword(call, "nargs")) == "REMAINDER":
        nargs = "..."
    default, kind = keyword(call, "default"), keyword(call, "type")
    positional = not names[0].startswith("-")
    return Option(
        names=names,
        type="unknown" if spread(call) and kind is None else "str" if kind is None else type_of(kind),
        action=form,  # type: ignore[arg-type]
        nargs=nargs if isinstance(nargs, int | str) else None,
        choices=tuple(choices) if isinstance(choices, list) else None,
        required=(positional and nargs not in ("?", "*", "...")) or literal(keyword(call, "required"), known) is True,
        default="absent" if default is None else kind_of(literal(default, known)),
        command=command,
        many=word in ("append", "extend"),
    )


def _rest_is_used(tree: ast.Module) -> bool:
    """Whether what parse_known_args leaves over goes into a variable that is read again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target = node.targets[0]
            if last(node.value.func) == "parse_known_args" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                name = dotted(target.elts[1])
                reads = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
                if name and any(read.id == name for read in reads):
                    return True
    return False


def _overriding(tree: ast.Module) -> Interface:
    """Hydra's decorator and the calls that take name=value words from the command line."""
    by = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list)
            by |= {"hydra" for mark in marks if dotted(mark) in ("hydra.main", "hydra_main")}
        if isinstance(node, ast.Call) and last(node.func) in _OVERRIDES:
            by.add("omegaconf")
        if isinstance(node, ast.Attribute | ast.Name) and last(node) == "DictAction":
            by.add("mmengine")
    own = _HYDRA if "hydra" in by else ()
    return Interface(by=tuple(sorted(by)), options=own, overrides=bool(by))


__all__ = ["UNKNOWN", "interface_of"]
