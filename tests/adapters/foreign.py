"""A made-up research repository, a git history with one commit, and cards that run it in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

ECHO = '''
"""Writes what it was given, and one white .npy video, to the output folder."""
import argparse, json, os, pathlib, struct, sys

def write_npy(path, frames=4, height=8, width=12, value=255):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d, 3), }" % (frames, height, width)
    header += " " * (63 - (10 + len(header)) % 64) + "\\n"
    body = bytes([value]) * (frames * height * width * 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header.encode() + body)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompt", default="")
    parser.add_argument("--prompt_file")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--behave", default="well")
    args = parser.parse_args()
    print("working on", repr(args.prompt))
    out = pathlib.Path(args.out)
    listed = pathlib.Path(args.prompt_file).read_text(encoding="utf-8") if args.prompt_file else args.prompt
    prompts = listed.splitlines() if args.prompt_file else [listed]
    for number, prompt in enumerate(prompts):
        told = {"prompt": prompt, "seed": args.seed, "cwd": os.getcwd(), "environ": dict(os.environ)}
        print("TOLD " + json.dumps(told))
        if args.behave == "well":
            write_npy(out / ("%04d.npy" % number), args.frames, value=args.seed % 256)
        else:
            import behave
            behave.do(args.behave, out, write_npy)
'''

BEHAVE = """
import os, sys, time, pathlib

def do(name, out, write_npy):
    getattr(sys.modules[__name__], name)(out, write_npy)

def nothing(out, write): pass
def fails(out, write): sys.exit("no such luck")
def segfault(out, write):
    import ctypes; ctypes.string_at(0)
def hangs(out, write): time.sleep(600)
def two(out, write): write(out / "0000.npy"); write(out / "0000-1.npy")
def short(out, write): write(out / "0000.npy", 3)
def outside(out, write):
    write(pathlib.Path(os.environ["ELSEWHERE"]) / "x.npy"); out.mkdir(exist_ok=True)
    os.symlink(os.path.join(os.environ["ELSEWHERE"], "x.npy"), out / "0000.npy")
def other(out, write):
    write(out / "mine.npy"); os.link(out / "mine.npy", out / "0000.npy")
def old(out, write):
    write(out / "0000.npy"); os.utime(out / "0000.npy", (1000000000, 1000000000))
def garbage(out, write): out.mkdir(exist_ok=True); (out / "0000.npy").write_bytes(b"no array at all")
def fills(out, write):
    out.mkdir(exist_ok=True)
    for number in range(10 ** 6):
        (out / str(number)).write_bytes(bytes(1 << 20)); time.sleep(0.001)
def eats(out, write):
    held = []
    while True: held.append(bytearray(20 << 20)); time.sleep(0.01)
def forks(out, write):
    write(out / "0000.npy")
    if os.fork() == 0:
        os.setsid(); open(os.path.join(os.environ["ELSEWHERE"], "pid"), "w").write(str(os.getpid())); time.sleep(600)
"""

PREDICT = '''
import os, pathlib, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import behave
from run import write_npy

class Predictor:
    """Loads once, and is called."""
    def __init__(self, strength=1.0):
        self.calls = 0
        print("loading", strength)
    def predict(self, prompt, out, seed=0, what="well", image=None):
        print("noise on standard output")
        os.write(1, b"noise on its file\\n")
        self.calls += 1
        if what == "raises":
            raise RuntimeError("CUDA out of luck")
        if what == "channel":
            for number in range(3, 20):
                try: os.write(number, b"garbage\\n")
                except OSError: pass
        if what not in ("well", "channel"):
            behave.do(what, pathlib.Path(out), write_npy)
        else:
            write_npy(pathlib.Path(out) / "0000.npy", value=self.calls)
        return {"calls": self.calls, "provenance": {"calls": self.calls, "image": type(image).__name__}}
'''

FILES = {
    "run.py": ECHO,
    "behave.py": BEHAVE,
    "predict.py": PREDICT,
    "configs/base.yaml": "model:\n  steps: 10\nprompts: []\n",
}


@dataclass
class Foreign:
    """A repository and a folder of cards below `folder`."""

    folder: Path
    files: Mapping[str, str] = field(default_factory=lambda: dict(FILES))

    def __post_init__(self) -> None:
        self.repository = self.folder / "lab+model"
        for name, text in self.files.items():
            path = self.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "x")
        self.commit = self.git("rev-parse", "HEAD").strip()
        self.cards = self.folder / "cards"
        self.cards.mkdir()

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.repository, check=True, capture_output=True, text=True).stdout

    def write_cards(
        self,
        run: Mapping[str, Any],
        *,
        task: str = "t2v",
        recipe: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | None = None,
        mode: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """One method `foreign` with recipe `foreign` and environment `foreign`."""
        address = {"repository": "https://example.invalid/lab/model", "commit": self.commit}
        method = {
            "id": "foreign", "title": "Foreign", "adapter": "command", "status": "untested", **address,
            "modes": [{"task": task, "texts": ["prompt"], "native_fps": 8.0, **(mode or {})}],
            "defaults": {"recipe": "foreign", "behave": "well", **(defaults or {})},
        }  # fmt: skip
        code = {"id": "foreign", "environment": "foreign", **address, "run": run, **(recipe or {})}
        place = {"id": "foreign", "python": VERSION, "cuda": False, **(environment or {})}
        tables = {"method": [method], "recipe": [code], "environment": [place]}
        (self.cards / "foreign.toml").write_text(toml(tables), encoding="utf-8")

    def variables(self) -> dict[str, str]:
        """What points the harness at the cards and the clone."""
        return {"VBENCH_PY_CARDS": str(self.cards), "VBENCH_PY_REPOSITORIES": str(self.folder)}


SAMPLE_RUN: dict[str, Any] = {
    "exec": "sample",
    "entry": "run.py",
    "flags": {
        "--prompt": "{prompt}", "--out": "{out}", "--seed": "{seed}", "--behave": "{option.behave}",
    },
    "outputs": {"video": {"kind": "array", "path": "{out}/*.npy"}},
}  # fmt: skip
BATCH_RUN: dict[str, Any] = {
    "exec": "batch",
    "entry": "run.py",
    "flags": {"--prompt_file": "{inputs.prompts}", "--out": "{out}", "--behave": "{option.behave}"},
    "inputs": {"prompts": {"kind": "lines", "path": "prompts.txt", "each": "{prompt}"}},
    "outputs": {"video": {"kind": "array", "path": "{out}/{index:04d}.npy"}},
}
WORKER_RUN: dict[str, Any] = {
    "exec": "worker",
    "target": "predict.py:Predictor",
    "method": "predict",
    "setup": {"strength": 0.5},
    "call": {"prompt": "{prompt}", "out": "{out}", "seed": "{seed}", "what": "{option.behave}"},
    "outputs": {"video": {"kind": "array", "path": "{out}/*.npy"}},
}


def toml(value: Any, path: Sequence[str] = ()) -> str:
    """Nested tables as TOML: enough for cards (JSON's texts, numbers and lists are TOML's)."""
    lines, tables = [], []
    for name, item in value.items():
        if isinstance(item, Mapping):
            tables.append(f"\n[{'.'.join(map(_key, [*path, name]))}]\n" + toml(item, [*path, name]))
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            head = f"\n[[{'.'.join(map(_key, [*path, name]))}]]\n"
            tables += [head + toml(entry, [*path, name]) for entry in item]
        elif item is not None:
            lines.append(f"{_key(name)} = {json.dumps(item)}\n")
    return "".join([*lines, *tables])


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
