"""Makes quality_references.json: values of the outside implementations of image quality and perceptual distance.

python -m tests.data.make_quality_references CHECKOUT GIF, in an environment of its own with this project's packages and
pyiqa==0.1.8, DISTS-pytorch==0.1, stlpips-pytorch==0.0.2 and basicsr==1.4.2 (`pip install --no-deps`). CHECKOUT is a
folder with danier97/flolpips at 66dd399, GIF the LaVie clip of a jungle river. Of the packages only single modules are
imported: their own start pulls in training code. Real weights come from the project's cache.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import sys
import tempfile
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import open_clip
import scipy.io
import scipy.ndimage
import torch
import torchvision
from PIL import Image, ImageSequence
from torch import Tensor, nn
from torch.nn import functional

from tests.metrics.clips import pair
from tests.metrics.conftest import random_tree
from tests.metrics.networks import quality
from tests.metrics.quality_references import digest
from tests.metrics.running import EXTRACTORS
from vbench_py.checkpoints import fetch, load_numpy_pickle
from vbench_py.metrics.extractors.brisque import read_regression
from vbench_py.metrics.extractors.lpips import TRUNKS

SCRATCH = Path(tempfile.mkdtemp())
PHOTO = ["Good photo.", "Bad photo."]
ROUND = 1e-6
Values = list[float]


def bare(*names: str) -> None:
    """Packages under these names whose modules can be imported without the packages' own start."""
    for name in names:
        spec = importlib.util.find_spec(name) if "." not in name else None
        top = sys.modules.get(name.partition(".")[0])
        folder = Path(str(spec.origin)).parent if spec else Path(top.__path__[0], *name.split(".")[1:])  # type: ignore
        module = types.ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module


def fetched(extractor: str, name: str) -> Path:
    return fetch(next(card for card in EXTRACTORS[extractor].checkpoints if card.name == name), progress=False)


def unit(frames: np.ndarray) -> Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


def plain(values: Any) -> Values:
    return [float(value) for value in np.asarray(values).reshape(-1)]


