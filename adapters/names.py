"""File names as claims on samples: what `A cat-3.mp4` may stand for, among the samples of a suite.

A name is tried as it is and with a number split off its end; in this order, the first that fits claims the file:
sample id, slug of the id, id with a number, slug of the id with a number, prompt, slug of the prompt, prompt with a
number, slug of the prompt with a number, and a cut-off prompt (50 characters or more of its beginning). Slugs fold
case, accents' composition, punctuation and quotes: `"Élan"?-0.gif` fits the prompt `"Élan"?`, composed or not.
The slugs that the harness itself stores outputs under count as slugs of the id.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vbench_py.keys import slug as stored_name
from vbench_py.types import METRIC_ONLY_ROLES, Sample, UsageError

CUT_OFF_MINIMUM = 50
_NUMBERED = re.compile(r"^(?P<base>.+?)(?:(?P<seed>__s)|[-_/])(?P<number>\d{1,18})$", re.DOTALL)


def slug(text: str) -> str:
    """Letters and digits of any script in composed lower case, every run of anything else one hyphen."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", folded)).strip("-")


@dataclass(frozen=True)
class Number:
    """A number at the end of a name: after `__s` (the harness's own layout) a seed, else a seed or its position."""

    value: int
    kind: Literal["seed", "seed or position"]


@dataclass(frozen=True)
class Claim:
    """A name stands for `sample`; `number` is None when the name has none to spare."""

    sample: Sample
    number: Number | None


class NameIndex:
    """Samples by every name that a file may carry."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._tables: list[defaultdict[str, list[Sample]]] = [defaultdict(list) for _ in range(4)]
        for sample in samples:
            keys = [composed(sample.id), slug(sample.id)]
            if sample.prompt:
                keys += [composed(sample.prompt).strip(), slug(sample.prompt)]
            for table, key in zip(self._tables, keys, strict=False):
                if key:
                    table[key].append(sample)
            stored = slug(stored_name(sample.id))
            if stored != keys[1]:
                self._tables[1][stored].append(sample)
        self._slugs = sorted(self._tables[3])

    def claims(self, name: str) -> list[Claim]:
        """What `name` (a stem, or a relative path without suffix) stands for: nothing, one sample, or all of a prompt.

        Raises `UsageError` when it fits unlike samples equally well.
        """
        name = composed(name).strip()
        split = _NUMBERED.match(name)
        base = split["base"] if split else ""
        number = Number(int(split["number"]), "seed" if split["seed"] else "seed or position") if split else None
        for exact, folded in (self._tables[:2], self._tables[2:]):
            for text, tail in ((name, None), (base, number)):
                if not text:
                    continue
                for table, key in ((exact, text), (folded, slug(text))):
                    found = [sample for sample in table.get(key, ()) if tail is None or plausible(tail, sample.seeds)]
                    if found:
                        return _agreed(name, found, tail)
        for text, tail in ((name, None), (base, number)):
            found = [sample for sample in self._cut_off(text) if tail is None or plausible(tail, sample.seeds)]
            if found:
                return _agreed(name, found, tail)
        return []

    def beyond(self, name: str) -> list[tuple[Sample, int]]:
        """The samples that `name` would stand for if the number at its end were one of theirs, with that number."""
        split = _NUMBERED.match(composed(name).strip())
        if split is None or split["seed"]:
            return []
        base = split["base"]
        found = [table.get(key, ()) for table, key in zip(self._tables, (base, slug(base)) * 2, strict=True)]
        return [(sample, int(split["number"])) for samples in found for sample in samples]

    def _cut_off(self, text: str) -> list[Sample]:
        key = slug(text)
        if len(key) < CUT_OFF_MINIMUM:
            return []
        found: list[Sample] = []
        for position in range(bisect_left(self._slugs, key), len(self._slugs)):
            if not self._slugs[position].startswith(key):
                break
            found += self._tables[3][self._slugs[position]]
        return found


def plausible(number: Number, seeds: Sequence[int]) -> bool:
    """Whether `number` names one of `seeds`, by value or (where the name allows it) by position from 0."""
    return number.value in seeds or (number.kind != "seed" and number.value < len(seeds))


def seeds_of(sample: Sample, numbers: Iterable[Number | None]) -> dict[Number | None, int]:
    """The seed that each number stands for: by value when all are seeds, else by position; None is the first seed.

    Raises `UsageError` when values and positions both fit and disagree, or neither fits all.
    """
    given = set(numbers)
    result: dict[Number | None, int] = {None: sample.seeds[0]} if None in given else {}
    result |= {number: number.value for number in given if number and number.kind == "seed"}
    plain = sorted((number for number in given if number and number.kind != "seed"), key=lambda number: number.value)
    values = all(number.value in sample.seeds for number in plain)
    positions = all(number.value < len(sample.seeds) for number in plain)
    by_position = {number: sample.seeds[number.value] for number in plain} if positions else {}
    agree = positions and all(seed == number.value for number, seed in by_position.items())
    if values != positions or agree:
        return result | ({number: number.value for number in plain} if values else by_position)
    listed = ", ".join(str(number.value) for number in plain)
    raise UsageError(
        f"sample {sample.id!r}: the numbers {listed} in its file names may be seeds or positions among the seeds "
        f"{list(sample.seeds)}; name files <id>__s<seed>, or give a manifest"
    )


def _agreed(name: str, found: list[Sample], number: Number | None) -> list[Claim]:
    first = found[0]
    for other in found[1:]:
        if other.id == first.id or (first.prompt and same_request(first, other)):
            continue
        raise UsageError(
            f"file name {name!r} fits sample {first.id!r} and sample {other.id!r} equally well; give a manifest"
        )
    return [Claim(sample, number) for sample in found]


def same_request(one: Sample, other: Sample) -> bool:
    """Whether a method sees no difference: equal texts and inputs. Then one video answers both."""

    def seen(sample: Sample) -> tuple[object, ...]:
        media = {role: medium for role, medium in sample.media.items() if role not in METRIC_ONLY_ROLES}
        return (
            sample.prompt,
            sample.negative_prompt,
            sample.source_prompt,
            sample.prompt_schedule,
            sample.class_label,
            media,
        )

    return seen(one) == seen(other)


def composed(text: str) -> str:
    """`text` with letters and their accents in one character each, as far as there is one."""
    return unicodedata.normalize("NFC", text)
