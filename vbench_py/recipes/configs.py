"""Keys of the settings files that a repository ships, with the kinds of their values: YAML, JSON, Python, TOML."""

from __future__ import annotations

import ast
import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vbench_py.recipes.syntax import UNKNOWN, constants, dotted, kind_of, last, literal, parse
from vbench_py.types import UsageError

Read = Callable[[str], str | None]


def keys_of(path: str, read: Read) -> dict[str, str]:
    """Dotted key to kind (none, bool, int, float, str, list, map, unknown) of the file `path`, and of those it is
    built on (Hydra's defaults lists, `_base_` of Python configs). Raises `UsageError` for what is not there or broken.
    """
    return dict(_walk(values_of(path, read), ""))


def values_of(path: str, read: Read) -> dict[str, Any]:
    """What the file says, with UNKNOWN for what only running it would show."""
    text = read(path)
    if text is None:
        raise UsageError(f"{path}: no such file in the checkout")
    if path.endswith((".yaml", ".yml")):
        return _composed(path, read)
    if path.endswith(".json"):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{path}: no valid JSON: {error}") from error
        return data if isinstance(data, dict) else {str(place): value for place, value in enumerate(data)}
    if path.endswith(".toml"):
        import tomllib

        return tomllib.loads(text)
    return _python(path, text, read)


def _walk(value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    inner: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, list | tuple):
        inner = iter(enumerate(value))
    for name, part in inner:
        key = f"{prefix}{name}"
        yield key, kind_of(part)
        yield from _walk(part, f"{key}.")


def _yaml(path: str, text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes tags of any kind, as only keys and kinds are wanted."""

    def tagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return UNKNOWN

    Loader.add_multi_constructor("", tagged)
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{path}: no valid YAML: {' '.join(str(error).split())}") from error


def _composed(path: str, read: Read, depth: int = 0) -> dict[str, Any]:
    """A YAML file with the files of its Hydra defaults list below it, one level of groups deep in packages."""
    text = read(path)
    data = _yaml(path, text) if text is not None else None
    if isinstance(data, list):
        return {str(place): value for place, value in enumerate(data)}
    if not isinstance(data, dict):
        return {}
    defaults = data.get("defaults")
    if not isinstance(defaults, list) or depth > 8:
        return data
    folder = posixpath.dirname(path)
    made: dict[str, Any] = {}
    for entry in defaults:
        for group, option in entry.items() if isinstance(entry, dict) else [("", entry)]:
            group = str(group).removeprefix("optional ").removeprefix("override ").strip()
            group, _, package = group.partition("@")
            if option in (None, "_self_", UNKNOWN):
                continue
            file = posixpath.normpath(posixpath.join(folder, group, f"{option}"))
            file = file if file.endswith((".yaml", ".yml")) else f"{file}.yaml"
            source = read(file)
            inner = _composed(file, read, depth + 1) if source is not None else {}
            place = package or ("" if source and "@package _global_" in source[:400] else group)
            _lay(made, place, inner)
            if group and place != "_global_":
                made.setdefault(group.split("/")[0], UNKNOWN)  # the choice itself can be set
    rest = {key: value for key, value in data.items() if key != "defaults"}
    return _over(made, rest)


def _lay(made: dict[str, Any], place: str, inner: dict[str, Any]) -> None:
    for part in reversed([part for part in place.replace("/", ".").split(".") if part and part != "_global_"]):
        inner = {part: inner}
    made |= _over(made, inner)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(below)
    for key, value in above.items():
        under = made.get(key)
        made[key] = _over(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return made


def _python(path: str, text: str, read: Read) -> dict[str, Any]:
    """Assignments of a Python config; `cfg.a.b = 1` counts with and without its first name."""
    tree = parse(text)
    if tree is None:
        raise UsageError(f"{path}: no valid Python")
    made: dict[str, Any] = {}
    known = constants(tree)
    for name, value in known.items():
        if name == "_base_":
            for base in [found] if isinstance(found := literal(value), str) else found if found is not UNKNOWN else []:
                made = _over(values_of(posixpath.normpath(posixpath.join(posixpath.dirname(path), base)), read), made)
        else:
            made[name] = _value(value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            places = dotted(node.targets[0]).split(".")
            for start in (0, 1):
                held: Any = _value(node.value)
                for place in reversed(places[start:]):
                    held = {place: held}
                made = _over(made, held)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made.setdefault(node.targets[0].id, _value(node.value))
    return made


def _value(node: ast.expr) -> Any:
    """A literal, with dictionaries and calls of dict() taken apart even where a value in them is not to be known."""
    if isinstance(node, ast.Dict):
        keys = [literal(key) for key in node.keys]
        return {key: _value(value) for key, value in zip(keys, node.values, strict=True) if isinstance(key, str)}
    if isinstance(node, ast.Call) and last(node.func) in ("dict", "edict", "EasyDict", "Namespace", "SimpleNamespace"):
        made = {part.arg: _value(part.value) for part in node.keywords if part.arg}
        return _over(_value(node.args[0]), made) if node.args and isinstance(node.args[0], ast.Dict) else made
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(part) for part in node.elts]
    return literal(node)