def convolutions_from(tree: Mapping[str, Any], trunk: str, network: nn.Module) -> None:
    """The trunk of `tree` in the convolutions of `network`, in order."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for i, layer in zip(range(len(TRUNKS[trunk].layers)), layers, strict=False):
        part = tree[TRUNKS[trunk].name][f"Conv_{i}"]
        layer.weight.data = torch.from_numpy(np.ascontiguousarray(part["kernel"].transpose(3, 2, 0, 1)))
        layer.bias.data = torch.from_numpy(np.array(part["bias"]))


def natural_scenes(gif: Path) -> dict[str, Any]:
    """NIQE and BRISQUE as published, and exact: tables in float64, differences below 1e-6 (rounding errors) as 0."""
    niqe, brisque = (importlib.import_module(f"pyiqa.archs.{name}_arch") for name in ("niqe", "brisque"))
    tools = importlib.import_module("pyiqa.archs.func_util")
    filters = types.ModuleType("scipy.ndimage.filters")
    filters.convolve = scipy.ndimage.convolve  # type: ignore[attr-defined]
    sys.modules[filters.__name__] = filters
    colour = importlib.import_module("basicsr.utils.color_util")
    sys.modules["basicsr.utils"].bgr2ycbcr = colour.bgr2ycbcr  # type: ignore[attr-defined]
    basicsr = importlib.import_module("basicsr.metrics.niqe")
    with np.load(fetched("niqe", "niqe-pristine")) as model:
        authors = model["mu_pris_param"], model["cov_pris_param"], model["gaussian_window"]
        scipy.io.savemat(
            SCRATCH / "niqe.mat", {"mu_prisparam": model["mu_pris_param"], "cov_prisparam": model["cov_pris_param"]}
        )
    pristine = niqe.NIQE(pretrained_model_path=str(SCRATCH / "niqe.mat"))
    small = quality.make_brisque(SCRATCH)["brisque-allmodel"]
    regressions = {"brisque": fetched("brisque", "brisque-allmodel"), "brisque-small": small}

    def brisque_of(path: Path, frames: np.ndarray) -> Values:
        regression = read_regression(path)
        parts = [torch.from_numpy(part) for part in (regression.coefficients, regression.vectors)]
        torch.save(tuple(parts), SCRATCH / "brisque.pth")
        made = brisque.BRISQUE(pretrained_model_path=str(SCRATCH / "brisque.pth"))(unit(frames).double())
        # The module has the offset of the authors' regression for a constant.
        return plain(made - 153.591 - regression.offset)

    def normalised(image: Tensor, size: int = 7, sigma: float = 7 / 6, c: int = 1, padding: str = "same") -> Tensor:
        offsets = torch.arange(size) - size // 2
        window = torch.exp(-(offsets.double() ** 2) / (2 * sigma**2))
        kernel = torch.outer(window, window)[None, None] / window.sum() ** 2
        mean = tools.imfilter(image, kernel, padding=padding)
        square = tools.imfilter(image**2, kernel, padding=padding)
        difference = image - mean
        difference = torch.where(difference.abs() < ROUND, torch.zeros_like(difference), difference)
        return difference / (tools.safe_sqrt((square - mean**2).abs()) + c)

    clips = {"texture": pair(2, 200, 300)[0], "river": river(gif)}
    found: dict[str, Any] = {}
    for name, frames in clips.items():
        found[name] = {"niqe": plain(pristine(unit(frames)))}
        found[name]["niqe-basicsr"] = [float(basicsr.calculate_niqe(frame[..., ::-1], 0)) for frame in frames]
        # The package works in float32, its own formula in whatever it is given.
        levels = [np.rint(basicsr.to_y_channel(frame[..., ::-1]))[..., 0].astype(np.float64) for frame in frames]
        found[name]["niqe-basicsr-float64"] = [float(basicsr.niqe(level, *authors)) for level in levels]
        found[name] |= {key: brisque_of(path, frames) for key, path in regressions.items()}
    niqe.normalize_img_with_guass = brisque.normalize_img_with_guass = normalised
    torch.set_default_dtype(torch.float64)
    for name, frames in clips.items():
        found[name]["niqe-exact"] = plain(pristine(unit(frames)))
        found[name]["brisque-exact"] = brisque_of(regressions["brisque"], frames)
    torch.set_default_dtype(torch.float32)
    return found


def river(gif: Path) -> np.ndarray:
    frames = ImageSequence.Iterator(Image.open(gif))
    return np.stack([np.array(frame.convert("RGB")) for _, frame in zip(range(2), frames, strict=False)])


def distances() -> dict[str, Any]:
    """DISTS and ST-LPIPS on real and on random weights."""
    arch = importlib.import_module("pyiqa.archs.dists_arch")
    video, target = (unit(clip) for clip in pair(2, 48, 64))
    found = {}
    alpha_beta = {"dists": fetched("dists", "dists"), "dists-random": full_dists()}
    trees = {"dists": load_numpy_pickle(fetched("lpips-vgg", "lpips-vgg")), "dists-random": random_tree("vgg")}
    for name, path in alpha_beta.items():
        trunk = torchvision.models.vgg16(weights=None)
        convolutions_from(trees[name], "vgg", trunk)
        arch.models = types.SimpleNamespace(vgg16=lambda trunk=trunk, **_: trunk)
        found[name] = plain(arch.DISTS(pretrained_model_path=str(path))(video, target))
        found[f"{name}-package"] = plain(_dists_package(trunk, path)(video, target))
    for name in ("torchsummary", "IPython"):
        sys.modules[name] = types.SimpleNamespace(summary=None, embed=None)  # type: ignore[assignment]
    shifty = importlib.import_module("stlpips_pytorch.stlpips").LPIPS(
        pretrained=False, net="alex", variant="shift_tolerant", verbose=False
    )
    states = {
        "st-lpips": torch.load(fetched("st-lpips-alex", "st-lpips-alex"), map_location="cpu", weights_only=True),
        "st-lpips-random": quality.st_lpips_state(),
    }
    for name, state in states.items():
        # The package reads its heads under two names.
        shifty.load_state_dict(state | {f"lins.{k[3:]}": v for k, v in state.items() if k.startswith("lin")})
        found[name] = plain(shifty.eval()(video, target, normalize=True))
    return found


def full_dists() -> Path:
    path = SCRATCH / "dists.pt"
    torch.save(quality.dists_parts(64), path)
    return path


def _dists_package(trunk: nn.Module, path: Path) -> Callable[[Tensor, Tensor], Tensor]:
    package = importlib.import_module("DISTS_pytorch.DISTS_pt")
    package.models = types.SimpleNamespace(vgg16=lambda **_: trunk)
    network = package.DISTS(load_weights=False)
    weights = torch.load(path, weights_only=True)
    network.alpha.data, network.beta.data = weights["alpha"], weights["beta"]
    return network  # type: ignore[no-any-return]


def transformers() -> dict[str, Any]:
    """MUSIQ and CLIP-IQA, small, on random weights, and the keys and shapes of the official sizes."""
    arch = importlib.import_module("pyiqa.archs.musiq_arch")
    torch.save(quality.musiq_state(), SCRATCH / "musiq.pth")
    sizes = dict(zip(("hidden_size", "mlp_dim", "num_heads", "num_layers"), quality.MUSIQ_SIZES.values(), strict=True))
    musiq = arch.MUSIQ(**sizes, pretrained_model_path=str(SCRATCH / "musiq.pth")).eval()
    found: dict[str, Any] = {"musiq": {}, "clip-iqa": {}, "clip-iqa-photo": {}}
    full = arch.MUSIQ(pretrained=False)
    found["musiq-keys"] = digest(quality.shapes_of(full))
    clip = types.ModuleType("clip")
    clip.tokenize = open_clip.tokenize  # type: ignore[attr-defined]
    sys.modules["clip"] = clip
    iqa, model = (importlib.import_module(f"pyiqa.archs.{name}") for name in ("clipiqa_arch", "clip_model"))
    found["clip-rn50-keys"] = digest(
        quality.shapes_of(model.CLIP(1024, 224, (3, 4, 6, 3), 64, None, 77, 49408, 512, 8, 12))
    )
    iqa.load = lambda *_: model.build_model(dict(quality.clip_state())).float().eval()
    words = iqa.CLIPIQA().eval()
    for size in ((96, 128), (130, 90)):
        frames = unit(pair(2, *size)[0])
        found["musiq"][f"{size}"] = plain(musiq(frames))
        for name in ("clip-iqa", "clip-iqa-photo"):
            if name == "clip-iqa-photo":
                five, words.prompt_pairs = words.prompt_pairs, open_clip.tokenize(PHOTO)
            found[name][f"{size}"] = plain(words(frames))
        words.prompt_pairs = five
    return found


class WholeSeeks(io.FileIO):
    """A file that takes the reference's fractional (but whole) offsets."""

    def seek(self, offset: float, whence: int = 0) -> int:
        return super().seek(int(offset), whence)


