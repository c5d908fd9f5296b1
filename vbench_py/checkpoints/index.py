"""Which package index to ask: the one that pip or uv was told to use, else the public one."""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path


def index_url() -> str:
    """The index's address: PIP_INDEX_URL, UV_DEFAULT_INDEX, UV_INDEX_URL, pip's configuration, or the public one."""
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        value = os.environ.get(variable, "").strip()
        if value:
            # uv allows a name before the address: "internal=https://…".
            name, separator, address = value.partition("=")
            return address if separator and "://" not in name else value
    configured = _from_pip_configuration()
    if configured:
        return configured
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    return PYPI_SIMPLE_ENDPOINT


def _from_pip_configuration() -> str:
    """`global.index-url` of pip's files; later ones win, as with pip: site, user, environment, PIP_CONFIG_FILE."""
    parser = configparser.RawConfigParser()
    for path in _pip_configuration_files():
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
    return parser.get("global", "index-url", fallback="").strip()


def _pip_configuration_files() -> list[Path]:
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    home = Path.home()
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        home / "Library" / "Application Support" / "pip" / "pip.conf",
        configuration / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
    ]
    if os.name == "nt":
        files = [Path(os.environ.get("APPDATA", home)) / "pip" / "pip.ini", Path(sys.prefix) / "pip.ini"]
    return [*files, Path(chosen)] if chosen else files
