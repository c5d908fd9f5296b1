"""The bytes of a video, as they come, to disk: from the endpoint's own origin or from a host that the user named."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from vbench_py.adapters.server.calls import Caller, beginning, check_passing
from vbench_py.adapters.server.errors import Over, Passing, ServerError
from vbench_py.types import BadMedia
from vbench_py.video.info import VIDEO_SUFFIXES, VideoInfo

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_SUFFIXES = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "image/gif": ".gif",
}


@dataclass(frozen=True)
class Received:
    """A file that came whole: its content type, and how many bytes."""

    path: Path
    content_type: str
    size: int


async def download(caller: Caller, url: str, folder: Path) -> Received:
    """Writes what lies at `url` to `folder/video.<suffix>`, tried again from the start where it breaks off.

    The key goes to the endpoint's own origin only. Raises `ServerError`: status, redirect, length, or nothing there.
    """
    part = folder / "video.part"

    async def once() -> Received:
        try:
            async with asyncio.timeout(limit := caller.settings.download_seconds):
                return await _once(caller, url, part)
        except TimeoutError:
            raise ServerError(f"download: not whole within download_seconds = {limit:g}") from None

    try:
        received = await caller.tried(once, repeatable=True)
        path = folder / f"video{_suffix(received.content_type, url)}"
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return replace(received, path=path)


async def _once(caller: Caller, url: str, part: Path) -> Received:
    for _ in range(_MOST_REDIRECTS):
        headers = {"Accept-Encoding": "identity", "Accept": "video/*, */*;q=0.5"}
        if caller.addresses.own(url):
            headers.update({**caller.settings.headers, **caller.secret})
        async with caller.client.stream("GET", url, headers=headers) as response:
            if response.status_code in _REDIRECTS:
                url = caller.addresses.follow(url, response.headers.get("location", ""), download=True)
                continue
            check_passing(response)
            content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.status_code != 200:
                text = b"".join([chunk async for chunk in response.aiter_raw()][:4])
                raise Over(f"download: HTTP {response.status_code}, {beginning(content_type, text)}")
            if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                raise ServerError(f"download: it came packed ({response.headers['content-encoding']}), unasked")
            size = 0
            with part.open("wb") as file:
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > caller.settings.most_bytes:
                        raise ServerError(f"download: more than most_bytes = {caller.settings.most_bytes} bytes")
                    file.write(chunk)
            promised = response.headers.get("content-length", "")
            if promised.isdecimal() and int(promised) != size:
                raise Passing(f"download: half a file, {size} of {promised} bytes came", unsent=True)
            return Received(part, content_type, size)
    raise ServerError(f"download: more than {_MOST_REDIRECTS} redirects")


def checked(received: Received) -> tuple[VideoInfo, str]:
    """What the file is, and its sha256. Raises `Over` with content type and beginning of what is no whole video."""
    from vbench_py.video import file_sha256, probe

    try:
        return probe(received.path), file_sha256(received.path)
    except BadMedia as error:
        with received.path.open("rb") as file:
            told = beginning(received.content_type, file.read(256))
        reason = str(error).replace(f"{received.path}: ", "").removesuffix(f"; {error.mend}" if error.mend else "")
        raise Over(f"what came is no whole video ({reason}): {received.size} bytes of {told}") from error


def _suffix(content_type: str, url: str) -> str:
    named = Path(urlsplit(url).path).suffix.lower()
    return _SUFFIXES.get(content_type) or (named if named in VIDEO_SUFFIXES else ".mp4")
