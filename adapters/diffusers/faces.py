"""Who is in a picture, as ConsisID is told: embeddings and key points of the face, and its aligned crop."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.types import BadMedia, UsageError

PACKAGES = "insightface, facexlib, consisid_eva_clip and onnxruntime"
_LOADED: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()


def identity(pipeline: Any, settings: Settings, picture: Any) -> dict[str, Any]:
    """The pipeline's arguments for the face in `picture`: image, id_cond, id_vit_hidden, kps_cond.

    The face networks are loaded once a pipeline, from `face_encoder` in its checkpoint. Raises `UsageError` where their
    packages are missing, and `BadMedia` where no face is found.
    """
    helper = _helper()
    if pipeline not in _LOADED:
        _LOADED[pipeline] = helper.prepare_face_models(_folder(settings), pipeline.device, pipeline.dtype)
    aligner, recogniser, encoder, finder, mean, deviation = _LOADED[pipeline]
    try:
        condition, hidden, crop, points = helper.process_face_embeddings_infer(
            aligner, encoder, recogniser, mean, deviation, finder, pipeline.device, pipeline.dtype, np.asarray(picture)
        )
    except (RuntimeError, IndexError, ValueError) as error:
        raise BadMedia(
            f"no face is found in the reference: {error}", mend="give a picture of one clear face"
        ) from error
    return {"image": crop, "id_cond": condition, "id_vit_hidden": hidden, "kps_cond": points}


def _helper() -> Any:
    """Diffusers' own preparation of faces."""
    try:
        from diffusers.pipelines.consisid import consisid_utils
    except ImportError as error:
        raise UsageError(f"ConsisID's face networks need {PACKAGES}: {error}", mend="install them") from error
    return consisid_utils


def _folder(settings: Settings) -> str:
    if settings.folder:
        return str(Path(settings.folder).expanduser())
    from huggingface_hub import snapshot_download

    from vbench_py.adapters.diffusers.loading import offline

    revision = settings.revision or None
    return snapshot_download(
        settings.repo, revision=revision, allow_patterns="face_encoder/**", local_files_only=offline()
    )
