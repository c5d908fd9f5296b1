"""Runs a repository's entry up to the point where its own parser has taken the command line, then stops it.

Started by path, with the standard library and whatever parsers are installed: `python parse_probe.py SPEC.json`. SPEC
has `words` (the script, or -m and a module, then its words), `keep` (packages used as they are installed), `tree` (the
checkout), `roots` (its import roots), `configs` (settings of ours that it has to read), `keys` (whether words that its
parser leaves over are keys of settings, merged in one of `parsers`), `seconds`, and `result` (where to write what was
seen). Everything else that is imported is a stub that takes any use.
"""

from __future__ import annotations

import argparse
import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

SEEN: dict[str, Any] = {"by": [], "taken": [], "left": [], "reached": [], "stubs": [], "detail": "", "ok": False}
SEEN["refused"] = False
SPEC: dict[str, Any] = {}
OPENED: list[Any] = []
_ANY = (
    "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift radd rsub rmul rtruediv rfloordiv rmod rpow "
    "rand ror rxor neg pos invert abs enter iadd isub imul itruediv getitem"
)
_FIXED = {
    "lt": False, "le": False, "gt": True, "ge": True, "contains": False, "len": 0, "bool": True, "int": 1, "index": 1,
    "float": 1.0, "exit": None, "setitem": None, "delitem": None, "delattr": None, "instancecheck": False,
    "subclasscheck": False, "mro_entries": (), "fspath": os.devnull, "str": "99.0.0", "format": "99.0.0",
}  # fmt: skip


class Done(BaseException):
    """The parser has taken what there was; no `except Exception` of the program may stop this."""


