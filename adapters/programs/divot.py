"""Divot of TencentARC/Divot at bbb9c92: a video through its tokenizer and back, or a prompt through its language model.

Runs in the environment `divot`, in the repository's checkout. Does what src/tools/eval_Divot_video_recon.py and
eval_Divot_video_gen.py do, whose videos, prompts and seed are constants; frames are kept without loss.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

FPS, FRAMES, STRIDE = 8.0, 16, 4
"""What the tokenizer looks at: every 4th of 16 frames at 8 a second, and the last of them."""
CLIP_TOKENS = 64
DETOKENIZER = "Divot_tokenizer_detokenizer/Divot_detokenizer_stage{}.bin"


class Program:
    """`kind` "reconstruction" or "t2v", with the published folder `pretrained` on `device`.

    `ddim_steps` and `guidance` are those of the diffusion model that decodes; `var_scale` narrows what is drawn from
    the language model's mixtures. Raises `ValueError` for another kind.
    """

    def __init__(
        self,
        kind: str,
        pretrained: Path,
        ddim_steps: int = 50,
        guidance: float = 7.5,
        var_scale: float = 0.1,
        device: str = "cuda",
    ) -> None:
        if kind not in ("reconstruction", "t2v"):
            raise ValueError(f"kind is {kind!r}; choose reconstruction or t2v")
        self.kind, self.device, self.var_scale = kind, torch.device(device), var_scale
        half = torch.float16 if kind == "t2v" else torch.float32
        tokenizer = str(pretrained / "Divot_tokenizer_detokenizer/Divot_tokenizer.bin")
        self.encoder = made("visual_encoder/Divot_video", pretrained_model_path=tokenizer).eval().to(self.device, half)
        if kind == "t2v":
            self._load_language_model(pretrained, half)
        else:
            self.prepare = made("processer/dc_256_transform")
        stage = 2 if kind == "t2v" else 1
        self.decoder = made(
            f"video_detokenizer/Divot_detokenizer_stage{stage}",
            video_tokenizer=self.encoder,
            pretrained_model_path=str(pretrained / DETOKENIZER.format(stage)),
            ddim_steps=ddim_steps,
            unconditional_guidance_scale=guidance,
        )
        self.decoder.eval().to(self.device, torch.float32)

    def _load_language_model(self, pretrained: Path, half: torch.dtype) -> None:
        words = str(pretrained / "cvlm_mistral_instruct_tokenizer")
        self.words = made("tokenizer/Divot_mistral_tokenizer_instruct", pretrained_model_name_or_path=words)
        model = str(pretrained / "Divot_sft_gen/llm")
        llm = made("clm_models/mistral7b_merged_sft_gen", pretrained_model_name_or_path=model, torch_dtype=half)
        agent = str(pretrained / "Divot_sft_gen/agent/pytorch_model.bin")
        name = "clm_models/agent_7b_in64_out64_video_gmm_sft_gen"
        self.agent = made(name, llm=llm, pretrained_model_path=agent).eval().to(self.device, half)

    @torch.no_grad()
    def __call__(
        self, target: Path, seed: int, source: Path | None = None, fps: float = FPS, prompt: str = ""
    ) -> dict[str, Any]:
        """Writes (16, 256, 256, 3) uint8 to `target` (.npy): of (n, H, W, 3) uint8 in `source` at `fps`, or `prompt`.

        Gives the indices of the source's frames that the tokenizer saw.
        """
        torch.manual_seed(seed)
        seen = [] if source is None else seen_of(len(np.load(source, mmap_mode="r")), fps)
        tokens = self._of_prompt(prompt) if source is None else self._of_frames(source, seen)
        video = self.decoder(tokens.to(torch.float32)).detach().cpu().float().clamp(-1.0, 1.0)[0]
        np.save(target, ((video + 1.0) / 2.0 * 255).to(torch.uint8).permute(1, 2, 3, 0).numpy())
        return {"seen": seen}

    def _of_frames(self, source: Path, seen: list[int]) -> torch.Tensor:
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        frames = [self.prepare(Image.fromarray(np.array(given[place]))) for place in seen]
        return self.encoder(torch.stack(frames).to(self.device, torch.float32).unsqueeze(0))

    def _of_prompt(self, prompt: str) -> torch.Tensor:
        asked = f"[INST] Generate a video of {prompt} [/INST]\n"
        ids = self._ids(asked)
        mask = torch.ones_like(ids)
        said = self.agent.generate(
            tokenizer=self.words, input_ids=ids, attention_mask=mask, for_text=True, eos_token="<vid>",
            device=self.device,
        )  # fmt: skip
        ids = self._ids(asked + said + "<frame>" + "".join(f"<frame_{place:05d}>" for place in range(CLIP_TOKENS)))
        begin = self.words.encode("<frame>", add_special_tokens=False)[0]
        after = ids[0].tolist().index(begin) + 1
        to_make = torch.zeros_like(ids, dtype=torch.bool)
        to_make[:, after : after + CLIP_TOKENS] = True
        mask = torch.ones_like(ids).masked_fill(to_make, -1)
        return self.agent.generate(
            tokenizer=self.words, input_ids=ids, attention_mask=mask, ids_gen_mask=to_make,
            num_vid_in_tokens=CLIP_TOKENS, num_vid_out_tokens=CLIP_TOKENS, var_scale=self.var_scale, device=self.device,
        )  # fmt: skip

    def _ids(self, text: str) -> torch.Tensor:
        words = [self.words.bos_token_id, *self.words.encode(text, add_special_tokens=False)]
        return torch.tensor([words], device=self.device, dtype=torch.long)


def made(config: str, **given: Any) -> Any:
    """What the repository's configuration of that name builds, with `given` in place of its own values."""
    hydra, omegaconf = importlib.import_module("hydra.utils"), importlib.import_module("omegaconf")
    return hydra.instantiate(omegaconf.OmegaConf.load(f"configs/{config}.yaml"), **given)


def seen_of(count: int, fps: float) -> list[int]:
    """Which of `count` frames at `fps` the tokenizer sees: 16 at 8 a second from the first on, or, where there are
    fewer, 16 at equal whole steps; of these every 4th and the last. Raises `ValueError` for fewer than 16 frames.
    """
    if count < FRAMES:
        raise ValueError(f"the source has {count} frames; Divot rebuilds {FRAMES}")
    step: float = fps / FPS
    most = int(count // step)
    if most < FRAMES:
        step, most = int(count / FRAMES), FRAMES
    chosen = np.linspace(0, most * step, most, endpoint=False)[:FRAMES].astype(np.int32)
    return [int(place) for place in (*chosen[::STRIDE], chosen[-1])]
