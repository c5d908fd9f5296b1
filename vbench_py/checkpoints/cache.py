"""Where checkpoints lie on this machine, and whether one is there with the right content."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.cards import CheckpointCard

log = logging.getLogger(__name__)

_REFUSED_IN_NAMES = frozenset('/\\:*?"<>|')


def cache_dir() -> Path:
    """The cache folder: `VBENCH_PY_CACHE`, else the user's cache folder of this platform. It need not exist yet."""
    chosen = os.environ.get("VBENCH_PY_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("vbench_py", appauthor=False))


def location(card: CheckpointCard) -> Path:
    """Where the file of `card` lies once fetched; also where to place it by hand.

    Raises `UsageError` when the card's name is no plain file name: names are data and must not leave the cache.
    """
    name = card.name
    if not name.strip(". ") or any(character in _REFUSED_IN_NAMES or ord(character) < 32 for character in name):
        raise UsageError(
            f"checkpoint name {name!r} is no plain file name",
            mend='use a name without folders and without any of / \\ : * ? " < > |',
        )
    return place(name, card.sha256)


def place(name: str, sha256: str) -> Path:
    """Where a file of this name and hash lies in the cache ("" for an unpinned one); reads no card."""
    folder = cache_dir() / "checkpoints"
    return folder / sha256[:2] / sha256 / name if sha256 else folder / "unpinned" / name


def content_sha256(card: CheckpointCard) -> str:
    """The hash of the file: the card's, or what was noted of an unpinned file, "unpinned" before it is here."""
    if card.sha256:
        return card.sha256
    noted = noted_sha256(location(card))
    return noted or "unpinned"


def noted_sha256(path: Path) -> str:
    """The hash of an unpinned file when it first arrived, "" where none did."""
    note = path.with_name(path.name + ".sha256")
    return note.read_text(encoding="ascii").strip() if note.is_file() else ""


def note_arrival(path: Path, sha256: str) -> None:
    """Pins an unpinned file to what it is now."""
    path.with_name(path.name + ".sha256").write_text(sha256 + "\n", encoding="ascii")


def find(card: CheckpointCard) -> Path | None:
    """The cached file of `card` when it is there with the right sha256, else None; never touches the network.

    A file is hashed the first time it is seen (it may have been placed by hand) and again when its size or modification
    time changed. A file with another content is removed, with a warning.
    """
    path = location(card)
    if not path.is_file():
        return None
    stamp = _stamp(path)
    record = path.with_name(path.name + ".verified")
    if record.is_file() and record.read_text(encoding="ascii", errors="replace") == stamp:
        return path
    actual = sha256_of(path)
    expected = card.sha256 or noted_sha256(path)
    if not expected:  # placed by hand: what is there now is what it will have to be
        note_arrival(path, actual)
    elif actual != expected:
        log.warning("%s: removed, its sha256 is %s and not %s", path, actual, expected)
        path.unlink()
        return None
    mark_verified(path)
    return path


def mark_verified(path: Path) -> None:
    """Notes beside `path` that its present content was hashed and is right."""
    try:
        path.with_name(path.name + ".verified").write_text(_stamp(path), encoding="ascii")
    except OSError as error:
        # A shared read-only cache stays usable: it is only hashed again next time.
        log.debug("%s: not marked as verified: %s", path, error)


def sha256_of(path: Path) -> str:
    """Lower-case hexadecimal sha256 of a file, streamed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"