def through_file(clip: np.ndarray, read: Callable[..., np.ndarray]) -> np.ndarray:
    """`clip` written as raw 4:2:0 frames and read by the reference."""
    path = SCRATCH / "clip.yuv"
    path.write_bytes(b"".join(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes() for frame in clip))
    with WholeSeeks(path) as stream:
        return np.stack([read(stream, clip.shape[2], clip.shape[1], i, 8, "420") for i in range(len(clip))])


def flows(checkout: Path) -> dict[str, Any]:
    """FloLPIPS by its own code, the CUDA correlation replaced by one in torch, on random weights."""

    def correlation(tenFirst: Tensor, tenSecond: Tensor) -> Tensor:
        batch, channels, height, width = tenFirst.shape
        around = functional.unfold(tenSecond, 9, padding=4).view(batch, channels, 81, -1)
        return (tenFirst.view(batch, channels, 1, -1) * around).mean(1).view(batch, 81, height, width)

    module = types.ModuleType("correlation")
    module.correlation = types.SimpleNamespace(FunctionCorrelation=correlation)  # type: ignore[attr-defined]
    sys.modules["correlation"] = module
    torch.Tensor.cuda = lambda self, *_, **__: self  # type: ignore[assignment, method-assign]
    state = quality.pwc_state(quality.PWC_OFFICIAL)
    torch.hub.load_state_dict_from_url = lambda **_: state  # type: ignore[assignment]
    alex = torchvision.models.alexnet
    torchvision.models.alexnet = lambda **_: alex(weights=None)
    sys.path.insert(0, str(checkout))
    metric = importlib.import_module("flolpips").Flolpips().eval()
    read = importlib.import_module("utils").read_frame_yuv2rgb
    tree = random_tree("alex")
    convolutions_from(tree, "alex", metric.loss_fn.net)
    for i, head in enumerate(metric.loss_fn.lins):
        head.model[-1].weight.data = torch.from_numpy(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"].reshape(1, -1, 1, 1))
    video, target = pair(4, 72, 96)
    mine, theirs = unit(video), unit(target)
    found: dict[str, Any] = {"flow": plain(metric.flownet(mine[:1], mine[1:2])[0, :, ::16, ::16])}
    found["flolpips-triplet"] = plain(metric(theirs[:1], theirs[2:3], mine[1:2], theirs[1:2]))
    mine, theirs = (unit(through_file(clip, read)) for clip in (video, target))
    difference = metric.flownet(theirs[:-1], theirs[1:]) - metric.flownet(mine[:-1], mine[1:])
    found["flolpips-video"] = plain(metric.loss_fn(theirs[:-1], mine[:-1], difference, normalize=True))
    return found


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    bare("pyiqa", "pyiqa.archs", "pyiqa.data", "pyiqa.utils", "basicsr", "basicsr.utils", "basicsr.metrics")
    bare("stlpips_pytorch", "DISTS_pytorch")
    checkout, gif = (Path(argument) for argument in sys.argv[1:])
    record: dict[str, Any] = {
        "packages": ["pyiqa==0.1.8", "DISTS-pytorch==0.1", "stlpips-pytorch==0.0.2", "basicsr==1.4.2"],
        "repository": "danier97/flolpips@66dd39937e961c56cf162651074eacbfb5f9aab1",
        "natural scenes": natural_scenes(gif),
        "distances": distances(),
        "networks": transformers(),
        "flows": flows(checkout),
    }
    target = Path(__file__).with_name("quality_references.json")
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
