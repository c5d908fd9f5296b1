"""Video in and out: probing, streaming reads, streaming writes, audio kept beside, folders of media.

Frames are (n, H, W, 3) uint8 RGB everywhere. Importing this package loads no decoder.
"""

from vbench_py.video.audio import copy_audio
from vbench_py.video.find import find_media, natural_key
from vbench_py.video.hashing import file_sha256
from vbench_py.video.info import VideoInfo
from vbench_py.video.preview import write_preview
from vbench_py.video.probe import probe
from vbench_py.video.read import CHUNK_BYTES, read, read_chunks, read_image
from vbench_py.video.write import VideoWriter, reencode, write_video

__all__ = [
    "CHUNK_BYTES",
    "VideoInfo",
    "VideoWriter",
    "copy_audio",
    "file_sha256",
    "find_media",
    "natural_key",
    "probe",
    "read",
    "read_chunks",
    "read_image",
    "reencode",
    "write_preview",
    "write_video",
]
