"""A prompt from its labels and a seed, and its twins: other words, the same labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.words import Noun


class Chooser:
    """Seeded choice of phrases, the same on every machine; none of `avoid`, none twice, while others are left."""

    def __init__(self, seed: str, avoid: Iterable[str] = ()) -> None:
        self.seed = seed
        self.avoid = frozenset(avoid)
        self.used: list[str] = []

    def __call__(self, slot: str, phrases: Sequence[str]) -> str:
        """One of `phrases` for the place `slot` of a sentence."""
        order = sorted(phrases, key=lambda phrase: sha256(f"{self.seed}|{slot}|{phrase}".encode()).digest())
        fresh = [phrase for phrase in order if phrase not in self.used and phrase not in self.avoid]
        chosen = next(iter(fresh), None) or next((phrase for phrase in order if phrase not in self.used), order[0])
        self.used.append(chosen)
        return chosen

    def noun(self, category: str) -> Noun:
        """A subject of `category`."""
        nouns = {noun.one: noun for noun in words.SUBJECTS[category]}
        return nouns[self("noun", list(nouns))]


@dataclass(frozen=True)
class Labels:
    """What a prompt asks for, in categories: the keys of the tables in `words`. Twins keep all of it.

    `family` is the label that the prompt is there to test; "" and 0 mean not asked for. `text_words` is the number of
    words to be read in the scene.
    """

    family: str
    subject: str
    action: str = ""
    camera: str = ""
    style: str = ""
    count: int = 1
    relation: str = ""
    text_words: int = 0
    condition: str = ""

    def __post_init__(self) -> None:
        """Raises `ValueError` for a category that has no words, and for an action that its subject cannot do."""
        tables = {
            "subject": words.SUBJECTS, "action": words.ACTIONS, "camera": words.CAMERAS, "style": words.STYLES,
            "relation": words.RELATIONS, "condition": words.CONDITIONS,
        }  # fmt: skip
        for name, table in tables.items():
            value = getattr(self, name)
            if value and value not in table:
                raise ValueError(f"{name} {value!r} is none of {', '.join(table)}")
        if self.action and self.subject not in words.ACTIONS[self.action].subjects:
            raise ValueError(f"no words for a {self.subject} of action {self.action!r}")
        if self.count != 1 and self.count not in words.NUMBERS:
            raise ValueError(f"no word for the number {self.count}")
        if self.text_words and self.text_words not in words.WRITINGS:
            raise ValueError(f"no text of {self.text_words} words")

    @property
    def asked(self) -> dict[str, str | int]:
        """The labels that are asked for, by name; a count of 1 is asked for by the family of counts only."""
        given = asdict(self)
        return {
            name: value
            for name, value in given.items()
            if value and (name != "count" or value != 1 or self.family == "count")
        }

    @property
    def tags(self) -> list[str]:
        """ "name:value" of every label that is asked for."""
        return [f"{name}:{value}" for name, value in self.asked.items()]


@dataclass(frozen=True)
class Prompt:
    """A sentence with its labels; `words` are the phrases in it, `writing` what is to be read in the scene."""

    text: str
    labels: Labels
    noun: str = ""
    writing: str = ""
    words: tuple[str, ...] = field(default=(), repr=False)


def draw(labels: Labels, seed: int) -> Prompt:
    """The prompt of these labels and this seed."""
    return write(labels, Chooser(f"{labels}|{seed}"))


def twin(prompt: Prompt, seed: int) -> Prompt:
    """Another prompt with the same labels: no phrase of the first wherever its label has another."""
    return write(prompt.labels, Chooser(f"twin|{prompt.text}|{seed}", prompt.words))


_ORDERS = ("{Noun} {does} {where}", "{Where}, {noun} {be} {does}", "{Noun} {be} {does} {where}")


def write(labels: Labels, choose: Chooser) -> Prompt:
    """The sentence: subject, what it does or where it is, the place; then text, weather or time, style and camera."""
    noun = choose.noun(labels.subject)
    who = noun.one if labels.count == 1 else f"{words.NUMBERS[labels.count]} {noun.many}"
    action = words.ACTIONS[labels.action or words.USUAL[labels.subject]]
    if labels.relation:
        does = f"{choose('relation', words.RELATIONS[labels.relation])} {choose('anchor', words.ANCHORS)}"
    else:
        does = choose("action", action.phrases)
    writing = choose("writing", words.WRITINGS[labels.text_words]) if labels.text_words else ""
    sign = f'next to {choose("bearer", words.BEARERS)} that says "{writing}"' if writing else ""
    clauses = [
        choose(name, table[value])
        for name, table, value in (
            ("condition", words.CONDITIONS, labels.condition),
            ("style", words.STYLES, labels.style),
            ("camera", words.CAMERAS, labels.camera),
        )
        if value
    ]
    where = choose("place", words.PLACES[action.place])
    order = choose("order", _ORDERS)
    be = "is" if labels.count == 1 else "are"
    sentence = order.format(noun=who, Noun=_capital(who), does=does, where=where, Where=_capital(where), be=be)
    text = ", ".join(filter(None, [sentence, sign, *clauses]))
    return Prompt(text, labels, noun.one, writing, tuple(choose.used))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
