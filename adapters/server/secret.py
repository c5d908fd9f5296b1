"""The key: read from an environment variable, shown to nobody, taken out of whatever a server repeats of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from vbench_py.adapters.server.settings import Settings
from vbench_py.types import UsageError

HIDDEN = "[key]"


class Secret:
    """The key of one endpoint; without one nothing is sent and nothing hidden. It has no readable form."""

    def __init__(self, key: str = "", header: str = "Authorization", prefix: str = "Bearer ") -> None:
        self._key = key
        self._headers = {header: prefix + key} if key else {}

    def __repr__(self) -> str:
        return f"Secret({HIDDEN if self._key else 'none'})"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not written anywhere")

    @property
    def headers(self) -> Mapping[str, str]:
        return self._headers

    def hidden(self, value: Any) -> Any:
        """`value` (text, tables and lists of it) with the key taken out."""
        if not self._key:
            return value
        if isinstance(value, str):
            return value.replace(self._key, HIDDEN)
        if isinstance(value, Mapping):
            return {self.hidden(name): self.hidden(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.hidden(item) for item in value]
        return value


def lacking(settings: Settings) -> str:
    """What the environment has to hold and does not, in words; "" for nothing."""
    if settings.key_env and not os.environ.get(settings.key_env):
        return f"environment variable {settings.key_env} (option key_env) is not set"
    return ""


def secret(where: str, settings: Settings) -> Secret:
    """Reads the key. Raises `UsageError` where its variable is not set, or holds what no header can."""
    if reason := lacking(settings):
        raise UsageError(f"{where}: {reason}", mend="put the endpoint's key into it")
    if not settings.key_env:
        return Secret()
    key = os.environ[settings.key_env].strip()
    if not (key.isascii() and key.isprintable()) or any(character.isspace() for character in key):
        raise UsageError(f"{where}: environment variable {settings.key_env} holds what cannot be sent as a header")
    return Secret(key, settings.key_header, settings.key_prefix)
