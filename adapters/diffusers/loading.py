"""A pipeline from its card: checkpoint, components, LoRAs, scheduler, and the policies that keep it in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from huggingface_hub import constants
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, enable_progress_bars

from vbench_py.adapters.diffusers import consistency
from vbench_py.adapters.diffusers.memory import check_room, place
from vbench_py.adapters.diffusers.mends import mend
from vbench_py.adapters.diffusers.settings import Component, Lora, Settings, Weights
from vbench_py.adapters.diffusers.states import replace_weights
from vbench_py.checkpoints import is_offline
from vbench_py.types import UsageError


def load_pipeline(settings: Settings, device: str, where: str) -> Any:
    """The pipeline on `device`, ready to be called.

    Raises `UsageError` that names what is wrong and the mend: no such folder, not the folder of a pipeline, a gated or
    unknown repository, a file that is missing or is cached nowhere, a LoRA of another model, too little memory.
    """
    kind = getattr(diffusers, settings.pipeline, None)
    if kind is None:
        raise UsageError(
            f"{where}: diffusers {diffusers.__version__} has no {settings.pipeline}",
            mend="update: pip install -U diffusers",
        )
    source = _source(settings, settings, where)
    dtype: torch.dtype = getattr(torch, settings.dtype)
    with _explained(where, settings), _without_bars():
        parts = {name: _component(settings, name, part, where) for name, part in settings.components.items()}
        if settings.motion_adapter is not None:
            parts["motion_adapter"] = _loaded(diffusers.MotionAdapter, settings, settings.motion_adapter, dtype, where)
        parts |= dict.fromkeys(settings.without)
        for name in ("transformer", "unet"):
            if folder := getattr(settings, name):
                parts[name] = _trained(kind, name, Path(folder), source, settings, dtype, where)
        if Path(source).is_dir():
            _check_parts(Path(source), parts, where)
        if device.startswith("cuda") and Path(source).is_dir():
            check_room(Path(source), settings, device, where)
        options: dict[str, Any] = {"dtype": dtype, **_from(settings, settings), **parts}
        if settings.device_map:
            options["device_map"] = settings.device_map
        pipeline = kind.from_pretrained(source, **options)
    mend(pipeline)
    _with_states(pipeline, settings, where)
    _scheduled(pipeline, settings, where)
    _with_loras(pipeline, settings, where)
    place(pipeline, settings, device, where)
    if settings.free_noise is not None:
        pipeline.enable_free_noise(**settings.free_noise.model_dump())
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def offline() -> bool:
    return is_offline("HF_HUB_OFFLINE")


def _source(weights: Weights | Settings, settings: Settings, where: str) -> str:
    folder = weights.folder or ("" if weights.repo else settings.folder)
    if folder:
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise UsageError(f"{where}: folder {folder} does not exist", mend="give the folder of a checkpoint")
        if weights is settings and not (path / "model_index.json").is_file():
            raise UsageError(
                f"{where}: {folder} holds no model_index.json",
                mend="give the folder that a diffusers pipeline was saved to, not one of its parts",
            )
        return str(path)
    if not (weights.repo or settings.repo):
        raise UsageError(f"{where}: its card names no repository", mend="give --set folder=CHECKPOINT")
    repo: str = weights.repo or settings.repo
    return repo


def _check_parts(folder: Path, given: Mapping[str, Any], where: str) -> None:
    """Raises `UsageError` for a component of the folder's index that is not there and comes from nowhere else."""
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{where}: {folder / 'model_index.json'} is no JSON: {error}") from error
    for name, kind in index.items():
        if isinstance(kind, list) and kind[0] is not None and name not in given and not (folder / name).is_dir():
            mend = "copy the whole checkpoint into the folder, every component with its configuration"
            raise UsageError(f"{where}: {folder} lacks its component {name} ({kind[1]})", mend=mend)


def _from(weights: Weights | Settings, settings: Settings) -> dict[str, Any]:
    """The options of `from_pretrained` that say which files, and whether the network may be asked."""
    own = weights.repo or weights.folder
    folder = weights.folder or ("" if own else settings.folder)
    revision = weights.revision if own else settings.revision
    chosen: dict[str, Any] = {"local_files_only": offline() or bool(folder)}
    if revision and not folder:
        chosen["revision"] = revision
    # one's own checkpoint is loaded as it was saved: the card's variant is that of the published files
    if weights.variant and not (folder and not any(Path(folder).expanduser().rglob(f"*.{weights.variant}.*"))):
        chosen["variant"] = weights.variant
    return chosen


def _loaded(kind: Any, settings: Settings, weights: Weights, dtype: torch.dtype, where: str) -> Any:
    options = _from(weights, settings)
    if weights.subfolder:
        options["subfolder"] = weights.subfolder
    return kind.from_pretrained(_source(weights, settings, where), dtype=dtype, **options)


def _component(settings: Settings, name: str, part: Component, where: str) -> Any:
    kind = getattr(diffusers, part.model, None) or getattr(transformers, part.model, None)
    if kind is None:
        raise UsageError(f"{where}: components.{name}.class {part.model!r} is in neither diffusers nor transformers")
    own = part if part.subfolder or part.repo or part.folder else part.model_copy(update={"subfolder": name})
    return _loaded(kind, settings, own, getattr(torch, part.dtype or settings.dtype), where)


