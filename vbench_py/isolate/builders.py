"""How environments are made: by uv, conda, docker or apptainer, whichever the card asks for and the machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vbench_py.checkpoints import is_offline
from vbench_py.isolate.environments import Environment, EnvironmentUnavailable, package
from vbench_py.isolate.variables import MARK

Say = Callable[[str], None]
WORKER = Path(__file__).with_name("worker.py")
CONTAINED = (
    MARK, "HOME", "TMPDIR", "XDG_CACHE_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TORCH_HOME", "CUDA_VISIBLE_DEVICES",
    "PYTHONUNBUFFERED", "PYTHONNOUSERSITE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip
"""Variables that a container takes over from its client."""
_TAIL = 3000


def uv_words() -> list[str]:
    """What starts uv: the program on PATH, else the package beside this Python. Raises `EnvironmentUnavailable`."""
    found = shutil.which("uv")
    if found:
        return [found]
    try:
        from uv import find_uv_bin

        return [str(find_uv_bin())]
    except (ImportError, FileNotFoundError) as error:
        raise EnvironmentUnavailable("uv, which builds environments, is not here", mend="pip install uv") from error


def find_python(version: str) -> str:
    """The interpreter to ask uv for: pyenv's of that version by its path, as uv stops at pyenv's shims; else `version`,
    which uv finds or brings.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    wanted = tuple(version.split("."))
    found = {
        tuple(int(part) for part in place.name.split(".")): place / "bin" / "python"
        for place in (root / "versions").glob(f"{version}*")
        if place.name.replace(".", "").isdigit() and tuple(place.name.split("."))[: len(wanted)] == wanted
    }
    return next((str(found[name]) for name in sorted(found, reverse=True) if found[name].exists()), version)


def with_uv(environment: Environment, say: Say) -> str:
    """A virtual environment; uv brings the Python where the machine has none of that version."""
    uv, venv = uv_words(), environment.folder / "venv"
    log_file = environment.folder / "build.log"
    text = f"{environment.told()}: Python {environment.python} cannot be had"
    _run([*uv, "venv", "--no-project", "--python", find_python(environment.python), str(venv)], log_file, text)
    install = [*uv, "pip", "install", "--python", str(venv / "bin" / "python")]
    chosen = ["--torch-backend", environment.torch_backend] if environment.torch_backend else []
    dated = ["--exclude-newer", environment.card.published_before] if environment.card.published_before else []
    in_place = {package(line) for line in environment.card.build_in_place}
    first = [line for line in environment.requirements if package(line) not in in_place]
    if first:
        say(f"{environment.told()}: installing {len(first)} requirements")
        _run([*install, *chosen, *dated, *first], log_file, f"{environment.told()}: its requirements do not install")
    for line in environment.card.build_in_place:
        say(f"{environment.told()}: building {line}")
        text = f"{environment.told()}: {line} does not build"
        _run([*install, *chosen, *dated, "--no-build-isolation", line], log_file, text)
    for line in environment.card.without_dependencies:
        text = f"{environment.told()}: {line} does not install"
        _run([*install, *dated, "--no-deps", line], log_file, text)
    return _run([*uv, "pip", "freeze", "--python", str(venv / "bin" / "python")], log_file, "uv pip freeze")


def with_conda(environment: Environment, say: Say) -> str:
    """A conda environment at the same place, Python and channels' packages first, then the rest by its pip."""
    program = next((found for name in ("micromamba", "mamba", "conda") if (found := shutil.which(name))), None)
    if program is None:
        text = f"{environment.told()}: it is built by conda, which is not here"
        raise EnvironmentUnavailable(text, mend="install micromamba, mamba or conda")
    venv, log_file = environment.folder / "venv", environment.folder / "build.log"
    channels = [word for channel in environment.card.channels for word in ("--channel", channel)]
    text = f"{environment.told()}: conda cannot make it"
    _run([program, "create", "--yes", "--prefix", str(venv), *channels, f"python={environment.python}", "pip"],
         log_file, text)  # fmt: skip
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install"]
    if environment.requirements:
        _run([*pip, *environment.requirements], log_file, f"{environment.told()}: its requirements do not install")
    for line in environment.card.without_dependencies:
        _run([*pip, "--no-deps", line], log_file, f"{environment.told()}: {line} does not install")
    return _run([str(venv / "bin" / "python"), "-m", "pip", "freeze"], log_file, "pip freeze")


