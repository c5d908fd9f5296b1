"""Reads one member of a zip, wheel or tar archive as data: nothing is unpacked elsewhere, installed or run."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vbench_py.checkpoints.reason import SourceFailed

NESTED = "!/"
"""Parts a member that is itself an archive from the member wanted in it: `docs/media.zip!/film.mp4`."""


def extract_member(archive: Path, member: str, destination: Path) -> None:
    """Writes `member` of `archive` to `destination`.

    `member` is a path inside the archive; the top folder `name-version/` of a source distribution (`.tar.gz`) is left
    out. `outer.zip!/inner` reaches into an archive within. The member's name is compared, never used as a path here.
    Raises `SourceFailed` when the archive is damaged or holds no such plain file.
    """
    outer, _, inner = member.partition(NESTED)
    with _open_member(archive, outer) as file:
        if not inner:
            with destination.open("wb") as out:
                shutil.copyfileobj(file, out, 1 << 20)
            return
        with tempfile.NamedTemporaryFile(dir=destination.parent, suffix=Path(outer).suffix) as temporary:
            shutil.copyfileobj(file, temporary, 1 << 20)
            temporary.flush()
            extract_member(Path(temporary.name), inner, destination)


@contextmanager
def _open_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
                yield file
            return
        with tarfile.open(archive, "r:*") as tar:
            for entry in tar:
                if entry.isfile() and member in (entry.name, entry.name.partition("/")[2]):
                    extracted = tar.extractfile(entry)
                    assert extracted is not None
                    with extracted:
                        yield extracted
                    return
    except KeyError:
        pass
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise SourceFailed(f"{archive.name}: damaged archive ({error})") from error
    raise SourceFailed(f"{archive.name}: holds no file {member!r}")
