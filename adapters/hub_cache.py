"""Whether a checkpoint of the hub is on this machine: by its cache alone, without a network."""

from __future__ import annotations


def lacking(repo: str, revision: str, file: str) -> str:
    """`repo` where the hub's cache does not hold its `file`, else ""."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file, revision=revision or None)
    return "" if isinstance(found, str) else repo
