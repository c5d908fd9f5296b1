"""Gets the file of a checkpoint card: from the cache, else from its sources in order, checked before it is used."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.checkpoints.cache import find, location, mark_verified, note_arrival, noted_sha256, sha256_of
from vbench_py.checkpoints.https import download
from vbench_py.checkpoints.hub import fetch_from_hub
from vbench_py.checkpoints.local import fetch_from_disk
from vbench_py.checkpoints.meter import Meter, meter
from vbench_py.checkpoints.offline import is_offline
from vbench_py.checkpoints.pypi import fetch_from_index
from vbench_py.checkpoints.reason import SourceFailed, storage_error, without_credentials
from vbench_py.types import UsageError

if TYPE_CHECKING:
    from vbench_py.cards import CheckpointCard, SourceCard

log = logging.getLogger(__name__)

_WORKS_OFFLINE = ("file", "hf")


class CheckpointUnavailable(UsageError):
    """No source gave the file. The message lists each source with its reason, and how to place the file by hand."""


def fetch(card: CheckpointCard, *, offline: bool | None = None, progress: bool = True) -> Path:
    """The file of `card` in the cache, fetched when it is not there yet; its sha256 is checked before anybody sees it.

    `offline` (None: from VBENCH_PY_OFFLINE) allows only what is on this machine: cache, `file` sources and the hub's
    own cache. `progress` draws a bar when stderr is a terminal. Several processes may ask at once: one fetches, the
    others wait. Raises `CheckpointUnavailable` when no source gives the right file, and `StorageError` when the cache
    cannot be written.
    """
    if offline is None:
        offline = is_offline()
    path = location(card)
    from filelock import FileLock, Timeout

    try:
        found = find(card)
        if found is not None:
            return found
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("%s: waiting for another process that fetches it", card.name)
            lock.acquire()
        try:
            return find(card) or _fetch_locked(card, path, offline=offline, progress=progress)
        finally:
            lock.release()
    except OSError as error:
        failure = storage_error(error, path.parent)
        if failure is None:
            raise
        raise failure from error


def _fetch_locked(card: CheckpointCard, path: Path, *, offline: bool, progress: bool) -> Path:
    reasons = []
    arrived = path.with_name(path.name + ".arrived")
    for source in card.sources:
        try:
            if offline and source.kind not in _WORKS_OFFLINE:
                raise SourceFailed("not tried: offline is set")
            log.info("%s: fetching from %s (licence: %s)", card.name, describe(source), card.licence)
            arrived.unlink(missing_ok=True)
            with meter(card.name, enabled=progress) as report:
                _get(source, arrived, offline=offline, report=report)
            actual = sha256_of(arrived)
            expected = card.sha256 or noted_sha256(path)
            if expected and actual != expected:
                raise SourceFailed(f"gave another file: its sha256 is {actual}, expected {expected}; it was removed")
        except SourceFailed as error:
            arrived.unlink(missing_ok=True)
            log.debug("%s: %s: %s", card.name, describe(source), error)
            reasons.append(f"  {describe(source)}: {error}")
        else:
            arrived.replace(path)
            if not expected:
                log.warning("%s: no sha256 was ever published; this file's is %s, and is noted", card.name, actual)
                note_arrival(path, actual)
            mark_verified(path)
            return path
    what = "is not in the cache and offline is set" if offline else "could not be fetched"
    raise CheckpointUnavailable(
        "\n".join([f"checkpoint {card.name!r} {what}:", *reasons]),
        mend="\nrun `vbench-py fetch` where the network allows it, "
        f"or place the file{f' with sha256 {card.sha256}' if card.sha256 else ''} at {path}",
    )


def _get(source: SourceCard, destination: Path, *, offline: bool, report: Meter) -> None:
    match source.kind:
        case "https":
            download(source.url, destination, meter=report)
        case "hf":
            fetch_from_hub(source, destination, offline=offline)
        case "pypi":
            fetch_from_index(source, destination, meter=report)
        case "file":
            fetch_from_disk(source, destination)


def describe(source: SourceCard) -> str:
    """A source in one line for people, without credentials."""
    match source.kind:
        case "https":
            return without_credentials(source.url)
        case "hf":
            return f"hf {source.repo}@{source.revision}:{source.file}"
        case "pypi":
            return f"pypi {source.package}=={source.version}:{source.member}"
        case "file":
            return f"file {source.path}"
