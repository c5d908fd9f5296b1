"""Files that end before their own structure says they do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_ISO_STARTS = {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp"}
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")


def missing_end(path: Path) -> str:
    """In words, what shows that a file was cut off; "" for a whole file, and for formats that do not say their length.

    MP4 and MOV: a top-level box reaches past the end of the file, or the index is missing. Matroska and WebM: so does
    the segment. AVI: so does its outer chunk. GIF: the closing byte is missing. MPEG streams, FLV and Y4M carry no
    length.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in _ISO_STARTS:
            return _iso(file, size)
        if head[:4] == _EBML:
            return _matroska(file, size)
        if head[:4] == b"RIFF":
            whole = int.from_bytes(head[4:8], "little") + 8
            return f"its outer chunk is {whole} bytes, the file {size}" if whole > size else ""
        if head[:3] == b"GIF":
            file.seek(max(0, size - 1024))
            return "" if file.read().rstrip(b"\0").endswith(b";") else "the closing byte of the GIF is missing"
    return ""


def _iso(file: BinaryIO, size: int) -> str:
    place, names = 0, set()
    while place + 8 <= size:
        file.seek(place)
        header = file.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        names.add(name)
        if length == 0:
            break
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8 or place + length > size:
            missing = "" if b"moov" in names else "the index (moov box) is missing and "
            return f"{missing}the {name.decode('latin-1')} box at byte {place} reaches past the end of the file"
        place += length
    return "" if b"moov" in names else "the index (moov box) is missing"


def _matroska(file: BinaryIO, size: int) -> str:
    file.seek(4)
    header, _ = _ebml_length(file)
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return ""
    length, known = _ebml_length(file)
    whole = file.tell() + length
    return f"its segment ends at byte {whole}, the file at {size}" if known and whole > size else ""


def _ebml_length(file: BinaryIO) -> tuple[int, bool]:
    """(length, whether it is known) of an EBML element, RFC 8794 section 4."""
    first = file.read(1)
    if not first or not first[0]:
        return 0, False
    extra = 8 - first[0].bit_length()
    bits = 7 * (extra + 1)
    value = int.from_bytes(first + file.read(extra), "big") & ((1 << bits) - 1)
    return value, value != (1 << bits) - 1
