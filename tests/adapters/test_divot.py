"""Divot's program: what it looks at, and how it asks the language model. Its networks are stand-ins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from vbench_py.adapters.programs import divot  # noqa: E402

BEGIN = 7


class Words:
    """A tokenizer that gives one token a word in angle brackets, and one for all the rest."""

    bos_token_id = 1

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        if text == "<frame>":
            return [BEGIN]
        said = [2] if text.startswith("[INST]") else []
        return said + [BEGIN if word == "frame" else 9 for word in _bracketed(text)]


class Agent:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def generate(self, **given: Any) -> Any:
        self.asked.append(given)
        return "<vid>" if given.get("for_text") else torch.zeros(1, divot.CLIP_TOKENS, 256)


class Network:
    def eval(self) -> Network:
        return self

    def to(self, *_: Any) -> Network:
        return self

    def __call__(self, tokens: Any) -> Any:
        return torch.full((1, 3, 16, 256, 256), 2.0)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    """Stands in for the language model; every other network of the program is a `Network`."""
    agent = Agent()
    agent.eval = agent.to = lambda *_: agent  # type: ignore[attr-defined]

    def made(config: str, **_: Any) -> Any:
        return agent if "agent" in config else Words() if config.startswith("tokenizer/") else Network()

    monkeypatch.setattr(divot, "made", made)
    return agent


def _bracketed(text: str) -> list[str]:
    return [part.partition(">")[0] for part in text.split("<")[1:]]


def test_it_sees_every_fourth_of_sixteen_frames_at_eight_a_second_and_the_last() -> None:
    assert divot.seen_of(32, 16.0) == [0, 8, 16, 24, 30]


def test_a_long_video_is_seen_from_its_beginning_only() -> None:
    assert divot.seen_of(1000, 8.0) == [0, 4, 8, 12, 15]


def test_a_video_of_less_than_two_seconds_is_seen_at_whole_steps() -> None:
    assert divot.seen_of(40, 24.0) == [0, 8, 16, 24, 30]


def test_fewer_frames_than_it_rebuilds_are_refused() -> None:
    with pytest.raises(ValueError, match="15 frames"):
        divot.seen_of(15, 8.0)


def test_the_prompt_is_asked_word_for_word(agent: Agent, tmp_path: Path) -> None:
    program = divot.Program("t2v", tmp_path, device="cpu")
    asked: list[str] = []
    program.words.encode = lambda text, add_special_tokens: asked.append(text) or [BEGIN]  # type: ignore[func-returns-value]
    program(tmp_path / "video.npy", seed=0, prompt='a "cat" {in} <frames>')
    assert asked[0] == '[INST] Generate a video of a "cat" {in} <frames> [/INST]\n'


def test_what_is_generated_is_the_tokens_after_the_beginning_of_the_clip(agent: Agent, tmp_path: Path) -> None:
    divot.Program("t2v", tmp_path, device="cpu")(tmp_path / "video.npy", seed=0, prompt="a cat")
    ids, mask = agent.asked[1]["input_ids"][0], agent.asked[1]["ids_gen_mask"][0]
    after = ids.tolist().index(BEGIN) + 1
    assert mask.nonzero().flatten().tolist() == list(range(after, after + divot.CLIP_TOKENS))


def test_tokens_to_generate_have_the_mask_minus_one(agent: Agent, tmp_path: Path) -> None:
    divot.Program("t2v", tmp_path, device="cpu")(tmp_path / "video.npy", seed=0, prompt="a cat")
    asked = agent.asked[1]
    assert torch.equal(asked["attention_mask"] == -1, asked["ids_gen_mask"])


def test_the_video_is_kept_as_bytes(agent: Agent, tmp_path: Path) -> None:
    divot.Program("t2v", tmp_path, device="cpu")(tmp_path / "video.npy", seed=0, prompt="a cat")
    video = np.load(tmp_path / "video.npy")
    assert video.shape == (16, 256, 256, 3)
    assert video.dtype == np.uint8
    assert video.min() == 255


def test_an_unknown_kind_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="story"):
        divot.Program("story", tmp_path)
