"""What is sent: a table with placeholders, filled from the sample, the plan and the input media.

`"{seed}"` alone becomes the number, `"{width}x{height}"` text. A field whose placeholder has no value is left out, and
so is a table that is empty then. Placeholders are the names in `TEXTS` and `NUMBERS`, and the mode's input roles:
`"{first}"` is an upload in a multipart body and a data URL in JSON; `"{first.data_url}"` and `"{first.base64}"` are
text in both.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.types import Request, Unsupported

TEXTS = ("model", "prompt", "negative_prompt", "source_prompt", "class_label", "sample")
NUMBERS = ("seed", "frames", "fps", "seconds", "width", "height")
FORMS = ("", "data_url", "base64")
_PLACEHOLDER = re.compile(r"\{([a-z_0-9/]+)(?:\.([a-z_0-9]+))?\}")
_SENT_AS_THEY_ARE = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_TYPES = {".mkv": "video/x-matroska", ".webp": "image/webp", ".webm": "video/webm"}


@dataclass(frozen=True)
class Upload:
    """A file to be sent: its name, its content type, its bytes."""

    name: str
    content_type: str
    content: bytes

    def text(self, form: str) -> str:
        """The bytes as base64, with the data URL's head where `form` is not "base64"."""
        plain = base64.b64encode(self.content).decode("ascii")
        return plain if form == "base64" else f"data:{self.content_type};base64,{plain}"


Media = Callable[[str, str], Any]
"""What stands for a role's placeholder with a form; None where the request has no such medium."""


def names(template: Any) -> Iterator[tuple[str, str]]:
    """Every (name, form) in a template."""
    if isinstance(template, Mapping):
        for value in template.values():
            yield from names(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from names(value)
    elif isinstance(template, str):
        yield from _PLACEHOLDER.findall(template)


def fill(template: Any, values: Mapping[str, Any], media: Media) -> Any:
    """`template` with everything put in; None where nothing is left of it."""
    if isinstance(template, Mapping):
        filled = {name: fill(value, values, media) for name, value in template.items()}
        kept = {name: value for name, value in filled.items() if value is not None}
        return kept if kept or not template else None
    if isinstance(template, list | tuple):
        items = [item for value in template if (item := fill(value, values, media)) is not None]
        return items if items or not template else None
    if not isinstance(template, str):
        return template
    return _text(template, values, media)


def _text(template: str, values: Mapping[str, Any], media: Media) -> Any:
    def value_of(name: str, form: str) -> Any:
        value = values[name] if name in values else media(name, form)
        return None if value == "" else value

    whole = _PLACEHOLDER.fullmatch(template)
    if whole is not None:
        return value_of(whole[1], whole[2] or "")
    parts = {match[0]: value_of(match[1], match[2] or "") for match in _PLACEHOLDER.finditer(template)}
    if any(value is None for value in parts.values()):
        return None
    return _PLACEHOLDER.sub(lambda match: str(parts[match[0]]), template)


def values(request: Request, model: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """What the placeholders that are no media stand for; `shape` are those of frames, rate, length and size."""
    sample = request.sample
    return {
        "model": model,
        "prompt": sample.prompt,
        "negative_prompt": sample.negative_prompt,
        "source_prompt": sample.source_prompt,
        "class_label": sample.class_label,
        "sample": sample.id,
        "seed": request.seed,
        **{name: _plain(shape.get(name)) for name in NUMBERS if name != "seed"},
    }


def _plain(number: float | None) -> float | int | None:
    return int(number) if number is not None and float(number).is_integer() else number


def named(request: Request, roles: Container[str]) -> Media:
    """For a plan, which opens no file: a medium of one of `roles` stands as its placeholder."""

    def media(role: str, form: str) -> Any:
        if role not in request.media or role not in roles:
            return None
        return f"{{{role}.{form}}}" if form else f"{{{role}}}"

    return media


def loaded(request: Request, roles: Container[str], *, multipart: bool) -> Media:
    """The media of `roles`: an `Upload` in a multipart body, else text. Raises `BadMedia` and `Unsupported`."""

    def media(role: str, form: str) -> Any:
        if role not in request.media or role not in roles:
            return None
        upload = upload_of(role, request.media[role])
        return upload if multipart and not form else upload.text(form)

    return media


def upload_of(role: str, path: Path) -> Upload:
    """The bytes of the file as they are, once they prove to be an image or a video; images of rare formats as PNG.

    Raises `BadMedia` for a broken file, before anything is paid for, and `Unsupported` for what is no single file.
    """
    from vbench_py.video import probe, read_image
    from vbench_py.video.info import IMAGE_SUFFIXES, VIDEO_SUFFIXES

    suffix = path.suffix.lower()
    if path.is_dir() or suffix not in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
        raise Unsupported(role, f"{path.name} cannot be sent: an endpoint takes one image or one video file")
    if suffix in VIDEO_SUFFIXES:
        probe(path)
    elif (pixels := read_image(path)) is not None and suffix not in _SENT_AS_THEY_ARE:
        import io

        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format="PNG")
        return Upload(f"{role}.png", "image/png", file.getvalue())
    kind = _TYPES.get(suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Upload(f"{role.replace('/', '-')}{suffix}", kind, path.read_bytes())


def encoded(body: Mapping[str, Any], *, multipart: bool) -> tuple[str, bytes]:
    """Content type and bytes of a filled body.

    In a multipart form uploads are files, tables and lists JSON, the rest is text.
    """
    import httpx2

    parts = [(name, _part(value)) for name, value in body.items()]
    sent = httpx2.Request("POST", "http://-", **({"files": parts} if multipart else {"json": dict(body)}))
    return sent.headers.get("Content-Type", "application/json"), sent.read()


def _part(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Upload):
        return (value.name, value.content, value.content_type)
    if isinstance(value, str):
        return (None, value.encode())
    return (None, json.dumps(value, ensure_ascii=False).encode())
