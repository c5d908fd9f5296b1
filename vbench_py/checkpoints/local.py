"""Files that lie on this machine or a shared disk already."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.checkpoints.reason import SourceFailed

if TYPE_CHECKING:
    from vbench_py.cards import SourceCard


def fetch_from_disk(source: SourceCard, destination: Path) -> None:
    """Copies the file at `source.path` to `destination`; environment variables and `~` in the path are expanded."""
    expanded = os.path.expandvars(source.path)
    path = Path(expanded).expanduser()
    if path.is_file():
        if not os.access(path, os.R_OK):
            raise SourceFailed(f"{path}: may not be read by this user")
        shutil.copyfile(path, destination)
        return
    if "$" in expanded:
        raise SourceFailed(f"{source.path}: an environment variable in it is not set")
    raise SourceFailed(f"{path}: no such file" if not path.exists() else f"{path}: not a plain file")
