"""The part that runs inside a foreign environment: one file, standard library alone, Python 3.8 or newer.

Started by its path. `worker.py serve` reads one JSON request a line and answers each with one JSON line; `worker.py run
-- WORD...` runs one program. Both end with their whole process group when the harness is gone. What the foreign code
prints goes to standard error: the channel of the answers is closed to it.

Requests: {"id", "op": "load", "target", "paths", "setup", "setup_method"} loads "file.py:Name" or "module:Name", and
makes the instance of a class; {"id", "op": "call", "method", "arguments", "arrays"} calls it; {"id", "op": "close"}
ends. Arguments may hold {"$path": text}, {"$image": path}, {"$array": path of .npy}. Answers: {"id", "ok": true,
"value", "seconds", "peak_memory_bytes"} or {"id", "ok": false, "error": {"type", "message", "traceback"}}. NumPy arrays
in a value are written into the folder `arrays` and told as {"$array": path}.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a call may not need is imported where it is used: starting takes half of the time.


def main() -> int:
    """worker.py [--parent PID] [--file-bytes N] serve | run -- WORD..."""
    words = sys.argv[1:]
    given = {"--parent": 0, "--file-bytes": 0}
    while words and words[0] in given:
        given[words[0]] = int(words[1])
        words = words[2:]
    _limit(given["--file-bytes"])
    if given["--parent"]:
        _thread.start_new_thread(_end_with, (given["--parent"],))
    if words == ["serve"]:
        return _serve()
    if words[:2] == ["run", "--"]:
        return _run(words[2:])
    raise SystemExit("usage: " + str(main.__doc__))


def _limit(file_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))


def _end_with(parent: int) -> None:
    """Ends this process group as soon as another process than `parent` is the parent: the harness was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _run(words: list[str]) -> int:
    import subprocess

    child = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    code = child.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    return code


def _serve() -> int:
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    loaded = None
    for line in requests:
        request = json.loads(line)
        answer = {"id": request["id"]}
        started = time.perf_counter()
        try:
            if request["op"] == "close":
                close = getattr(loaded, "close", None)
                value = close() if callable(close) else None
            elif request["op"] == "load":
                loaded, value = _load(request), None
            elif request["op"] == "call":
                value = _call(loaded, request)
            else:
                raise ValueError("unknown op " + repr(request["op"]))
            answer.update(ok=True, value=_told(value, request.get("arrays")), seconds=time.perf_counter() - started)
            answer["peak_memory_bytes"] = _peak()
        except BaseException as error:  # SystemExit of a script's main too: the harness decides what follows
            answer.update(ok=False, error=_described(error))
        sys.stdout.flush()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if request["op"] == "close":
            break
    return 0


def _load(request: dict[str, Any]) -> Any:
    for path in reversed(request.get("paths", [])):
        if path not in sys.path:
            sys.path.insert(0, path)
    place, _, name = request["target"].rpartition(":")
    if place.endswith(".py"):
        path = os.path.abspath(place)
        folder = os.path.dirname(path)
        # As for a script, but for a program of ours, whose neighbours must not hide the repository's modules.
        theirs = not request.get("paths") or any(path.startswith(one + os.sep) for one in request["paths"])
        sys.path.insert(0 if theirs else len(sys.path), folder)
        module_name = os.path.splitext(os.path.basename(path))[0]
        import importlib.util

        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None or not os.path.isfile(path):
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
    else:
        import importlib

        module = importlib.import_module(place)
    target = module
    for part in name.split("."):
        target = getattr(target, part)
    setup = _made(request.get("setup", {}))
    if not isinstance(target, type):
        return target
    if request.get("setup_method"):
        instance = target()
        setup_method = getattr(instance, request["setup_method"])
        setup_method(**_filled(setup_method, setup))
        return instance
    return target(**setup)


def _call(loaded: Any, request: dict[str, Any]) -> Any:
    if loaded is None:
        raise RuntimeError("nothing is loaded")
    name = request.get("method") or "__call__"
    called = loaded if name == "__call__" else getattr(loaded, name)
    return called(**_filled(called, _made(request.get("arguments", {}))))


def _filled(called: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """`arguments`, with the defaults that cog's Input(...) wraps: a plain call would hand over the wrapper."""
    import inspect

    try:
        parameters = inspect.signature(called).parameters
    except (TypeError, ValueError):
        return arguments
    filled = dict(arguments)
    for name, parameter in parameters.items():
        wrapped = parameter.default
        if name not in filled and type(wrapped).__name__ in ("FieldInfo", "Input") and hasattr(wrapped, "default"):
            filled[name] = None if type(wrapped.default).__name__.startswith("PydanticUndefined") else wrapped.default
    return filled


def _made(value: Any) -> Any:
    """A value as Python wants it, from what JSON could carry."""
    if isinstance(value, list):
        return [_made(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag == "$path":
            import pathlib

            return pathlib.Path(inner)
        if tag == "$image":
            from PIL import Image

            with Image.open(inner) as image:
                return image.convert("RGB")
        if tag == "$array":
            import numpy

            return numpy.load(inner, mmap_mode="r", allow_pickle=False)
    return {name: _made(item) for name, item in value.items()}


def _told(value: Any, folder: str | None) -> Any:
    """A value as JSON can carry it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {str(name): _told(item, folder) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(item, folder) for item in value]
    if type(value).__module__.split(".")[0] == "numpy":
        if getattr(value, "ndim", 0) == 0:
            return _told(value.item(), folder)
        if folder:
            import numpy

            path = os.path.join(folder, "{}.npy".format(len(os.listdir(folder))))
            numpy.save(path, value, allow_pickle=False)
            return {"$array": path}
    raise TypeError("returned a " + type(value).__name__ + ": return paths, numbers, text or arrays")


def _peak() -> int | None:
    """The most memory that was held: of the GPU where torch used one, else of the process."""
    torch = sys.modules.get("torch")
    try:
        if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
            return int(torch.cuda.max_memory_allocated())
        # Not getrusage: what the harness held when it started us counts there.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except Exception:
        return None


def _described(error: BaseException) -> dict[str, str]:
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": type(error).__name__, "message": str(error), "traceback": text[-8000:]}


if __name__ == "__main__":
    sys.exit(main())
