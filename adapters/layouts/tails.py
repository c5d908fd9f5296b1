"""Samples by the ends of their ids: `DAVIS_480p/stunt/style` is `tgve/DAVIS_480p/stunt/style`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from vbench_py.adapters.names import composed, slug
from vbench_py.types import Sample, UsageError

Tail = tuple[str, ...]


class Tails:
    """Finds the sample whose id ends as a path does: the longest end that fits counts."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._tails: defaultdict[Tail, list[Sample]] = defaultdict(list)
        self._groups: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            parts = sample.id.split("/")
            for start in range(len(parts)):
                self._tails[_folded(parts[start:])].append(sample)
            self._groups[slug(sample.group)].append(sample)

    def find(self, parts: Sequence[str], *, whole: bool = False) -> Sample | None:
        """The sample that `parts` name, or None; with `whole` all of them must fit, not only the last.

        Raises `UsageError` when several fit equally well.
        """
        for start in range(1 if whole and parts else len(parts)):
            found = self._tails.get(_folded(parts[start:]), [])
            if found:
                return _only(parts, found)
        return None

    def of_group(self, name: str) -> Sample | None:
        """The only sample of that group (an edit of a clip, by the clip's name), or None. Raises `UsageError`."""
        found = self._groups.get(slug(name), [])
        return _only([name], found) if found else None


def _folded(parts: Sequence[str]) -> Tail:
    return tuple(slug(part) or part for part in parts)


def _only(parts: Sequence[str], found: list[Sample]) -> Sample:
    name = "/".join(parts)
    if len(found) > 1:
        exact = [sample for sample in found if f"/{composed(sample.id)}".endswith(f"/{composed(name)}")]
        found = exact or found
    if len(found) > 1:
        raise UsageError(
            f"{name!r} fits sample {found[0].id!r} and sample {found[1].id!r} equally well",
            mend="name it by more of the id, or give a manifest",
        )
    return found[0]
