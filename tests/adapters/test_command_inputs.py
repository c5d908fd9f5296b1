"""The eight forms in which prompts and media reach a program: every text arrives as it is, or is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.video_fixtures import moving_texture
from vbench_py.adapters.command.inputs import write_inputs
from vbench_py.adapters.command.scope import Item, Place
from vbench_py.adapters.command.words import call_arguments, command_words
from vbench_py.recipe_card import RunCard
from vbench_py.types import BadMedia, Request, Resolved, Sample, Unsupported, UsageError
from vbench_py.video import probe, read, write_mask, write_video

PROMPTS = {
    "quotes": """she said "it's `fine`" and $HOME; rm -rf / && echo 'x' \\""",
    "slashes": "a/b\\c ../../etc/passwd ~ * ? [a-z] {seed} %s {{",
    "emoji": "a 🐈‍⬛ in Zürich, 東京 — ½ speed",
    "long": "very " * 800 + "long",
    "yaml": "yes: [no, 'null'] # - & * ! | > % @ ` ${seed} ???",
    "tabs and commas": 'a,b\tc;d|e "f"',
}
LINES = {"two lines": "first\nsecond", "three": "a\r\n\nb"}
CLIP = moving_texture(frames=5, height=32, width=48, seed=1)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """A function that makes the items of a batch, one a prompt."""
    checkout = tmp_path / "code"
    checkout.mkdir()

    def made(*prompts: str, media: dict[str, Path] | None = None, **parameters: Any) -> list[Item]:
        scratch = tmp_path / "scratch"
        (scratch / "out").mkdir(parents=True, exist_ok=True)
        items = []
        for index, prompt in enumerate(prompts):
            sample = Sample(f"sample {index}/x", "t2v", prompt=prompt, prompt_schedule=((0, "one"), (8, "two; three")))
            request = Request(sample, seed=7, media=media or {})
            place = Place(scratch, checkout, checkout)
            resolved = Resolved(request, parameters={"frames": 16, "fps": 8.0, **parameters}, prompt_used=prompt)
            items.append(Item(resolved, index, len(prompts), place, "cpu", {"steps": 50}, {"unet": Path("/w/unet.pt")}))
        return items

    return made


def run(**changes: Any) -> RunCard:
    return RunCard.model_validate({"entry": "run.py", "outputs": {"video": {"path": "{out}/*.mp4"}}, **changes})


def written(items: list[Item], **card: Any) -> str:
    write_inputs(run(inputs={"made": card}), items)
    return items[0].inputs["made"].read_bytes().decode()


@pytest.mark.parametrize("prompt", [*PROMPTS.values(), *LINES.values()], ids=[*PROMPTS, *LINES])
def test_flags_hold_a_prompt_in_one_word(make: Any, prompt: str) -> None:
    (item,) = make(prompt)
    words = command_words(run(flags={"--prompt": "{prompt}", "--seed": "{seed}"}), item)
    assert words[1:] == ["--prompt", prompt, "--seed", "7"]


@pytest.mark.parametrize("prompt", [*PROMPTS.values(), *LINES.values()], ids=[*PROMPTS, *LINES])
@pytest.mark.parametrize("kind", ["yaml", "json", "python", "text", "jsonl", "csv"])
def test_files_hold_a_prompt_as_it_is(make: Any, kind: str, prompt: str) -> None:
    card = {"each": "{prompt}"} if kind == "text" else {"values": {"text": "{prompt}"}}
    made = written(make(prompt), kind=kind, path=f"made.{kind}", **card)
    readers: dict[str, Any] = {
        "yaml": lambda text: yaml.safe_load(text)["text"],
        "json": lambda text: json.loads(text)["text"],
        "jsonl": lambda text: json.loads(text.split("\n")[0])["text"],
        "python": lambda text: _assigned(text)["text"],
        "text": str,
        "csv": lambda text: next(csv.DictReader(io.StringIO(text, newline="")))["text"],
    }
    assert readers[kind](made) == prompt


def _assigned(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)
    return names


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_lists_hold_one_prompt_a_line(make: Any, prompt: str) -> None:
    made = written(make("before", prompt, "behind"), kind="lines", path="p.txt", each="{prompt}")
    assert made.split("\n") == ["before", prompt, "behind", ""]


@pytest.mark.parametrize("prompt", [*LINES.values(), "", "  "])
def test_lists_refuse_what_would_shift_every_later_sample(make: Any, prompt: str) -> None:
    with pytest.raises(Unsupported, match="prompt: it "):
        written(make("before", prompt), kind="lines", path="p.txt", each="{prompt}")


def test_pairs_name_the_image_and_the_prompt(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "first.mkv", CLIP[:1], fps=8)
    items = make("one", "two", media={"first": tmp_path / "first.mkv"})
    image = {"kind": "image", "role": "first", "path": "images/{index}.png"}
    pairs = {"kind": "lines", "path": "list.txt", "each": "{inputs.image}|||{prompt}"}
    write_inputs(run(inputs={"pairs": pairs, "image": image}), items)
    lines = items[0].inputs["pairs"].read_text().splitlines()
    assert [line.split("|||")[1] for line in lines] == ["one", "two"]
    assert np.array_equal(read(Path(lines[1].split("|||")[0]))[0], CLIP[0])


def test_a_shipped_configuration_is_changed_in_its_places_alone(make: Any) -> None:
    items = make("one", "two")
    (items[0].place.checkout / "base.yaml").write_text("model: {steps: 10, size: [1, 2]}\nprompts: []\nkept: 3\n")
    values = {"model.steps": "{option.steps}", "model.size.1": "{frames}", "prompts": {"each": "{prompt}"}}
    made = yaml.safe_load(written(items, kind="yaml", path="c.yaml", base="base.yaml", values=values))
    assert made == {"model": {"steps": 50, "size": [1, 16]}, "prompts": ["one", "two"], "kept": 3}


def test_a_key_that_holds_placeholders_stands_once_a_sample(make: Any) -> None:
    made = written(make("one", "two"), kind="json", path="c.json", values={"{index:03d}.mp4": "{prompt}"})
    assert json.loads(made) == {"000.mp4": "one", "001.mp4": "two"}


def test_a_place_that_leads_into_a_number_is_named(make: Any) -> None:
    (item,) = items = make("one")
    (item.place.checkout / "base.yaml").write_text("steps: 10\n")
    with pytest.raises(UsageError, match=r"'steps\.x' leads into 10"):
        written(items, kind="yaml", path="c.yaml", base="base.yaml", values={"steps.x": 1})


@pytest.mark.parametrize("prompt", ["costs ${price}", "\\${a}", "${oc.env:HOME}", "a $ b {c}"])
def test_omegaconf_reads_a_prompt_as_it_is(make: Any, prompt: str) -> None:
    omegaconf = pytest.importorskip("omegaconf", reason="omegaconf is not installed here")
    made = written(make(prompt), kind="yaml", path="c.yaml", values={"p": "{prompt}"}, omegaconf=True)
    assert omegaconf.OmegaConf.create(made).p == prompt


def test_omegaconf_s_word_for_a_missing_value_is_refused(make: Any) -> None:
    with pytest.raises(Unsupported, match="missing value"):
        written(make("???"), kind="yaml", path="c.yaml", values={"p": "{prompt}"}, omegaconf=True)


def test_a_python_configuration_keeps_its_base_and_ends_with_ours(make: Any) -> None:
    items = make('it\'s "one"')
    (items[0].place.checkout / "base.py").write_text("steps = 10\nkept = steps * 2\n")
    values = {"steps": "{option.steps}", "prompts": {"each": "{prompt}"}}
    names = _assigned(written(items, kind="python", path="c.py", base="base.py", values=values))
    assert (names["steps"], names["kept"], names["prompts"]) == (50, 20, ['it\'s "one"'])


def test_schedules_are_joined_and_an_item_with_the_separator_is_refused(make: Any) -> None:
    assert written(make("x"), kind="lines", path="p.txt", each="{schedule.prompts:|}") == "one|two; three\n"
    with pytest.raises(Unsupported, match="schedule: 'two; three' holds ';'"):
        written(make("x"), kind="lines", path="p.txt", each="{schedule.prompts:;}")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"--a": None, "--b": False, "--c": True, "--d": 0}, ["--c", "--d", "0"]),
        ({"--size": [320, 512]}, ["--size", "320", "512"]),
        ({"--n": "{index:04d}", "--latent": "{frames:-1//4+1}"}, ["--n", "0000", "--latent", "4"]),
        ({"--w": "{weights.unet}", "--steps": "{option.steps}"}, ["--w", "/w/unet.pt", "--steps", "50"]),
    ],
)
def test_flags_by_the_kind_of_their_value(make: Any, value: dict[str, Any], words: list[str]) -> None:
    assert command_words(run(flags=value), make("x")[0])[1:] == words


def test_overrides_and_positional_words_stand_in_their_order(make: Any) -> None:
    card = run(words=["config.yaml"], overrides={"a.b": "{seed}", "c": True}, override_prefix="++", trailing=["end"])
    assert command_words(card, make("x")[0])[1:] == ["config.yaml", "++a.b=7", "++c=true", "end"]


def test_joined_flags_are_one_word(make: Any) -> None:
    assert command_words(run(flags={"--p": "{prompt}"}, joined=True), make("a b")[0])[1:] == ["--p=a b"]


def test_typed_arguments_of_a_worker(make: Any) -> None:
    table = {"image": {"path": "{out}"}, "deep": {"n": "{frames}"}, "prompt": "{prompt}"}
    made = call_arguments(table, make("x")[0])
    assert made["image"] == {"$path": make("x")[0]("out")} and made["deep"] == {"n": 16}


@pytest.mark.parametrize("name", ["sede", "option.stepz", "weights.vae", "of.source.codec"])
def test_an_unknown_placeholder_is_named(make: Any, name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=name):
        command_words(run(flags={"--x": f"{{{name}}}"}), make("x", media={"source": tmp_path})[0])


def test_an_input_outside_the_scratch_folder_is_refused(make: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="outside the scratch folder"):
        written(make("x"), kind="text", path=f"{tmp_path}/elsewhere.txt", each="{prompt}")


def test_a_clip_of_the_same_kind_of_file_is_handed_over_byte_for_byte(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", CLIP, fps=12)
    (item,) = items = make("x", media={"source": tmp_path / "a.mkv"})
    done = write_inputs(run(inputs={"v": {"kind": "video", "role": "source", "path": "in/{stem}.mkv"}}), items)
    assert item.inputs["v"].read_bytes() == (tmp_path / "a.mkv").read_bytes() and done == {}


def test_another_kind_of_file_is_written_almost_without_loss_and_said_so(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", CLIP, fps=12)
    (item,) = items = make("x", media={"source": tmp_path / "a.mkv"})
    done = write_inputs(run(inputs={"v": {"kind": "video", "role": "source", "path": "in.mp4"}}), items)
    assert done == {"v": "written as h264-crf0"}
    info = probe(item.inputs["v"])
    assert (info.frames, info.fps) == (5, 12)


def test_frames_and_arrays_are_exact(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", CLIP, fps=12)
    (item,) = items = make("x", media={"source": tmp_path / "a.mkv"})
    inputs = {
        "f": {"kind": "frames", "role": "source", "path": "frames", "names": "f_%03d.png"},
        "a": {"kind": "array", "role": "source", "path": "a.npy"},
    }
    write_inputs(run(inputs=inputs), items)
    assert sorted(path.name for path in item.inputs["f"].iterdir()) == [f"f_{n:03d}.png" for n in range(5)]
    assert np.array_equal(read(item.inputs["f"]), CLIP)
    assert np.array_equal(np.load(item.inputs["a"]), CLIP)


def test_a_size_and_a_number_of_frames_are_applied_and_told(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", CLIP, fps=12)
    (item,) = items = make("x", media={"source": tmp_path / "a.mkv"})
    card = {"kind": "array", "role": "source", "path": "a.npy", "size": [24, 16], "frames": 3}
    assert write_inputs(run(inputs={"a": card}), items) == {"a": "stretched to 24x16"}
    assert np.load(item.inputs["a"]).shape == (3, 16, 24, 3)


def test_too_short_an_input_is_refused(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", CLIP, fps=12)
    items = make("x", media={"source": tmp_path / "a.mkv"})
    with pytest.raises(Unsupported, match="frames: source has 5; the code takes 16"):
        write_inputs(
            run(inputs={"a": {"kind": "array", "role": "source", "path": "a.npy", "frames": "{frames}"}}), items
        )


def test_masks_are_hard(make: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "soft.mkv", CLIP, fps=12)
    card = {"kind": "mask", "role": "mask", "path": "m.png"}
    with pytest.raises(BadMedia):
        write_inputs(run(inputs={"m": card}), make("x", media={"mask": tmp_path / "soft.mkv"}))
    hard = np.zeros((1, 32, 48), bool)
    hard[:, 8:] = True
    write_mask(tmp_path / "hard.npz", hard)
    (item,) = items = make("x", media={"mask": tmp_path / "hard.npz"})
    write_inputs(run(inputs={"m": card}), items)
    assert np.array_equal(read(item.inputs["m"])[..., 0] == 255, hard)


def test_an_optional_input_without_its_role_leaves_its_flag_out(make: Any) -> None:
    (item,) = items = make("x")
    card = {"kind": "image", "role": "last", "path": "last.png", "optional": True}
    made = run(inputs={"last": card}, flags={"--last": "{inputs.last}"})
    write_inputs(made, items)
    assert command_words(made, item)[1:] == []


def test_a_role_that_the_sample_has_not_is_named(make: Any) -> None:
    with pytest.raises(Unsupported, match="first: the recipe uses it"):
        command_words(run(flags={"--i": "{media.first}"}), make("x")[0])
