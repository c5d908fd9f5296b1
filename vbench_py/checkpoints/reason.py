"""Why one source could not give a file, so that the next one is tried and the final error lists them all."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from vbench_py.types import StorageError, VbenchError

_STORAGE_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}
)


class SourceFailed(VbenchError):
    """One source could not give the file; the message is its reason."""


def without_credentials(text: str) -> str:
    """`text` with the user and password of any URL in it left out, for messages and logs."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)


def storage_error(error: OSError, folder: Path) -> StorageError | None:
    """The `StorageError` for a write that failed for want of room or permission; None for any other cause."""
    if error.errno not in _STORAGE_ERRNOS:
        return None
    return StorageError(
        f"{folder}: cannot be written: {error.strerror}",
        mend="free some room, or set VBENCH_PY_CACHE to a folder that can be written",
    )
