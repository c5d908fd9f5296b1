"""Prompts in sequence, each about the same subject: a schedule for one long video, and a story of several shots."""

from __future__ import annotations

from dataclasses import dataclass, field

from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.prompt import Chooser

MARKS = (
    "with a red scarf", "with a blue hat", "with a yellow ribbon", "with a striped bag", "with a silver bell",
    "with a green cape",
)  # fmt: skip
"""By what a story's character is known again."""


@dataclass(frozen=True)
class SequenceLabels:
    """A subject's category and the categories of what it does, part by part; `same_place` for one place throughout."""

    subject: str
    actions: tuple[str, ...]
    same_place: bool = True

    def __post_init__(self) -> None:
        """Raises `ValueError` for no part, or an action that the subject cannot do."""
        cannot = [action for action in self.actions if self.subject not in words.ACTIONS[action].subjects]
        if cannot or not self.actions:
            raise ValueError(f"no words for a {self.subject} of actions {cannot or 'none'}")


@dataclass(frozen=True)
class Sequence:
    """One sentence a part, with their labels. `noun` is the subject as every part names it."""

    parts: tuple[str, ...]
    labels: SequenceLabels
    noun: str
    words: tuple[str, ...] = field(default=(), repr=False)


def draw_sequence(labels: SequenceLabels, seed: int) -> Sequence:
    """The sequence of these labels and this seed."""
    return _write(labels, Chooser(f"{labels}|{seed}"))


def twin_sequence(sequence: Sequence, seed: int) -> Sequence:
    """Another sequence with the same labels: no phrase of the first wherever its label has another."""
    return _write(sequence.labels, Chooser(f"twin|{sequence.parts}|{seed}", sequence.words))


def schedule(sequence: Sequence, frames: int) -> list[tuple[int, str]]:
    """(first frame, prompt) of each part, of equal lengths; `ValueError` where `frames` does not divide."""
    length, rest = divmod(frames, len(sequence.parts))
    if rest or not length:
        raise ValueError(f"{frames} frames do not divide into {len(sequence.parts)} parts")
    return [(number * length, part) for number, part in enumerate(sequence.parts)]


def _write(labels: SequenceLabels, choose: Chooser) -> Sequence:
    noun = choose.noun(labels.subject).one
    who = noun if labels.same_place else f"{noun} {choose('mark', MARKS)}"
    kinds = [words.ACTIONS[action].place for action in labels.actions]
    fixed = {kind: choose(f"place {kind}", words.PLACES[kind]) for kind in dict.fromkeys(kinds)}
    parts = []
    for number, (action, kind) in enumerate(zip(labels.actions, kinds, strict=True)):
        does = choose(f"action {number}", words.ACTIONS[action].phrases)
        where = fixed[kind] if labels.same_place or number == 0 else choose(f"place {number}", words.PLACES[kind])
        parts.append(f"{who[0].upper()}{who[1:]} is {does} {where}")
    return Sequence(tuple(parts), labels, who, tuple(choose.used))
