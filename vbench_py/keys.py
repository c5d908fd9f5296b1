"""Identity: canonical JSON and its hash. Titles, paths, workers and library versions never enter a key."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

KEY_VERSION = 1


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; equal values give equal text. `TypeError` for what JSON cannot tell."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if getattr(value, "ndim", None) == 0:  # a number of NumPy or torch; arrays are no part of an identity
        return value.item()
    raise TypeError(f"{value!r} has no canonical form")


def key(kind: str, value: Any) -> str:
    """A 32-digit hexadecimal key of a canonical value, apart for each kind and KEY_VERSION."""
    return hashlib.sha256(f"{kind}/{KEY_VERSION}:{canonical(value)}".encode()).hexdigest()[:32]


def slug(text: str, limit: int = 60) -> str:
    """A safe file name: unchanged when the text is one already, else simplified, with a short hash against clashes."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]*", text) and len(text) <= limit:
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: limit - 9].rstrip("-")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest
