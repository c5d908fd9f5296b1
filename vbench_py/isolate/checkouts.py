"""Research repositories at their pinned commits, patched as the recipe says; each in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench_py.checkpoints import cache_dir
from vbench_py.isolate.build import Say, owned
from vbench_py.isolate.environments import MARKER, read_marker, remove
from vbench_py.recipe_card import PatchCard
from vbench_py.store import write_atomic
from vbench_py.types import VbenchError

PLACES = "VBENCH_PY_REPOSITORIES"
"""Folders (separated as PATH is) with clones one has already: OWNER+NAME, OWNER__NAME, OWNER/NAME or NAME."""


class CheckoutUnavailable(VbenchError):
    """A repository cannot be had at its commit, or a patch does not apply."""


@dataclass(frozen=True)
class Checkout:
    """A repository at a commit with patches: `tree` is its work tree, shared by all who ask for the same."""

    repository: str
    commit: str
    patches: tuple[PatchCard, ...] = ()
    submodules: bool = False

    @property
    def name(self) -> str:
        return "/".join(self.repository.removesuffix(".git").rstrip("/").split("/")[-2:])

    @property
    def patch_hash(self) -> str:
        """16 digits over the diffs, "" without any."""
        if not self.patches:
            return ""
        return hashlib.sha256("\0".join(patch.diff for patch in self.patches).encode()).hexdigest()[:16]

    @property
    def folder(self) -> Path:
        patched = f"-{self.patch_hash}" if self.patches else ""
        return cache_dir() / "checkouts" / f"{self.name.replace('/', '+')}@{self.commit[:12]}{patched}"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def ready(self) -> bool:
        return read_marker(self.folder) is not None

    def require(self, recipe: str) -> Path:
        """The tree. Raises `CheckoutUnavailable` where it is not there yet."""
        if not self.ready:
            text = f"{self.name} at {self.commit[:12]} is not here"
            raise CheckoutUnavailable(text, mend=f"run `vbench-py env build {recipe}`")
        return self.tree

    def build(self, *, say: Say, sources: Sequence[Path] = ()) -> Path:
        """The tree, made first where it is not there: from a clone in `sources` or VBENCH_PY_REPOSITORIES that has
        the commit, else from the repository's address.
        """
        if self.ready:
            return self.tree
        with owned(self.folder, say, f"{self.name} is being checked out"):
            if self.ready:
                return self.tree
            remove(self.folder)
            self.tree.mkdir(parents=True)
            origin = self._origin(sources, say)
            for number, patch in enumerate(self.patches, 1):
                self._apply(patch, number)
            marker = {"repository": self.repository, "commit": self.commit, "from": origin, "made": time.time()}
            marker["patches"] = [patch.reason for patch in self.patches]
            write_atomic(self.folder / MARKER, json.dumps(marker, indent=1).encode())
        return self.tree

    def _origin(self, sources: Sequence[Path], say: Say) -> str:
        if shutil.which("git") is None:
            raise CheckoutUnavailable("git is not here", mend="install it with your system's packages")
        tried = []
        for place in self._clones(sources):
            if git(place, "cat-file", "-e", f"{self.commit}^{{commit}}", check=False) is None:
                tried.append(f"{place} has no commit {self.commit[:12]}")
                continue
            say(f"{self.name}: taking {self.commit[:12]} from {place}")
            self._from(str(place.absolute()), shallow=False)
            return "local clone"
        say(f"{self.name}: fetching {self.commit[:12]}")
        try:
            self._from(self.repository, shallow=True)
        except CheckoutUnavailable as error:
            reasons = "; ".join([*tried, str(error)])
            mend = f"name a folder with a clone in {PLACES}, or pass --source"
            raise CheckoutUnavailable(
                f"{self.name} cannot be had at {self.commit[:12]}: {reasons}", mend=mend
            ) from None
        return self.repository

    def _clones(self, sources: Sequence[Path]) -> Iterator[Path]:
        yield from sources
        names = (self.name.replace("/", "+"), self.name.replace("/", "__"), self.name, self.name.split("/")[-1])
        for text in filter(None, os.environ.get(PLACES, "").split(os.pathsep)):
            for name in names:
                for place in (Path(text) / name, Path(text) / name / "repo", Path(text) / f"{name}.git"):
                    if place.is_dir() and ((place / "HEAD").exists() or (place / ".git").exists()):
                        yield place

    def _from(self, address: str, *, shallow: bool) -> None:
        git(self.tree, "init", "--quiet")
        depth = ["--depth", "1"] if shallow else []
        allowed = ["-c", "uploadpack.allowAnySHA1InWant=true", "-c", "protocol.file.allow=always"]
        fetch = [*allowed, "fetch", "--quiet", "--no-tags", *depth, address, self.commit]
        if git(self.tree, *fetch, check=shallow) is None:
            git(self.tree, *allowed, "fetch", "--quiet", address, "+refs/*:refs/origin/*")
        git(self.tree, "checkout", "--quiet", "--detach", self.commit)
        if self.submodules:
            git(self.tree, "submodule", "update", "--init", "--recursive", "--quiet")

    def _apply(self, patch: PatchCard, number: int) -> None:
        try:
            git(self.tree, "apply", "--unidiff-zero", "--whitespace=nowarn", "-", text=patch.diff)
        except CheckoutUnavailable as error:
            raise CheckoutUnavailable(
                f"{self.name}: patch {number} ({patch.reason}) does not apply: {error}"
            ) from error


def git(folder: Path, *words: str, check: bool = True, text: str | None = None) -> str | None:
    """What git prints; None where it fails and `check` is off. Asks nobody for passwords."""
    command = ["git", *words] if (folder / ".git").exists() or "init" in words else ["git", "--git-dir", ".", *words]
    environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    ran = subprocess.run(
        command, cwd=folder, input=text or "", capture_output=True, text=True, env=environ, check=False
    )
    if ran.returncode == 0:
        return ran.stdout
    if check:
        raise CheckoutUnavailable(ran.stderr.strip()[-1000:] or f"git {words[0]} failed")
    return None
