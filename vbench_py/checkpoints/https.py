"""Downloads over HTTP that survive a dropped connection: what has arrived is kept, and only the rest is asked for."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py.checkpoints.meter import Meter
from vbench_py.checkpoints.reach import has_address
from vbench_py.checkpoints.reason import SourceFailed, without_credentials

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

PAUSES_SECONDS: tuple[float, ...] = (0.5, 2.0, 8.0)
"""Pauses before the second, third and fourth attempt."""

_CONNECT_ATTEMPTS = 2
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


def download(url: str, destination: Path, *, meter: Meter) -> None:
    """Writes the body at `url` to `destination`, by way of `<destination>.part`, which a later call resumes.

    A part is resumed only with the server's own validator (a strong ETag, else Last-Modified) in If-Range, so that two
    versions of a file are never glued together; a server that ignores Range sends the whole file again. Dropped
    connections, timeouts and statuses 408, 425, 429 and 5xx are tried again with pauses. Raises `SourceFailed` with the
    reason, and `OSError` when the disk cannot be written.
    """
    import httpx2

    if not url.startswith(("https://", "http://")):
        raise SourceFailed(f"{without_credentials(url)}: not an http(s) URL", mend="paths are sources of kind 'file'")
    if not has_address(url):
        raise SourceFailed(f"{without_credentials(url)}: cannot connect: its host has no address here")
    timeout = httpx2.Timeout(60.0, connect=10.0)
    reason = ""
    connect_failures = 0
    with httpx2.Client(follow_redirects=True, timeout=timeout) as client:
        for pause in (0.0, *PAUSES_SECONDS):
            if pause:
                time.sleep(pause)
            try:
                _attempt(client, url, destination, meter)
            except httpx2.HTTPStatusError as error:
                status = error.response.status_code
                reason = f"HTTP status {status} {error.response.reason_phrase}".rstrip()
                if status not in _TRANSIENT:
                    break
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                reason = f"cannot connect: {error}"
                connect_failures += 1
                if connect_failures == _CONNECT_ATTEMPTS:
                    break
            except httpx2.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
            except (httpx2.InvalidURL, httpx2.TooManyRedirects) as error:
                reason = str(error)
                break
            else:
                return
            log.debug("%s: %s", without_credentials(url), without_credentials(reason))
    raise SourceFailed(without_credentials(f"{url}: {reason}"))


def _attempt(client: httpx2.Client, url: str, destination: Path, meter: Meter) -> None:
    part = destination.with_name(destination.name + ".part")
    note = destination.with_name(destination.name + ".part.json")
    headers = {"Accept-Encoding": "identity"}
    have, validator = _resumable(part, note, url)
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with client.stream("GET", url, headers=headers) as response:
        resumed = response.status_code == 206 and _starts_at(response, have)
        if have and (response.status_code == 416 or (response.status_code == 206 and not resumed)):
            part.unlink()
            return _attempt(client, url, destination, meter)
        response.raise_for_status()
        if not resumed:
            have = 0
            # In this order: an old part must never lie beside the new validator.
            part.unlink(missing_ok=True)
            note.write_text(json.dumps({"url": url, "validator": _validator(response)}), encoding="utf-8")
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with part.open("ab" if have else "wb") as file:
            done = have
            # Chunks as they come: a fixed size would hold back, and at a drop lose, what has arrived of the next one.
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                meter(done, total)
    part.replace(destination)
    note.unlink(missing_ok=True)


def _resumable(part: Path, note: Path, url: str) -> tuple[int, str]:
    """Bytes of `part` that may be kept, and the validator to send; (0, "") when it must start again."""
    try:
        known: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        if known["url"] == url and known["validator"]:
            return part.stat().st_size, str(known["validator"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass
    return 0, ""


def _validator(response: httpx2.Response) -> str:
    etag: str = response.headers.get("ETag", "")
    if etag.startswith('"'):
        return etag
    return str(response.headers.get("Last-Modified", ""))


def _starts_at(response: httpx2.Response, offset: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {offset}-")