def _trained(
    kind: Any, name: str, folder: Path, source: str, settings: Settings, dtype: torch.dtype, where: str
) -> Any:
    """A user's own checkpoint of one component: of the class that its own configuration names."""
    folder = folder.expanduser()
    if not (folder / "config.json").is_file():
        raise UsageError(f"{where}: {name} {folder} holds no config.json", mend="give a folder of save_pretrained")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = getattr(diffusers, str(config.get("_class_name")), None)
    if model is None:
        raise UsageError(f"{where}: {name} {folder} names no model class of diffusers in its config.json")
    return model.from_pretrained(folder, dtype=dtype, local_files_only=True)


def _with_states(pipeline: Any, settings: Settings, where: str) -> None:
    for name, state in settings.states.items():
        network = getattr(pipeline, name, None)
        if network is None:
            raise UsageError(f"{where}: states.{name}: {settings.pipeline} has no such component")
        with _explained(where, settings):
            place = _source(state, settings, where)
            replace_weights(network, place, state.file, _from(state, settings), f"{where}: states.{name}")


def _scheduled(pipeline: Any, settings: Settings, where: str) -> None:
    if settings.scheduler is None:
        return
    kind = getattr(diffusers, settings.scheduler.model, None) or getattr(consistency, settings.scheduler.model, None)
    if kind is None:
        raise UsageError(f"{where}: scheduler.class {settings.scheduler.model!r} is no class of diffusers")
    pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **settings.scheduler.options)


def _with_loras(pipeline: Any, settings: Settings, where: str) -> None:
    names, weights = [], []
    for number, lora in enumerate(settings.loras):
        name = lora.name or f"lora-{number}"
        options = _from(lora, settings)
        options |= {"weight_name": lora.file} if lora.file else {}
        options |= {"subfolder": lora.subfolder} if lora.subfolder else {}
        place = lora.repo or lora.folder
        told = f"LoRA {lora.file or Path(place).name}"
        if lora.format == "peft":
            _merge(pipeline, settings, lora, options, f"{where}: {told}", where)
            continue
        with _explained(where, settings):
            before = _adapters(pipeline)
            try:
                pipeline.load_lora_weights(_source(lora, settings, where), adapter_name=name, **options)
            except (RuntimeError, ValueError, KeyError) as error:
                reason = str(error).splitlines()[0][:200]
                mend = f"give a LoRA that was trained on {settings.pipeline}'s model"
                raise UsageError(f"{where}: {told} does not fit this model: {reason}", mend=mend) from error
            if name not in _adapters(pipeline) - before:
                raise UsageError(f"{where}: {told} has no weights for this model", mend="give a LoRA of this model")
        names.append(name)
        weights.append(lora.weight)
    if names:
        pipeline.set_adapters(names, weights)


def _merge(pipeline: Any, settings: Settings, lora: Lora, options: dict[str, Any], told: str, where: str) -> None:
    from vbench_py.adapters.diffusers.merging import merged

    name = "unet" if hasattr(pipeline, "unet") else "transformer"
    with _explained(where, settings):
        whole = merged(getattr(pipeline, name), _source(lora, settings, where), options, lora.weight, told)
    setattr(pipeline, name, whole)


def _adapters(pipeline: Any) -> set[str]:
    return {name for listed in pipeline.get_list_adapters().values() for name in listed}


@contextmanager
def _explained(where: str, settings: Settings) -> Iterator[None]:
    """Errors of the hub and of missing files, in words that name the mend."""
    from huggingface_hub import errors

    named = settings.folder or settings.repo
    before = constants.HF_HUB_OFFLINE
    # The hub's library asks for more than files (which program calls it) unless its own switch is set.
    constants.HF_HUB_OFFLINE = before or offline()
    try:
        yield
    except UsageError:
        raise
    except errors.GatedRepoError as error:
        mend = "accept its licence on its page, and set HF_TOKEN (or `hf auth login`)"
        raise UsageError(f"{where}: {named} is gated", mend=mend) from error
    except errors.RepositoryNotFoundError as error:
        mend = "check the name; a private repository needs HF_TOKEN"
        raise UsageError(f"{where}: the hub has no {named} for this account", mend=mend) from error
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise UsageError(f"{where}: {named} cannot be loaded: {reason}", mend=_mend(error, settings)) from error
    finally:
        constants.HF_HUB_OFFLINE = before


def _mend(error: BaseException, settings: Settings) -> str:
    text = str(error).lower()
    if "gated" in text or "401" in text or "403" in text:
        return "accept its licence on its page, and set HF_TOKEN (or `hf auth login`)"
    if settings.folder:
        return "copy the whole checkpoint into the folder, every component with its configuration"
    if offline():
        return "it is not in the hub's cache: run once without --offline, or give --set folder=CHECKPOINT"
    return "check the connection, the name and the revision, or give --set folder=CHECKPOINT"


@contextmanager
def _without_bars() -> Iterator[None]:
    """No bars for components and shards, which take milliseconds; those of downloads are the hub's, and stay."""
    libraries = [diffusers.utils.logging, transformers.utils.logging]
    shown = [library for library in libraries if library.is_progress_bar_enabled()]
    bars = are_progress_bars_disabled()
    for library in shown:
        library.disable_progress_bar()
    if not bars:
        enable_progress_bars()
    try:
        yield
    finally:
        for library in shown:
            library.enable_progress_bar()
