"""Files on the Hugging Face hub, through its own client and its own cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from vbench_py.checkpoints.reach import has_address
from vbench_py.checkpoints.reason import SourceFailed, storage_error, without_credentials

if TYPE_CHECKING:
    from vbench_py.cards import SourceCard

_KINDS = {"datasets": "dataset", "spaces": "space"}


def fetch_from_hub(source: SourceCard, destination: Path, *, offline: bool) -> None:
    """Writes `source.file` of `source.repo` at `source.revision` to `destination`, as a hard link where possible.

    `repo` is "owner/name", or "datasets/owner/name". `offline`, as HF_HUB_OFFLINE, reads the hub's cache alone. Raises
    `SourceFailed` with the reason, for gated repositories with the way to get access.
    """
    import huggingface_hub
    from huggingface_hub import constants, errors

    prefix, _, rest = source.repo.partition("/")
    kind, repo = (_KINDS[prefix], rest) if prefix in _KINDS else (None, source.repo)
    named = f"{source.repo}@{source.revision}:{source.file}"
    offline = offline or not has_address(constants.ENDPOINT)
    try:
        cached = huggingface_hub.hf_hub_download(
            repo, source.file, repo_type=kind, revision=source.revision, local_files_only=offline
        )
    except errors.GatedRepoError as error:
        raise SourceFailed(
            f"{named}: access must be granted first",
            mend=f"accept its licence on the page of {source.repo}, then log in: hf auth login",
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise SourceFailed(f"{named}: not in the hub's cache, and the hub is out of reach or offline is set") from error
    except (errors.HfHubHTTPError, errors.HFValidationError, OSError, ValueError) as error:
        hub_cache = Path(constants.HF_HUB_CACHE)
        failure = storage_error(error, hub_cache) if isinstance(error, OSError) else None
        first_line = next(iter(str(error).strip().splitlines()), "")
        raise failure or SourceFailed(without_credentials(f"{named}: {type(error).__name__}: {first_line}")) from error
    content = Path(cached).resolve()
    try:
        os.link(content, destination)
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(content, destination)
