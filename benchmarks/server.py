"""Seconds that 1 000 jobs take at concurrency 32, against an endpoint in a second process that answers after 50 ms.

Each job is three calls: submitted, asked for once and found done, downloaded. Ideal is latency x calls / concurrency:
no work of ours beside the waiting. Measured for the adapter alone, which checks each video too, and for `vbench-py
generate`, which plans, hashes, describes and records them. `bare` is what httpx2 itself takes for the calls, with
nothing stored or looked at: on a busy machine it is far from ideal as well. `adapter_cpu` are our CPU seconds.
Writes benchmarks/results/server.json; exit code 1 where the adapter takes more than 1.3 times the ideal time.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter, process_time

JOBS, CONCURRENCY, LATENCY_SECONDS, CALLS = 1000, 32, 0.05, 3
IDEAL_SECONDS = JOBS * CALLS * LATENCY_SECONDS / CONCURRENCY
LIMIT = 1.3
OUT = Path(__file__).parent / "results" / "server.json"
SUITE = """
id = "many-prompts"
version = "1"
title = "Many prompts"
task = "t2v"
summary = "Prompts, made on the spot."
licence = "CC0-1.0"
primary = "temporal-flickering"
metrics = ["temporal-flickering"]
"""


async def serve(video: bytes) -> None:
    """Answers until standard input ends; the first line on standard output is the port."""
    count = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path = head.split(" ", 2)[:2]
                for line in head.lower().splitlines():
                    if line.startswith("content-length:"):
                        await reader.readexactly(int(line.partition(":")[2]))
                await asyncio.sleep(LATENCY_SECONDS)
                if method == "POST":
                    count += 1
                if path.endswith("/content"):
                    kind, body = "video/x-matroska", video
                else:
                    name = f"job-{count}" if method == "POST" else path.rpartition("/")[2]
                    status = "queued" if method == "POST" else "completed"
                    kind, body = "application/json", json.dumps({"id": name, "status": status}).encode()
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def bare_seconds(url: str) -> float:
    """The same calls by httpx2 in 32 coroutines, answers read and dropped."""
    import httpx2

    async def line(jobs: Iterator[int], client: httpx2.AsyncClient) -> None:
        for _ in jobs:
            name = (await client.post(f"{url}/v1/videos", content=b"x" * 300)).json()["id"]
            await client.get(f"{url}/v1/videos/{name}")
            await client.get(f"{url}/v1/videos/{name}/content")

    async def everything() -> None:
        jobs, trust = iter(range(JOBS)), httpx2.create_ssl_context()
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                client = await stack.enter_async_context(httpx2.AsyncClient(verify=trust))
                group.create_task(line(jobs, client))

    started = perf_counter()
    asyncio.run(everything())
    return perf_counter() - started


def adapter_seconds(url: str, folder: Path) -> tuple[float, float]:
    """The adapter alone: from the plans of 1 000 requests to the last video on disk; seconds, and those of CPU."""
    from vbench_py.method import method
    from vbench_py.types import Request, Sample

    one = method("openai-video", overrides=options(url)).build()
    prompts = [Sample(f"p{number}", "t2v", prompt=f"a sea with {number} boats") for number in range(JOBS)]
    out = [folder / str(number) for number in range(JOBS)]
    for path in out:
        path.mkdir(parents=True)
    one.load("cpu")
    started, cpu = perf_counter(), process_time()
    made = list(one.generate([one.plan(Request(sample, 0)) for sample in prompts], out))
    spent = perf_counter() - started, process_time() - cpu
    if bad := [item.error for item in made if item.status != "ok"]:
        raise SystemExit(f"{len(bad)} of {JOBS} failed: {bad[0]}")
    return spent


def command_seconds(url: str, folder: Path) -> float:
    """`vbench-py generate` from start to end, without the time it takes to start and find nothing to do."""
    suite = folder / "suite"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(SUITE)
    lines = [json.dumps({"id": f"p{number}", "prompt": f"a sea with {number} boats"}) for number in range(JOBS)]
    (suite / "samples.jsonl").write_text("\n".join(lines) + "\n")
    given = [word for name, value in options(url).items() for word in ("--set", f"{name}={json.dumps(value)}")]
    command = [
        sys.executable, "-c", "from vbench_py.cli.app import main; main()", "generate", str(suite),
        "--method", "openai-video", "--name", "many", "--results", str(folder / "results"), *given,
    ]  # fmt: skip
    spent = []
    for _ in range(2):
        started = perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        spent.append(perf_counter() - started)
    rows = sum(len(path.read_text().splitlines()) for path in folder.glob("results/runs/*/*/generated.*.jsonl"))
    if rows != JOBS:
        raise SystemExit(f"{rows} rows, {JOBS} expected")
    return spent[0] - spent[1]


def options(url: str) -> dict[str, object]:
    return {"base_url": url, "model": "tiny", "concurrency": CONCURRENCY, "poll_seconds": 0.0}


def main() -> int:
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2]).read_bytes()))
        return 0
    import numpy as np

    from vbench_py.video import write_video

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["VBENCH_PY_CACHE"] = str(folder / "cache")
        video = folder / "video.mkv"
        ramp = np.add.outer(np.arange(64), np.arange(64))
        frames = np.stack([np.repeat((ramp + 4 * time)[..., None], 3, 2) for time in range(16)]).astype(np.uint8)
        write_video(video, frames, fps=8.0)
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(video)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None and server.stdin is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            bare = min(bare_seconds(url) for _ in range(2))
            adapter, cpu = min(adapter_seconds(url, folder / f"adapter-{number}") for number in range(2))
            command = command_seconds(url, folder / "command")
        finally:
            server.stdin.close()
            server.wait()
        size = video.stat().st_size
    figures = {
        "ideal": round(IDEAL_SECONDS, 2),
        "bare": round(bare, 2),
        "adapter": round(adapter, 2),
        "adapter_cpu": round(cpu, 2),
        "command": round(command, 2),
        "bare_to_ideal": round(bare / IDEAL_SECONDS, 2),
        "adapter_to_ideal": round(adapter / IDEAL_SECONDS, 2),
        "command_to_ideal": round(command / IDEAL_SECONDS, 2),
    }
    about = {
        "python": platform.python_version(), "machine": platform.machine(), "jobs": JOBS, "concurrency": CONCURRENCY,
        "latency_seconds": LATENCY_SECONDS, "calls_a_job": CALLS, "bytes_a_video": size,
        "load_before": round(load, 1),
    }  # fmt: skip
    OUT.write_text(json.dumps({"unit": "seconds", "limit": LIMIT, **about, **figures}, indent=2) + "\n")
    sys.stdout.write(OUT.read_text())
    return int(adapter / IDEAL_SECONDS > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
