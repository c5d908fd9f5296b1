"""Research repositories at their pinned commits, patched as the recipe says; each in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench_py.checkpoints import cache_dir, is_offline
from vbench_py.isolate.build import Say, owned
from vbench_py.isolate.environments import MARKER, read_marker, remove
from vbench_py.recipe_card import PatchCard
from vbench_py.store import write_atomic
from vbench_py.types import VbenchError

PLACES = "VBENCH_PY_REPOSITORIES"
"""Folders (separated as PATH is) with clones one has already: OWNER+NAME, OWNER__NAME, OWNER/NAME or NAME."""

CODE = frozenset({".py", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".sh", ".cu", ".cpp", ".h"})
"""Endings of files that no run can do without."""


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
            store = place / ".git" if (place / ".git").exists() else place
            if (
                git(self.folder, "--git-dir", str(store), "cat-file", "-e", f"{self.commit}^{{commit}}", check=False)
                is None
            ):
                tried.append(f"{place} has no commit {self.commit[:12]}")
                continue
            say(f"{self.name}: taking {self.commit[:12]} from {place}")
            self._copied(place, say)
            return "local clone"
        try:
            if is_offline():
                raise CheckoutUnavailable("it is not fetched, offline is set")
            say(f"{self.name}: fetching {self.commit[:12]}")
            self._fetched()
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

    def _copied(self, clone: Path, say: Say) -> None:
        """The commit's files out of a clone, which stays as it is. Mirrors may lack large media: these are told.

        Raises `CheckoutUnavailable` where code is missing.
        """
        store = clone / ".git" if (clone / ".git").exists() else clone
        index = {"GIT_INDEX_FILE": str(self.folder / "index")}
        where = ("--git-dir", str(store.absolute()))
        git(self.folder, *where, "read-tree", self.commit, variables=index)
        place = ("--work-tree", str(self.tree))
        git(self.folder, *where, *place, "checkout-index", "--all", "--force", check=False, variables=index)
        listed = (git(self.folder, *where, "ls-tree", "-r", "-z", self.commit) or "").split("\0")
        names = [line.partition("\t")[2] for line in listed if line and " commit " not in line.partition("\t")[0]]
        absent = [name for name in names if not os.path.lexists(self.tree / name)]
        code = [name for name in absent if Path(name).suffix.lower() in CODE]
        if code:
            raise CheckoutUnavailable(f"{clone} lacks files of {self.commit[:12]}: {', '.join(code[:5])}")
        if absent:
            shown = ", ".join(absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
            say(f"{self.name}: the clone lacks {shown}: large files that mirrors leave out")
        if self.submodules:
            raise CheckoutUnavailable(
                f"{self.name} has submodules, which are fetched with it: no clone is taken for it"
            )

    def _fetched(self) -> None:
        git(self.tree, "init", "--quiet")
        git(self.tree, "fetch", "--quiet", "--no-tags", "--depth", "1", self.repository, self.commit)
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


def git(
    folder: Path, *words: str, check: bool = True, text: str | None = None, variables: Mapping[str, str] | None = None
) -> str | None:
    """What git prints; None where it fails and `check` is off. Asks nobody for passwords, and sees no repository around
    `folder`.
    """
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    ran = subprocess.run(
        ["git", *words], cwd=folder, input=text or "", capture_output=True, text=True, check=False,
        env={**os.environ, **own, **(variables or {})},
    )  # fmt: skip
    if ran.returncode == 0:
        return ran.stdout
    if check:
        raise CheckoutUnavailable(ran.stderr.strip()[-1000:] or f"git {words[0]} failed")
    return None