class Stub:
    """Takes any use: call, attribute, item, arithmetic, comparison, base class, decorator, context."""

    def __init__(self, name: str = "stub") -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "99.0.0"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(f"{self._name}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __call__(self, *words: Any, **named: Any) -> Any:
        decorating = len(words) == 1 and not named and callable(words[0]) and not isinstance(words[0], Stub)
        return words[0] if decorating else Stub(f"{self._name}()")

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def _same(value: Any) -> Callable[..., Any]:
    return lambda *words: value


for _operator in _ANY.split():
    setattr(Stub, f"__{_operator}__", lambda self, *words: Stub(self._name))
for _operator, _value in _FIXED.items():
    setattr(Stub, f"__{_operator}__", _same(_value))


class StubModule(ModuleType):
    """A module of stubs; a star import of it finds nothing."""

    __version__ = "99.0.0"
    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(f"{self.__name__}.{name}")


class StubLoader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        SEEN["stubs"].append(spec.name.partition(".")[0])
        return StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class OwnLoader(importlib.abc.Loader):
    """Loads a module of the repository; one that does not load on stubs becomes a stub itself."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self.inner.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.inner.exec_module(module)
        except Exception:
            SEEN["stubs"].append(module.__name__)
            module.__class__ = StubModule


class Finder(importlib.abc.MetaPathFinder):
    """Standard library and kept packages as they are, the repository's own modules as they are, all else stubs."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in SPEC["keep"] or top.startswith("_"):
            return None
        if isinstance(sys.modules.get(name.rpartition(".")[0]), StubModule):
            return importlib.machinery.ModuleSpec(name, StubLoader(), is_package=True)
        found = importlib.machinery.PathFinder.find_spec(name, path)
        places = [found.origin or "", *(found.submodule_search_locations or ())] if found is not None else []
        if found is None or not any(Path(place).resolve().is_relative_to(SPEC["tree"]) for place in places if place):
            return importlib.machinery.ModuleSpec(name, StubLoader(), is_package=True)
        if found.loader is not None and (found.origin or "").endswith(".py"):
            found.loader = OwnLoader(found.loader)
        return found


def took(by: str, names: Iterable[Any], left: Sequence[Any] = ()) -> None:
    """A parser has taken the words: the end, unless settings of ours are still to be read."""
    SEEN["by"].append(by)
    SEEN["taken"] = sorted({*SEEN["taken"], *map(str, names)})
    SEEN["left"], SEEN["ok"] = [str(word) for word in left], not left
    if not left and not _unread():
        raise Done


def reached(*files: Any) -> None:
    """Files were read."""
    for file in files:
        if not isinstance(file, str | os.PathLike):
            continue
        real = Path(file).resolve()
        SEEN["reached"] += [c for c in SPEC["configs"] if Path(c).resolve() == real and c not in SEEN["reached"]]


def finished() -> None:
    """The end, where a parser has spoken and every file of settings is read."""
    if SPEC["configs"] and not _unread() and SEEN["ok"]:
        raise Done


def _unread() -> list[str]:
    return [path for path in SPEC["configs"] if path not in SEEN["reached"]]


def installed(name: str) -> Any:
    """A parser's module, if it is here; its types are nobody's business."""
    return importlib.import_module(name)


def _inside(package: str) -> bool:
    """Whether a package of this name is among the callers: it parses for itself, and has a watch of its own."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if str(frame.f_globals.get("__name__", "")).startswith(package):
            return True
    return False


def watch_argparse() -> None:
    real = argparse.ArgumentParser.parse_known_args

    def parse_known_args(self: Any, args: Any = None, namespace: Any = None) -> Any:
        own = (args is None or list(args) == sys.argv[1:]) and not _inside("hydra.")
        space, left = real(self, args, namespace)
        if own:
            took("argparse", vars(space), left)
        return space, left

    def error(self: Any, message: str) -> None:
        SEEN.update(detail=f"argparse: {message}", ok=False, refused=True)
        raise Done

    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]
    argparse.ArgumentParser.error = error  # type: ignore[method-assign,assignment]


def watch_yaml() -> None:
    yaml = installed("yaml")
    real = yaml.load

    def load(stream: Any, *words: Any, **named: Any) -> Any:
        data = real(stream, *words, **named)
        reached(getattr(stream, "name", ""), *OPENED)
        finished()
        return data

    def with_loader(loader: Any) -> Callable[[Any], Any]:
        return lambda stream: load(stream, loader)

    yaml.load = load
    yaml.safe_load, yaml.full_load = with_loader(yaml.SafeLoader), with_loader(yaml.FullLoader)


def watch_omegaconf() -> None:
    OmegaConf = installed("omegaconf").OmegaConf
    read, cli = OmegaConf.load, OmegaConf.from_cli

    def load(file_: Any) -> Any:
        data = read(file_)
        OmegaConf.to_container(data, resolve=False)
        reached(getattr(file_, "name", file_))
        finished()
        return data

    def from_cli(args_list: Any = None) -> Any:
        found = cli(args_list)
        if args_list is None:
            took("omegaconf", found)
        return found

    OmegaConf.load, OmegaConf.from_cli = staticmethod(load), staticmethod(from_cli)


def watch_json() -> None:
    """Settings that are opened first, and parsed as a text."""
    real, loads = builtins.open, json.loads

    def opened(file: Any, *words: Any, **named: Any) -> Any:
        handle = real(file, *words, **named)
        if isinstance(file, str | os.PathLike):
            OPENED.append(file)
        return handle

    def parsed(*words: Any, **named: Any) -> Any:
        data = loads(*words, **named)
        reached(*OPENED)
        finished()
        return data

    builtins.open = io.open = opened
    json.loads = parsed  # json.load calls it, too


def watch_fire() -> None:
    core = installed("fire.core")
    real = core._CallAndUpdateTrace

    def call(component: Any, args: Any, trace: Any, treatment: str = "class", target: Any = None) -> Any:
        function = component.__call__ if treatment == "callable" else component
        spec = core.inspectutils.GetFullArgSpec(function)
        read = core._MakeParseFn(function, core.decorators.GetMetadata(component))
        (_, named), _, left, _ = read(args)
        took("fire", [*spec.args, *named], left)
        return real(component, args, trace, treatment, target)

    core._CallAndUpdateTrace = call


def watch_click() -> None:
    click = installed("click")
    real = click.Command.invoke

    def invoke(self: Any, ctx: Any) -> Any:
        if isinstance(self, click.Group):
            return real(self, ctx)
        took("click", ctx.params, ctx.args)
        raise Done

    click.Command.invoke = invoke


def watch_hydra() -> None:
    Hydra, RunMode = installed("hydra._internal.hydra").Hydra, installed("hydra.types").RunMode

    def run(self: Any, config_name: Any, task_function: Any, overrides: Any, **_: Any) -> None:
        made = self.compose_config(
            config_name=config_name, overrides=overrides, with_log_configuration=False, run_mode=RunMode.RUN
        )
        took("hydra", made)
        raise Done

    Hydra.run = run


def watch_absl() -> None:
    flags = installed("absl.flags")
    real = flags.FlagValues.__call__

    def call(self: Any, argv: Any, known_only: bool = False) -> Any:
        left = real(self, argv, known_only)
        took("absl", [name for name in self if self[name].present], left[1:])
        return left

    flags.FlagValues.__call__ = call


def no_network() -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network here")

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, refuse)
    socket.create_connection = socket.getaddrinfo = refuse  # type: ignore[assignment]


def start(words: list[str]) -> None:
    """The program, as if it had been started with these words."""
    if words[0] == "-m":
        sys.argv, sys.path[0:1] = words[1:], [str(Path.cwd()), *SPEC["roots"]]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0:1] = list(words), [str(Path(words[0]).resolve().parent), *SPEC["roots"]]
        runpy.run_path(words[0], run_name="__main__")


def late(*_: Any) -> None:
    SEEN["detail"] = f"it did not get to its parser in {SPEC['seconds']} s"
    raise Done


def run() -> None:
    """Starts the program; `SEEN` has what was seen of it, and in `detail` why it ended otherwise."""
    try:
        start(SPEC["words"])
        SEEN["detail"] = "it ended without a parser that took our words"
    except Done:
        pass
    except SystemExit as error:
        SEEN.update(detail=f"it ended with exit code {error.code}", refused=error.code == 2)
    except BaseException as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        SEEN["ok"] = SEEN["ok"] or _merged(error)
        where = f" ({Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno})" if place else ""
        SEEN["detail"] = f"{type(error).__name__}: {error}{where}"
    if not SEEN["by"] and SPEC["configs"] and not _unread() and not SEEN["detail"].startswith("it ended with exit"):
        SEEN.update(by=["settings"], ok=True, detail="")


def _merged(error: BaseException) -> bool:
    """Whether words that a parser left over were taken as keys of the settings: it broke only after that."""
    frame, files = error.__traceback__, set()
    while frame is not None:
        files.add(str(Path(frame.tb_frame.f_code.co_filename).resolve()))
        frame = frame.tb_next
    parsers = {str(Path(path).resolve()) for path in SPEC["parsers"]} - {str(Path(SPEC["words"][0]).resolve())}
    return bool(SPEC["keys"] and SEEN["left"] and parsers and not files & parsers)


def main() -> None:
    SPEC.update(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    SPEC["tree"] = str(Path(SPEC["tree"]).resolve())
    no_network()
    for watch in (
        watch_argparse, watch_yaml, watch_omegaconf, watch_fire, watch_click, watch_hydra, watch_absl, watch_json
    ):  # fmt: skip
        with suppress(ImportError):  # it is not installed: a stub then
            watch()
    sys.meta_path.insert(0, Finder())
    signal.signal(signal.SIGALRM, late)
    signal.alarm(int(SPEC["seconds"]))
    run()
    signal.alarm(0)
    Path(SPEC["result"]).write_text(json.dumps(SEEN), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
