"""Writing so that a failure leaves nothing half-written, and a full disk is named as such."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vbench_py.types import StorageError, UsageError

STORAGE_ERRNOS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
}


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A hidden sibling to write to, with the same suffix; it takes the place of `path` when the block ends well.

    When the block raises (KeyboardInterrupt included) it is removed and `path` stays as it was. Parents are created.
    Raises UsageError when `path` is a folder with something in it; StorageError when the system, or libav, reports a
    full disk, a used-up quota or a read-only file system.
    """
    if path.is_dir() and any(path.iterdir()):
        raise UsageError(f"{path}: is a folder with something in it", mend="write to a new name")
    part = _part(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if path.is_dir():
            path.rmdir()
        part.replace(path)
    except BaseException as error:
        _remove(part)
        reason = STORAGE_ERRNOS.get(getattr(error, "errno", None) or 0)
        if reason:
            raise StorageError(
                f"{path}: cannot be written: {reason}", mend="free space or choose another folder"
            ) from error
        raise


def _part(path: Path) -> Path:
    return path.with_name(f".part-{uuid.uuid4().hex[:12]}{path.suffix}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
