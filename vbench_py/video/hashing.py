"""Content hashes of media."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vbench_py.types import BadMedia
from vbench_py.video.find import is_hidden


def file_sha256(path: Path | str) -> str:
    """Sha256 (64 hex digits) of a file's bytes; of a folder: of its sorted (relative name, sha256) lines, hidden files
    left out.

    Raises BadMedia when nothing lies there.
    """
    path = Path(path)
    if path.is_dir():
        files = [item for item in path.rglob("*") if item.is_file() and not _hidden_below(item, path)]
        lines = sorted(f"{item.relative_to(path).as_posix()}\0{file_sha256(item)}\n" for item in files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BadMedia(f"{path}: does not exist", mend="check the path") from None


def _hidden_below(item: Path, folder: Path) -> bool:
    return any(is_hidden(Path(part)) for part in item.relative_to(folder).parts)