def with_docker(environment: Environment, say: Say) -> str:
    """The image, pulled; requirements have to be in it."""
    if shutil.which("docker") is None:
        text = f"{environment.told()}: it runs in docker, which is not here"
        raise EnvironmentUnavailable(text, mend="install docker, or choose another machine")
    log_file, image = environment.folder / "build.log", environment.card.image
    _run(["docker", "pull", image], log_file, f"{environment.told()}: image {image} cannot be had")
    return _run(["docker", "image", "inspect", "--format", "{{.Id}}", image], log_file, "docker image inspect")


def with_apptainer(environment: Environment, say: Say) -> str:
    """The image as one file, pulled from where `image` says (docker://..., oras://...)."""
    program = shutil.which("apptainer") or shutil.which("singularity")
    if program is None:
        text = f"{environment.told()}: it runs in apptainer, which is not here"
        raise EnvironmentUnavailable(text, mend="install apptainer, or choose another machine")
    log_file, image = environment.folder / "build.log", environment.card.image
    place = environment.folder / "image.sif"
    _run([program, "pull", str(place), image], log_file, f"{environment.told()}: image {image} cannot be had")
    return f"{image}\n"


BUILDERS: Mapping[str, Callable[[Environment, Say], str]] = {
    "uv": with_uv, "conda": with_conda, "docker": with_docker, "apptainer": with_apptainer,
}  # fmt: skip


def interpreter(environment: Environment, bound: Sequence[Path] = (), variables: Sequence[str] = ()) -> list[str]:
    """The words that start the environment's Python.

    Containers see the folders in `bound`, the folder of temporary files and our worker, and get the variables that
    foreign code always gets, and those named in `variables`; the image's own PATH holds.
    """
    builder = environment.card.builder
    if builder in ("uv", "conda"):
        return [str(environment.folder / "venv" / "bin" / "python")]
    seen = list(dict.fromkeys([*bound, Path(tempfile.gettempdir()), WORKER]))
    if builder == "docker":
        mounts = [word for path in seen for word in ("--volume", f"{path}:{path}")]
        given = [word for name in dict.fromkeys((*CONTAINED, *variables)) for word in ("--env", name)]
        gpus = ["--gpus", "all"] if environment.card.cuda else []
        user = ["--user", f"{os.getuid()}:{os.getgid()}"]
        image = [environment.card.image, "python"]
        return ["docker", "run", "--rm", "--interactive", "--init", *user, *gpus, *mounts, *given, *image]
    binds = [word for path in seen for word in ("--bind", f"{path}:{path}")]
    program = shutil.which("apptainer") or "singularity"
    gpus = ["--nv"] if environment.card.cuda else []
    return [program, "exec", *gpus, *binds, str(environment.folder / "image.sif"), "python"]


def _run(words: Sequence[str], log_file: Path, failure: str) -> str:
    """Standard output of a step of building. Raises `EnvironmentUnavailable` with the end of what it said."""
    variables = {**os.environ, "UV_OFFLINE": "1"} if is_offline() else None
    with log_file.open("a") as sink:
        sink.write(f"$ {' '.join(words)}\n")
        sink.flush()
        ran = subprocess.run(
            words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sink, text=True, env=variables,
            cwd=log_file.parent,  # uv obeys the constraints of a project around its working folder: ours, here
        )  # fmt: skip
        sink.write(ran.stdout)
    if ran.returncode:
        said = log_file.read_text(errors="replace")[-_TAIL:].rpartition("$ ")[2].partition("\n")[2].strip()
        raise EnvironmentUnavailable(f"{failure}:\n{said}", mend=f"the whole log is {log_file}")
    return ran.stdout
