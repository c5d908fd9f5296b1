"""Single images and folders of images."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.find import image_files
from vbench_py.video.info import VideoInfo

_LOSSLESS = frozenset({"png", "bmp", "ppm", "tiff"})
_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I"}
_ROTATIONS = {3: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_EXIF_ORIENTATION = 0x0112
_TRANSPOSES = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def read_image(path: Path | str) -> np.ndarray:
    """One image as (H, W, 3) uint8 RGB, turned as its EXIF orientation says; alpha is dropped, grey repeated.

    16-bit grey is divided by 257 and rounded; 16-bit colour keeps its high bytes (Pillow's rule). An animated image is
    refused. Raises BadMedia.
    """
    path = Path(path)
    from PIL import Image

    with _opened(path) as image:
        orientation = _orientation(image)
        try:
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise BadMedia(f"{path}: the image does not decode ({error})", mend="write it again") from error
        upright = image
        if orientation in _TRANSPOSES:
            upright = image.transpose(Image.Transpose[_TRANSPOSES[orientation]])
        if upright.mode in _SIXTEEN_BIT:
            wide = np.asarray(upright).astype(np.uint32)
            grey = ((wide + 128) // 257).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=2)
        if upright.mode == "F":
            raise BadMedia(f"{path}: a float image has no agreed white", mend="store it as 8-bit or 16-bit PNG")
        return np.array(upright.convert("RGB"), dtype=np.uint8)


def probe_images(path: Path) -> VideoInfo:
    """Facts of one image, or of a folder of equally large ones, from their headers alone. Raises BadMedia."""
    files = image_files(path) if path.is_dir() else [path]
    if not files:
        raise BadMedia(
            f"{path}: the folder holds no images", mend="give a folder of PNG or JPEG frames, or a video file"
        )
    headers = [_header(file) for file in files]
    first = headers[0]
    for file, header in zip(files, headers, strict=True):
        if (header["width"], header["height"]) != (first["width"], first["height"]):
            raise BadMedia(
                f"{path}: {file.name} is {header['width']}x{header['height']}, "
                f"{files[0].name} is {first['width']}x{first['height']}",
                mend="all frames of a clip must have one size",
            )
    return VideoInfo(
        path=path,
        frames=len(files),
        width=first["width"],
        height=first["height"],
        fps=None,
        duration=None,
        codec=first["codec"],
        pixel_format=first["mode"],
        bit_depth=max(header["bit_depth"] for header in headers),
        rotation=first["rotation"],
        has_audio=False,
        has_alpha=any(header["has_alpha"] for header in headers),
        variable_frame_rate=False,
        lossless=all(header["lossless"] for header in headers),
        encoding="+".join(sorted({header["codec"] for header in headers})),
        reader="images",
    )


def image_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop of an image or image folder, one (H, W, 3) uint8 RGB array each. Raises BadMedia."""
    files = image_files(info.path) if info.path.is_dir() else [info.path]
    for file in files[start:stop]:
        frame = read_image(file)
        if frame.shape[:2] != (info.height, info.width):
            raise BadMedia(f"{file}: changed its size since it was probed", mend="probe it again")
        yield frame


def _opened(path: Path) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(path)
    except FileNotFoundError:
        raise BadMedia(f"{path}: does not exist", mend="check the path") from None
    except PermissionError as error:
        raise BadMedia(f"{path}: cannot be read ({error.strerror})", mend="check its permissions") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadMedia(
            f"{path}: not a readable image ({type(error).__name__})", mend="write it as PNG or JPEG"
        ) from error
    # cameras store a JPEG with extra views as MPO; its first picture is the photograph
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        image.close()
        raise BadMedia(f"{path}: an animated {image.format}, not one image", mend="store it as GIF or as video")
    return image


def _orientation(image: Any) -> int:
    """EXIF orientation, 1 to 8. Asking a PNG without it would decode the whole picture."""
    known = image.format != "PNG" or "exif" in image.info
    return int(image.getexif().get(_EXIF_ORIENTATION, 1)) if known else 1


def _header(path: Path) -> dict[str, Any]:
    with _opened(path) as image:
        orientation = _orientation(image)
        width, height = image.size if orientation < 5 else image.size[::-1]
        codec = {"MPO": "jpeg"}.get(image.format, image.format.lower())
        return {
            "codec": codec,
            "lossless": codec in _LOSSLESS and "jpeg" not in str(image.info.get("compression", "")),
            "width": width,
            "height": height,
            "mode": image.mode,
            "bit_depth": 16 if image.mode in _SIXTEEN_BIT else 8,
            "rotation": _ROTATIONS.get(orientation, 0),
            "has_alpha": image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info,
        }
