"""A checkout as it is read for a check: a work tree or a git directory, with a recipe's patches laid over in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from vbench_py.types import UsageError

CODE = (".py", ".sh", ".yaml", ".yml", ".json", ".toml", ".cfg", ".txt")
_LARGEST = 4 << 20


def run_git(*words: str, cwd: Path | None = None, text: str | None = None) -> subprocess.CompletedProcess[bytes]:
    """git without a user's settings; never asks a remote for what a partial clone lacks."""
    hidden = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables = hidden | {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-c", "safe.directory=*", *words],
            check=False, cwd=cwd, env=variables, input=None if text is None else text.encode(),
            capture_output=True, timeout=300,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise UsageError("git is not on PATH", mend="install git; checkouts are read with it") from error


@dataclass(frozen=True)
class Tree:
    """Files of a repository by their path from its root.

    Either `folder` (a work tree, read as it lies) or `git` (a git directory, read at `commit`). `head` is the commit
    that is read, "" where there is no git to tell; `laid` are patched files, which come first.
    """

    folder: Path | None = None
    git: Path | None = None
    commit: str = ""
    head: str = ""
    laid: dict[str, str] = field(default_factory=dict)
    _held: dict[str, str | None] = field(default_factory=dict, compare=False)

    def read(self, path: str) -> str | None:
        """Its text, or None where there is no such file."""
        path = os.path.normpath(path)
        if path in self.laid:
            return self.laid[path]
        if path not in self._held:
            self._held[path] = self._read(path)
        return self._held[path]

    def _read(self, path: str) -> str | None:
        if self.folder is not None:
            file = self.folder / path
            return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None
        if self.git is None:
            return None
        done = run_git(f"--git-dir={self.git}", "cat-file", "blob", f"{self.commit}:{path}")
        return done.stdout.decode(errors="replace") if done.returncode == 0 else None

    def changed(self, paths: Collection[str]) -> list[str]:
        """Those of the files that differ from the commit they were checked out at."""
        if self.folder is None or not self.head:
            return []
        asked = sorted(path for path in paths if self.read(path) is not None)
        done = run_git("-C", str(self.folder), "status", "--porcelain", "-z", "--no-renames", "--", *asked)
        return sorted(line[3:] for line in done.stdout.decode().split("\0") if line) if asked else []

    def files(self) -> list[str]:
        """Every file of the tree that is code or settings."""
        found: Iterator[str] = iter(())
        if self.folder is not None and not self.head:
            found = (file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*") if file.is_file())
        elif self.folder is not None:
            found = iter(run_git("-C", str(self.folder), "ls-files", "-z").stdout.decode().split("\0"))
        elif self.git is not None:
            listed = run_git(f"--git-dir={self.git}", "ls-tree", "-r", "-z", "--name-only", self.commit)
            found = iter(listed.stdout.decode().split("\0"))
        return sorted(path for path in found if path.endswith(CODE))

    def texts(self, suffix: str = ".py") -> Iterator[tuple[str, str]]:
        """(path, text) of every file whose name ends so."""
        for path in self.files():
            text = self.read(path) if path.endswith(suffix) else None
            if text is not None and len(text) < _LARGEST:
                yield path, text

    def unfold(self, into: Path) -> None:
        """Writes code and settings, patched, below `into`, as far as they are here."""
        if self.git is not None:
            _read_many(self)
        for path in {*self.files(), *self.laid}:
            text = self.read(path)
            if text is not None:
                file = into / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")


def _read_many(tree: Tree) -> None:
    """One process for all files, as a process a file takes minutes for large repositories."""
    wanted = [path for path in tree.files() if path not in tree._held and "\n" not in path]
    text = "".join(f"{tree.commit}:{path}\n" for path in wanted)
    out = run_git(f"--git-dir={tree.git}", "cat-file", "--batch", text=text).stdout
    place = 0
    for path in wanted:
        end = out.index(b"\n", place)
        words = out[place:end].split()
        place = end + 1
        if len(words) == 3 and words[1] == b"blob":
            size = int(words[2])
            tree._held[path] = out[place : place + size].decode(errors="replace")
            place += size + 1
        else:
            tree._held[path] = None


def open_tree(source: Path, commit: str) -> Tree:
    """The files at `source`: a work tree, a git directory (read at `commit`), or a folder that holds one of them alone.

    Raises `UsageError` where there is none, or where a git directory has not got the commit.
    """
    source = source.expanduser()
    if not source.is_dir():
        raise UsageError(f"--source {source}: no such folder")
    folders = [source, *(inner for inner in sorted(source.iterdir()) if inner.is_dir())]
    for folder in folders if len(folders) == 2 else folders[:1]:
        if (folder / ".git").exists():
            head = run_git("-C", str(folder), "rev-parse", "HEAD")
            return Tree(folder=folder, head=head.stdout.decode().strip() if head.returncode == 0 else "")
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return _at_commit(folder, commit)
    return Tree(folder=source)


def _at_commit(git: Path, commit: str) -> Tree:
    if run_git(f"--git-dir={git}", "cat-file", "-e", f"{commit}^{{commit}}").returncode:
        has = run_git(f"--git-dir={git}", "rev-parse", "HEAD").stdout.decode().strip() or "no commit at all"
        raise UsageError(f"{git} has not got commit {commit}", mend=f"fetch it; it has {has}")
    return Tree(git=git, commit=commit, head=commit)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="vbench-py-recipe-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def patched(tree: Tree, diff: str) -> tuple[Tree, str]:
    """The tree with a unified diff applied, and git's word on why it does not apply ("" where it does)."""
    sides = [line[4:].split("\t")[0].strip() for line in diff.splitlines() if line.startswith(("--- ", "+++ "))]
    paths = sorted({path.partition("/")[2] for path in sides if path != "/dev/null"})
    with scratch_folder() as folder:
        for path in paths:
            text = tree.read(path)
            if text is not None:
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="")
        done = run_git("apply", "--unidiff-zero", "-p1", "--whitespace=nowarn", "-", cwd=folder, text=diff)
        if done.returncode:
            return tree, " ".join(done.stderr.decode().split()) or "git apply failed"
        laid = {path: (folder / path).read_text(encoding="utf-8") for path in paths if (folder / path).is_file()}
    return replace(tree, laid={**tree.laid, **laid}), ""
