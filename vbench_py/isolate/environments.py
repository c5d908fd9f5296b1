"""Environments as the recipe says: where one lies, whether it is ready, how its Python is started."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.checkpoints import cache_dir
from vbench_py.keys import key
from vbench_py.recipe_card import EnvironmentCard
from vbench_py.types import UsageError, VbenchError

MARKER = "ready.json"


class EnvironmentUnavailable(VbenchError):
    """An environment is not built, or cannot be: names it, and what to do."""


@dataclass(frozen=True)
class Environment:
    """One environment: its card, with the newer pins of its `override` or without.

    `hash` covers everything that decides what is installed; titles, notes and sources do not enter.
    """

    card: EnvironmentCard
    overridden: bool = False

    def __post_init__(self) -> None:
        if self.overridden and self.card.override is None:
            raise UsageError(f"environment {self.card.id}: it has no override of its pins")

    @property
    def python(self) -> str:
        override = self.card.override if self.overridden else None
        return (override.python if override else "") or self.card.python

    @property
    def requirements(self) -> tuple[str, ...]:
        """The authors' pins; with the override, those of equal package name replaced, and new ones at the end."""
        if not self.overridden or self.card.override is None:
            return self.card.requirements
        newer = {package(line): line for line in self.card.override.requirements}
        replaced = [newer.pop(package(line), line) for line in self.card.requirements]
        return (*replaced, *newer.values())

    @property
    def torch_backend(self) -> str:
        override = self.card.override if self.overridden else None
        return (override.torch_backend if override else "") or self.card.torch_backend

    @property
    def sm_bounds(self) -> tuple[int | None, int | None]:
        """The lowest and highest GPU architecture that the pins have kernels for."""
        override = self.card.override if self.overridden else None
        if override is None:
            return self.card.lowest_sm, self.card.highest_sm
        return override.lowest_sm or self.card.lowest_sm, override.highest_sm

    def decides(self) -> dict[str, Any]:
        """Everything that decides what is installed."""
        card = self.card
        return {
            "builder": card.builder, "python": self.python, "requirements": list(self.requirements),
            "without_dependencies": list(card.without_dependencies), "build_in_place": list(card.build_in_place),
            "torch_backend": self.torch_backend, "published_before": card.published_before,
            "channels": list(card.channels), "image": card.image, "system": list(card.system),
        }  # fmt: skip

    @property
    def hash(self) -> str:
        return key("environment", self.decides())[:16]

    @property
    def folder(self) -> Path:
        return cache_dir() / "environments" / f"{self.card.id}-{self.hash}"

    @property
    def bin(self) -> Path | None:
        return self.folder / "venv" / "bin" if self.card.builder in ("uv", "conda") else None

    def ready(self) -> dict[str, Any] | None:
        """What its marker says, once it is built whole; the marker is written last."""
        return read_marker(self.folder)

    def told(self) -> str:
        return f"environment {self.card.id}" + (" (override)" if self.overridden else "")

    def require(self) -> dict[str, Any]:
        """The marker. Raises `EnvironmentUnavailable` where it is not built."""
        found = self.ready()
        if found is None:
            flag = " --override" if self.overridden else ""
            raise EnvironmentUnavailable(
                f"{self.told()} is not built here", mend=f"run `vbench-py env build {self.card.id}{flag}`"
            )
        return found

    def installed(self) -> str:
        """What is installed, as `pip freeze` tells it."""
        with suppress(OSError):
            return (self.folder / "installed.txt").read_text()
        return ""


def package(requirement: str) -> str:
    """The normalised package name of a requirement line."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return requirement


def read_marker(folder: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        found = json.loads((folder / MARKER).read_text())
        return found if isinstance(found, dict) else None
    return None


def built() -> Iterator[tuple[Path, dict[str, Any] | None]]:
    """Folders of environments on this machine, with their markers; None where one was begun and not finished."""
    root = cache_dir() / "environments"
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.is_dir():
            yield folder, read_marker(folder)


def note_use(folder: Path) -> None:
    """Remembers when an environment was last used, for `prune`."""
    with suppress(OSError):
        (folder / "used").write_text(f"{time.time():.0f}")


def last_used(folder: Path) -> float:
    with suppress(OSError, ValueError):
        return float((folder / "used").read_text())
    return 0.0


def remove(folder: Path) -> None:
    """Deletes an environment; its marker first, so that a half-deleted one never passes for whole."""
    (folder / MARKER).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
