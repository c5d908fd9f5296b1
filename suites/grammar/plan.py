"""Which labels the embedded prompt suites ask for: every family about equally."""

from __future__ import annotations

from collections.abc import Iterator

from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.pictures import TABLES, PicturePrompt, draw_picture
from vbench_py.suites.grammar.prompt import Labels, Prompt, draw
from vbench_py.suites.grammar.sequence import Sequence, SequenceLabels, draw_sequence

_TURNS = tuple(words.SUBJECTS)
_OUTDOORS = ("mammal", "bird", "person", "vehicle", "plant", "mammal", "bird", "vehicle")
_ACTED = ("locomotion", "jumping", "feeding", "resting", "music", "craft", "sport", "dance")
_LONG = (
    SequenceLabels("mammal", ("locomotion", "feeding", "jumping", "resting")),
    SequenceLabels("bird", ("flight", "feeding", "flight", "resting")),
    SequenceLabels("person", ("locomotion", "sport", "resting", "jumping")),
    SequenceLabels("person", ("craft", "music", "dance", "craft")),
    SequenceLabels("mammal", ("resting", "jumping", "locomotion", "feeding")),
    SequenceLabels("bird", ("resting", "flight", "feeding", "flight")),
)
_STORIES = (
    SequenceLabels("mammal", ("resting", "locomotion", "feeding"), same_place=False),
    SequenceLabels("person", ("locomotion", "craft", "music"), same_place=False),
    SequenceLabels("bird", ("flight", "feeding", "resting"), same_place=False),
    SequenceLabels("person", ("sport", "resting", "dance"), same_place=False),
    SequenceLabels("mammal", ("locomotion", "jumping", "feeding", "resting"), same_place=False),
    SequenceLabels("person", ("craft", "locomotion", "jumping", "music"), same_place=False),
    SequenceLabels("bird", ("resting", "flight", "feeding", "flight"), same_place=False),
    SequenceLabels("person", ("resting", "sport", "craft", "dance"), same_place=False),
)


def t2v_labels() -> Iterator[Labels]:
    """Eight of each of eight families."""
    yield from (Labels("subject", subject) for subject in _TURNS)
    doers = {action: kind.subjects[0] for action, kind in words.ACTIONS.items() if action in _ACTED}
    yield from (Labels("action", subject, action) for action, subject in doers.items())
    yield from (Labels("camera", s, camera=camera) for s, camera in zip(_TURNS, words.CAMERAS, strict=True))
    yield from (Labels("style", s, style=style) for s, style in zip(_TURNS, words.STYLES, strict=True))
    yield from (Labels("count", s, count=n) for s, n in zip(_TURNS, (2, 3, 4, 5, 6, 2, 3, 4), strict=True))
    things = ("thing", "food", "thing", "thing", "food", "thing", "food", "thing")
    yield from (Labels("relation", s, relation=name) for s, name in zip(things, words.RELATIONS, strict=True))
    yield from (Labels("text", s, text_words=n) for s, n in zip(_OUTDOORS, (1, 1, 1, 2, 2, 2, 3, 3), strict=True))
    for subject, condition in zip(_OUTDOORS, words.CONDITIONS, strict=True):
        usual = words.ACTIONS[words.USUAL[subject]].place == "outdoors"
        yield Labels("condition", subject, "" if usual else "locomotion", condition=condition)


def t2v_prompts() -> list[Prompt]:
    """64 prompts; each of its own seed, so that no two share their words by their labels alone."""
    return [draw(labels, number) for number, labels in enumerate(t2v_labels())]


def i2v_prompts() -> list[PicturePrompt]:
    """24 prompts: camera movements, happenings and changes of light, each of another scene of the world."""
    asked = [(family, value) for family, table in TABLES.items() for value in table]
    return [draw_picture(family, value, scene) for scene, (family, value) in enumerate(asked)]


def long_sequences(parts: int) -> list[Sequence]:
    """Twelve sequences of `parts` prompts, a multiple of four: actions come round with other words."""
    rounds, rest = divmod(parts, 4)
    if rest:
        raise ValueError(f"{parts} parts are no multiple of 4")
    labels = [SequenceLabels(item.subject, item.actions * rounds) for item in _LONG]
    return [draw_sequence(item, seed) for seed in (0, 1) for item in labels]


def stories() -> list[Sequence]:
    """Sixteen stories of three or four shots, a place each."""
    return [draw_sequence(labels, seed) for seed in (0, 1) for labels in _STORIES]
