"""Media in and out: probing, streaming reads, streaming writes, audio kept beside, folders of media.

Frames are (n, H, W, 3) uint8 RGB for videos and masks; for depth, flow, cameras and tracks see `frame_shape`. Importing
this package loads no decoder.
"""

from vbench_py.video.audio import copy_audio
from vbench_py.video.cameras import Cameras, read_camera, write_camera
from vbench_py.video.dense import check_mask
from vbench_py.video.dense_write import write_depth, write_flow, write_mask, write_tracks
from vbench_py.video.depth_files import convert_depth
from vbench_py.video.find import find_media, natural_key
from vbench_py.video.grid import Order, cell_count, grid_cells, run_length
from vbench_py.video.hashing import file_sha256
from vbench_py.video.info import Kind, Unit, VideoInfo, frame_dtype, frame_shape, view_outputs
from vbench_py.video.preview import write_preview
from vbench_py.video.probe import probe
from vbench_py.video.read import CHUNK_BYTES, read, read_chunks, read_image
from vbench_py.video.steering import Actions, read_actions, read_schedule, write_actions, write_schedule
from vbench_py.video.write import VideoWriter, reencode, write_video

__all__ = [
    "CHUNK_BYTES",
    "Actions",
    "Cameras",
    "Kind",
    "Order",
    "Unit",
    "VideoInfo",
    "VideoWriter",
    "cell_count",
    "check_mask",
    "convert_depth",
    "copy_audio",
    "file_sha256",
    "find_media",
    "frame_dtype",
    "frame_shape",
    "grid_cells",
    "natural_key",
    "probe",
    "read",
    "read_actions",
    "read_camera",
    "read_chunks",
    "read_image",
    "read_schedule",
    "reencode",
    "run_length",
    "view_outputs",
    "write_actions",
    "write_camera",
    "write_depth",
    "write_flow",
    "write_mask",
    "write_preview",
    "write_schedule",
    "write_tracks",
    "write_video",
]
