"""The grammar of our prompt suites: labels are asked for evenly, kept by twins, and every file is made again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import vbench_py.suites
from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.make import suites
from vbench_py.suites.grammar.pictures import TABLES, twin_picture
from vbench_py.suites.grammar.plan import i2v_prompts, long_sequences, stories, t2v_labels, t2v_prompts
from vbench_py.suites.grammar.prompt import Labels, Prompt, twin
from vbench_py.suites.grammar.sequence import SequenceLabels, draw_sequence, schedule, twin_sequence

FOLDER = Path(str(vbench_py.suites.__file__)).parent
FILES = suites()


@pytest.mark.parametrize("name", FILES)
def test_the_samples_file_is_made_again_byte_for_byte(name: str) -> None:
    assert (FOLDER / name / "samples.jsonl").read_bytes() == FILES[name].encode()


@pytest.mark.parametrize("name", FILES)
def test_ids_and_prompts_stand_once(name: str) -> None:
    rows = [json.loads(line) for line in FILES[name].splitlines()]
    assert len({row["id"] for row in rows}) == len({row["prompt"] for row in rows}) == len(rows)


def test_every_family_has_eight_prompts() -> None:
    assert set(Counter(labels.family for labels in t2v_labels()).values()) == {8}


@pytest.mark.parametrize("label", ["subject", "camera", "style", "relation", "condition"])
def test_every_value_of_a_label_is_asked_for_by_its_family(label: str) -> None:
    asked = [getattr(labels, label) for labels in t2v_labels() if labels.family == label]
    tables = {
        "subject": words.SUBJECTS, "camera": words.CAMERAS, "style": words.STYLES, "relation": words.RELATIONS,
        "condition": words.CONDITIONS,
    }  # fmt: skip
    assert sorted(asked) == sorted(tables[label])


@pytest.mark.parametrize("prompt", t2v_prompts(), ids=lambda prompt: prompt.text[:40])
def test_a_sentence_says_what_its_labels_ask_for(prompt: Prompt) -> None:
    labels, text = prompt.labels, prompt.text.lower()
    nouns = {noun.one: noun for noun in words.SUBJECTS[labels.subject]}
    noun = nouns[prompt.noun]
    assert (noun.one if labels.count == 1 else f"{words.NUMBERS[labels.count]} {noun.many}") in text
    for table, value in (
        (words.CAMERAS, labels.camera), (words.STYLES, labels.style), (words.RELATIONS, labels.relation),
        (words.CONDITIONS, labels.condition),
    ):  # fmt: skip
        assert not value or any(phrase.lower() in text for phrase in table[value])
    assert len(prompt.writing.split()) == labels.text_words
    assert f'"{prompt.writing}"' in prompt.text or not prompt.writing


@pytest.mark.parametrize("seed", range(3))
def test_a_twin_has_the_labels_and_none_of_the_words(seed: int) -> None:
    for prompt in t2v_prompts():
        other = twin(prompt, seed)
        assert other.labels == prompt.labels
        assert other.text != prompt.text
        assert not set(other.words) & set(prompt.words)
        assert other == twin(prompt, seed)


def test_twins_of_several_seeds_differ() -> None:
    prompt = t2v_prompts()[0]
    assert len({twin(prompt, seed).text for seed in range(8)}) > 4


def test_twins_of_sequences_keep_subject_actions_and_parts() -> None:
    for sequence in (*long_sequences(4), *stories()):
        other = twin_sequence(sequence, 0)
        assert other.labels == sequence.labels
        assert len(other.parts) == len(sequence.parts)
        assert not set(other.parts) & set(sequence.parts)
        assert other.noun != sequence.noun


def test_twins_of_pictures_show_another_scene() -> None:
    for prompt in i2v_prompts():
        other = twin_picture(prompt, 0)
        assert (other.family, other.value) == (prompt.family, prompt.value)
        assert other.scene != prompt.scene
        assert not set(other.words) & set(prompt.words)


def test_every_label_has_words_for_a_twin() -> None:
    tables = (words.PLACES, words.CAMERAS, words.STYLES, words.RELATIONS, words.WRITINGS, words.CONDITIONS)
    phrases = [phrases for table in (*tables, *TABLES.values()) for phrases in table.values()]
    phrases += [action.phrases for action in words.ACTIONS.values()]
    assert all(len(set(found)) >= 2 for found in phrases)
    everything = [phrase for found in phrases for phrase in found]
    shared = [phrase for phrase, count in Counter(everything).items() if count > 1]
    assert set(shared) <= {phrase for found in words.CAMERAS.values() for phrase in found}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": "dragon"}, "subject 'dragon' is none of mammal"),
        ({"subject": "plant", "action": "music"}, "no words for a plant of action 'music'"),
        ({"subject": "bird", "count": 40}, "no word for the number 40"),
        ({"subject": "bird", "text_words": 9}, "no text of 9 words"),
    ],
)
def test_labels_without_words_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Labels("subject", **changes)  # type: ignore[arg-type]


def test_schedules_divide_the_frames() -> None:
    sequence = draw_sequence(SequenceLabels("bird", ("flight", "feeding")), 0)
    assert [at for at, _ in schedule(sequence, 128)] == [0, 64]
    with pytest.raises(ValueError, match="129 frames do not divide into 2 parts"):
        schedule(sequence, 129)
    with pytest.raises(ValueError, match="no words for a bird"):
        SequenceLabels("bird", ("music",))


@pytest.mark.parametrize(("name", "frames", "parts"), [("long-prompts", 128, 4), ("long-prompts-512", 512, 8)])
def test_long_schedules_start_at_equal_distances(name: str, frames: int, parts: int) -> None:
    for line in FILES[name].splitlines():
        starts = [at for at, _ in json.loads(line)["prompt_schedule"]]
        assert starts == list(range(0, frames, frames // parts))


def test_stories_name_their_shots() -> None:
    for line in FILES["story-prompts"].splitlines():
        row = json.loads(line)
        shots = row["facts"]["shot_prompts"].split("\n")
        assert len(shots) == row["facts"]["shots"]
        assert all(row["facts"]["character"] in shot.lower() and shot in row["prompt"] for shot in shots)
