"""VideoStudio (VideoDrafter) of FuchenUSTC/VideoStudio at 56e6c8f: stories, prompts or images become videos.

Runs in the environment `videostudio`, in the repository's checkout. The repository has three parts (a language model
that writes scenes, a model that draws a scene from a foreground and a background, one that animates a picture), each
with a script of constants; what joins them is unpublished. The steps of each part are those of its script; joining
them is ours: entities and scenes without entities are drawn by the base model of the second part.
"""

from __future__ import annotations

import importlib
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

WIDTH, HEIGHT, FRAMES = 512, 320, 16
DRAWN = 512
"""Sides of the pictures of entities and scenes."""
REFERENCE = 256
"""Sides at which foreground and background are looked at."""
FOREGROUND, BACKGROUND, DRAWING_STEPS = 0.5, 0.33, 60
"""Strength of both in a scene, and its steps, as in the script."""


class Program:
    """The three parts, each loaded when it is needed, with the repository's folder `weights` on `device`."""

    def __init__(self, checkout: str, steps: int = 70, guidance: float = 12.0, device: str = "cuda") -> None:
        self.root, self.weights = Path(checkout), Path(checkout) / "weights"
        for part in ("script_generation", "videostudio_img", "videostudio_vid"):
            sys.path.insert(0, str(self.root / part))
        self.steps, self.guidance, self.device = steps, guidance, device

    def __call__(
        self, target: Path, prompt: str, seed: int, image: Image.Image | None = None, story: bool = False
    ) -> dict[str, Any]:
        """Writes (16 n, 320, 512, 3) uint8 to `target` (.npy): n scenes of a `story`, else one.

        `image` is animated where it is given; else the scene is drawn first. Raises `RuntimeError` where the language
        model gives no script in its five tries.
        """
        told: dict[str, Any] = {}
        if story:
            script = self._language_model(prompt)
            if script is None:
                raise RuntimeError("the language model wrote no script that can be read, in five tries")
            told["script"] = script
            scenes = self._scenes(script, seed)
        else:
            scenes = [(prompt, image or self._drawn(prompt, seed, WIDTH, HEIGHT))]
        place = target.with_suffix(".png")
        videos = [self._animated(text, picture, seed, place) for text, picture in scenes]
        np.save(target, np.concatenate(videos))
        return {"provenance": told}

    def _scenes(self, script: dict[str, Any], seed: int) -> list[tuple[str, Image.Image]]:
        """Each scene's prompt and picture, its entities drawn once for all scenes."""
        entities = [self._drawn(text, seed, DRAWN, DRAWN) for text in script["entity_prompt"]]
        fronts, backs = script["scene_foreground"], script["scene_background"]
        return [
            (text, self._scene(text, entities, fronts[number], backs[number], seed))
            for number, text in enumerate(script["scene_prompt"])
        ]

    def _scene(self, text: str, entities: list[Image.Image], front: int, back: int, seed: int) -> Image.Image:
        """A scene from its entities; one that it has not is black, and without weight."""
        if front < 0 and back < 0:
            return self._drawn(text, seed, DRAWN, DRAWN)
        nothing = Image.new("RGB", (DRAWN, DRAWN))
        cut = self._cutter.obtain_fg_bg_pil
        foreground = cut(np.asarray(entities[front]))[0] if front >= 0 else nothing
        background = cut(np.asarray(entities[back]))[1] if back >= 0 else nothing
        size = (REFERENCE, REFERENCE)
        drawn: list[Image.Image] = self._adapter.generate(
            pil_image=[foreground.resize(size), background.resize(size)],
            prompt=text,
            scale=FOREGROUND if front >= 0 else 0.0,
            scale_bg=BACKGROUND if back >= 0 else 0.0,
            num_samples=1,
            num_inference_steps=DRAWING_STEPS,
            seed=seed,
            width=DRAWN,
            height=DRAWN,
        )
        return drawn[0]

    @torch.no_grad()
    def _animated(self, text: str, picture: Image.Image, seed: int, place: Path) -> np.ndarray:
        """(16, 320, 512, 3) uint8 of a picture, which is stretched for the latents and cut to a square for CLIP.

        The code reads it from a file: `place`.
        """
        animator = self._animator
        script, parts = animator["script"], animator["parts"]
        picture.convert("RGB").save(place)
        normal = [script.transforms.ToTensor(), script.transforms.Normalize(mean=[0.5], std=[0.5])]
        stretch = script.transforms.Compose([script.transforms.Resize(size=(HEIGHT, WIDTH)), *normal])
        square = [script.transforms.Resize(size=WIDTH, antialias=True), script.transforms.CenterCrop((WIDTH, WIDTH))]
        latent = script.load_first_frame(place, stretch)
        middle = script.load_first_frame(place, script.transforms.Compose([*square, *normal]))
        tokens, pooled = script.obtain_image_feature_from_vision_clip(parts["vision"], parts["processor"], middle)
        phrases = script.obtain_action_phrase_from_prompt(parts["language"], parts["matcher"], text)
        action = script.obtain_action_prob_condition(parts["encoder"], parts["tokenizer"], phrases, parts["prototypes"])
        video = animator["pipeline"](
            prompt=text,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            height=HEIGHT,
            width=WIDTH,
            num_frames=FRAMES,
            video_latent=True,
            midf_clip_pool_fea_guidance=True,
            midf_clip_pool_fea=pooled,
            midf_clip_token_cross_attn_guidance=True,
            midf_clip_token_fea=tokens,
            aes_score_value=6.0,
            negative_aes_score_value=6.0,
            generator=torch.Generator(device=self.device).manual_seed(seed),
            as_latent_frame=latent,
            concate_in_middle=False,
            action_prob_fea=action.to(self.device, animator["pipeline"].unet.dtype),
        )[0]
        return np.stack(video[:FRAMES])

    def _drawn(self, text: str, seed: int, width: int, height: int) -> Image.Image:
        generator = torch.Generator(self.device).manual_seed(seed)
        drawn: Image.Image = self._painter(text, width=width, height=height, generator=generator).images[0]
        return drawn

    @cached_property
    def _language_model(self) -> Any:
        language: Any = importlib.import_module("models.videostudio_llm")
        return language.VideoStudioLLM(model_path=str(self.weights / "THUDM/chatglm3-6b"))

    @cached_property
    def _painter(self) -> Any:
        return self._stable_diffusion()

    @cached_property
    def _adapter(self) -> Any:
        adapter: Any = importlib.import_module("models.ct_adapter")
        own = self.weights / "FireCRT/VideoStudio"
        encoder, combined = str(own / "videostudio-img-encoder"), str(own / "videostudio-img-combine.bin")
        return adapter.CTAdapterPlus(self._stable_diffusion(), encoder, combined, self.device, num_tokens=16)

    @cached_property
    def _cutter(self) -> Any:
        cutter: Any = importlib.import_module("models.u2net.u2net_segmentation")
        return cutter.U2NetSegmentationProcessor(
            str(self.weights / "FireCRT/VideoStudio/u2net.pth"), device=self.device
        )

    def _stable_diffusion(self) -> Any:
        """Stable Diffusion 1.5 as the script of the second part builds it."""
        diffusers: Any = importlib.import_module("diffusers")
        scheduler = diffusers.DDIMScheduler(
            num_train_timesteps=1000,
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        )
        decoder = diffusers.AutoencoderKL.from_pretrained(self.weights / "stabilityai/sd-vae-ft-mse")
        return diffusers.StableDiffusionPipeline.from_pretrained(
            self.weights / "SG161222/Realistic_Vision_V4.0_noVAE",
            torch_dtype=torch.float16,
            scheduler=scheduler,
            vae=decoder.to(dtype=torch.float16),
            feature_extractor=None,
            safety_checker=None,
        ).to(self.device)

    @cached_property
    def _animator(self) -> dict[str, Any]:
        """The third part as its script builds it: the script's own names, the pipeline, and what it is fed with."""
        script: Any = importlib.import_module("infer_videostudio_vid")
        own, half = self.weights / "FireCRT/VideoStudio/videostudio-vid", {"torch_dtype": torch.float16}
        fp16 = {**half, "variant": "fp16"}
        load: dict[str, tuple[Any, dict[str, Any]]] = {
            "text_encoder": (script.CLIPTextModel, fp16),
            "text_encoder_2": (script.CLIPTextModelWithProjection, fp16),
            "vae": (script.AutoencoderKL, fp16),
            "tokenizer": (script.CLIPTokenizer, {}),
            "tokenizer_2": (script.CLIPTokenizer, {}),
            "scheduler": (script.DPMSolverMultistepScheduler, {}),
            "unet": (script.UNet3DConditionXLModel, half),
        }
        made = {name: kind.from_pretrained(own, subfolder=name, **more) for name, (kind, more) in load.items()}
        order = ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "scheduler")
        pipeline = script.PseudoVideoStableDiffusionXLPipeline(*(made[name] for name in order)).to(self.device)
        clip = self.weights / "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"
        language = script.spacy.load("en_core_web_sm")
        matcher = script.Matcher(language.vocab)
        verbs = [("VERB", "?"), ("ADV", "*"), ("AUX", "*"), ("VERB", "+")]
        matcher.add("Verb phrase", [[{"POS": part, "OP": often} for part, often in verbs]])
        prototypes = script.load_action_prototype(self.root / "videostudio_vid/data/action_prototypes.npy")
        parts = {
            "vision": script.CLIPVisionModel.from_pretrained(clip).to(self.device),
            "processor": script.AutoProcessor.from_pretrained(clip),
            "language": language,
            "matcher": matcher,
            "encoder": made["text_encoder_2"],
            "tokenizer": made["tokenizer_2"],
            "prototypes": prototypes,
        }
        return {"script": script, "pipeline": pipeline, "parts": parts}
