"""Writes samples.jsonl of our prompt suites: `python -m vbench_py.suites.grammar.make`, the same bytes always."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.plan import i2v_prompts, long_sequences, stories, t2v_prompts
from vbench_py.suites.grammar.sequence import schedule

Row = Mapping[str, Any]


def t2v() -> Iterator[Row]:
    """One row a prompt; facts hold its labels, the subject's words and the text to be read."""
    seen: dict[str, int] = {}
    for prompt in t2v_prompts():
        labels = prompt.labels
        seen[labels.family] = seen.get(labels.family, -1) + 1
        facts = {**labels.asked, "noun": prompt.noun, **({"text": prompt.writing} if prompt.writing else {})}
        yield _row(f"{labels.family}-{seen[labels.family]:02d}", prompt.text, tags=labels.tags, facts=facts)


def i2v() -> Iterator[Row]:
    """One row a prompt with its picture, a frame of the synthetic world."""
    for prompt in i2v_prompts():
        world = {"scene": prompt.scene, "camera": "still", "frames": 1, "width": 512, "height": 320}
        first = {"world": world, "steps": [{"operator": "first-frame"}]}
        asked = {"family": prompt.family, prompt.family: prompt.value}
        tags = [f"{name}:{value}" for name, value in asked.items()]
        yield _row(f"{prompt.family}-{prompt.value}", prompt.text, tags=tags, facts=asked, media={"first": first})


def long(frames: int, parts: int) -> Iterator[Row]:
    """One row a schedule of `parts` prompts over `frames` frames; the prompt is all of them in order."""
    for number, sequence in enumerate(long_sequences(parts)):
        labels = sequence.labels
        facts = {"subject": labels.subject, "actions": list(labels.actions), "prompts": parts, "noun": sequence.noun}
        yield _row(
            f"schedule-{number:02d}", ". ".join(sequence.parts), prompt_schedule=schedule(sequence, frames),
            tags=[f"subject:{labels.subject}", f"prompts:{parts}"], facts=facts,
        )  # fmt: skip


def story() -> Iterator[Row]:
    """One row a story; facts hold the number of shots and, line by line, each shot's prompt."""
    for number, sequence in enumerate(stories()):
        labels, shots = sequence.labels, len(sequence.parts)
        text = " ".join(f"Shot {at}: {part}." for at, part in enumerate(sequence.parts, 1))
        facts = {
            "subject": labels.subject, "actions": list(labels.actions), "character": sequence.noun, "shots": shots,
            "shot_prompts": "\n".join(sequence.parts),
        }  # fmt: skip
        yield _row(
            f"story-{number:02d}", f"A story in {words.NUMBERS[shots]} shots about {sequence.noun}. {text}",
            tags=[f"subject:{labels.subject}", f"shots:{shots}"], facts=facts,
        )  # fmt: skip


def _row(name: str, prompt: str, **fields: Any) -> Row:
    return {"id": name, "group": name, "prompt": prompt, **fields}


def text(rows: Iterator[Row]) -> str:
    """The rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def suites() -> dict[str, str]:
    """The samples file of every suite, by the suite's name."""
    return {
        "t2v-prompts": text(t2v()),
        "i2v-prompts": text(i2v()),
        "long-prompts": text(long(128, 4)),
        "long-prompts-512": text(long(512, 8)),
        "story-prompts": text(story()),
    }


def main() -> None:
    """Writes every file beside its card."""
    for name, lines in suites().items():
        file = Path(__file__).parents[1] / name / "samples.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(lines.encode())


if __name__ == "__main__":
    main()
