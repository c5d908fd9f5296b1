"""A synthetic world, rendered by rays, that knows the truth about every frame it shows."""

from vbench_py.world.edits import edit_mask
from vbench_py.world.parameters import WorldParameters, view_name
from vbench_py.world.render import rgb
from vbench_py.world.tracks import Tracks, centres, tracks
from vbench_py.world.truth import Truth, cameras, depth, everything, flow, masks
from vbench_py.world.words import body_names, edit_prompt, prompt, shot_prompts, source_prompt, subject

__all__ = [
    "Tracks",
    "Truth",
    "WorldParameters",
    "body_names",
    "cameras",
    "centres",
    "depth",
    "edit_mask",
    "edit_prompt",
    "everything",
    "flow",
    "masks",
    "prompt",
    "rgb",
    "shot_prompts",
    "source_prompt",
    "subject",
    "tracks",
    "view_name",
]
