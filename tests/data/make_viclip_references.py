"""Makes viclip_references.json: keys and vectors of the reference code of ViCLIP.

python -m tests.data.make_viclip_references VBENCH CACHE, where VBENCH is a checkout of Vchitect/VBench@45e79ec and
CACHE a folder with ViCLIP/bpe_simple_vocab_16e6.txt.gz; einops, timm, ftfy and regex are needed.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import packaging.version
import torch
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Lambda, Normalize, Resize

from tests.metrics.networks.interpolators import TEXT, VISION, frames_of, seeded

TEXTS = ["a cat reading a book on the table, Van Gogh's style", "very " * 40 + "long", "", "Ünïcode &amp; 3 dogs!"]


def module(name: str, folder: Path | None = None, **content: Any) -> None:
    """A module by that name with this content; with `folder`, a package whose __init__ is not run."""
    made = types.ModuleType(name)
    made.__dict__.update(content)
    if folder is not None:
        made.__path__ = [str(folder)]
    sys.modules[name] = made


def transform(frames: np.ndarray) -> torch.Tensor:
    """VBench's clip_transform(224) on 8-bit frames: (T, H, W, 3) uint8 to (1, T, 3, 224, 224)."""
    steps = Compose(
        [
            Resize(224, interpolation=InterpolationMode.BICUBIC, antialias=False),
            CenterCrop(224),
            Lambda(lambda pixels: pixels.float().div(255.0)),
            Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
        ]
    )
    made: torch.Tensor = steps(torch.from_numpy(frames).permute(0, 3, 1, 2))
    return made[None]


def shapes(network: torch.nn.Module, prefix: str = "") -> dict[str, tuple[int, ...]]:
    return {prefix + key: tuple(value.shape) for key, value in network.state_dict().items()}


def official_keys(whole: Any) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of the full-size model, without its memory."""
    plain = torch.linspace
    torch.linspace = lambda *arguments, **keywords: plain(*arguments, **{**keywords, "device": "cpu"})
    try:
        with torch.device("meta"):
            return shapes(whole(tokenizer=object(), pretrain=None))
    finally:
        torch.linspace = plain


@torch.no_grad()
def main() -> None:
    vbench, cache = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    for name in ("vbench", "vbench.third_party", "vbench.third_party.ViCLIP"):
        module(name, vbench / name.replace(".", "/"))
    module("vbench.utils", CACHE_DIR=str(cache))
    module("pkg_resources", packaging=packaging)
    room = "vbench.third_party.ViCLIP"
    whole = importlib.import_module(f"{room}.viclip").ViCLIP
    vision = importlib.import_module(f"{room}.viclip_vision").VisionTransformer(
        VISION["side"], VISION["patch"], VISION["width"], VISION["layers"], VISION["heads"],
        output_dim=VISION["output"], num_frames=VISION["frames"],
    )  # fmt: skip
    text = importlib.import_module(f"{room}.viclip_text").CLIP_TEXT(
        TEXT["output"], TEXT["context"], TEXT["vocabulary"], TEXT["width"], TEXT["heads"], TEXT["layers"], 0
    )
    towers = {"vision_encoder.": vision.eval(), "text_encoder.": text.eval()}
    together = {"temp": (), **shapes(vision, "vision_encoder."), **shapes(text, "text_encoder.")}
    state = seeded(together)
    for prefix, tower in towers.items():
        tower.load_state_dict({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
    clips = {which: transform(frames_of(which, 8)) for which in ("texture", "lavie")}
    tokens = text.tokenize(TEXTS, context_length=TEXT["context"])
    record = {
        "versions": {"torch": torch.__version__, "Vchitect/VBench": "45e79ec"},
        "keys": official_keys(whole),
        "texts": TEXTS,
        "tokens": tokens.tolist(),
        "text": text(tokens).tolist(),
        "video": {which: vision(clip.permute(0, 2, 1, 3, 4))[0].tolist() for which, clip in clips.items()},
    }
    path = Path(__file__).with_name("viclip_references.json")
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
