"""Whether a host has an address here: without a network, dozens of files should not each wait for retries."""

from __future__ import annotations

import functools
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies


def has_address(url: str) -> bool:
    """Whether the host of `url` can be looked up, asked once a process; behind a proxy always, as that looks it up."""
    return bool(getproxies()) or _resolves(urlsplit(url).hostname or "")


@functools.cache
def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True
