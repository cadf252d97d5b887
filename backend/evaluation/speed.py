"""How long the main job takes by number of vertices: cold, warm, from the cache, and beside non-rigid ICP.

Run as a program: python -m backend.evaluation.speed. At WHOLE vertices the head is a whole ICT-FaceKit head with eyes
and teeth, of a random person, where its file is there; otherwise it is the open head, subdivided and decimated to size.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from backend import CALM
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.evaluation.icp import fit_character, ict_reference
from backend.evaluation.nricp import VERTICES, bent_reference_shapes
from backend.faces.open_head import load_open_head
from backend.geometry.decimate import decimate
from backend.geometry.edges import quartered
from backend.training.ict import load_ict

WHOLE = 27_000
SIZES = (2_000, 10_000, WHOLE, 100_000, 400_000)
CLOSE_ENOUGH = 1.2
"""A head this many times larger than asked for is not decimated any more."""

ICT = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "ict_facekit.npz"
PERSON = 7
"""Seed of the person whose ICT head is timed."""


@dataclass(frozen=True)
class Timing:
    """One head. cold: seconds from a new process to the written file. processor: seconds of processor time in it, which
    other programs on the machine change little. warm: seconds of a worker's second job, its first being another head.
    cached: seconds of another new process, which finds the first one's shapes. memory: the first process's peak,
    megabytes. processor and memory are 0 where the platform does not tell."""

    vertices: int
    cold: float
    processor: float
    warm: float
    cached: float
    memory: float


def head_of(size: int, ict: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) float32 and triangles (t, 3) of the head that stands for a size."""
    return ict_head(ict) if size == WHOLE and ict.is_file() else open_head_of(size)


def ict_head(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A whole head (26719, 3), metres, and its triangles (52220, 3)."""
    ict = load_ict(path)
    person = np.random.default_rng(PERSON).standard_normal(len(ict.identity))
    return (ict.neutral + np.tensordot(person, ict.identity, axes=1)).astype(np.float32), ict.triangles


def open_head_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The open head with about `size` vertices: (n, 3) float32 and triangles (t, 3)."""
    head = load_open_head()
    quads = head.quads[head.quads[:, 3] >= 0]
    triangles = np.concatenate([head.quads[:, :3], quads[:, [0, 2, 3]]])
    vertices, triangles = head.vertices, triangles
    while len(vertices) * CLOSE_ENOUGH < size:
        vertices, triangles = subdivided(vertices, triangles)
    if len(vertices) > CLOSE_ENOUGH * size:
        triangles, _ = decimate(vertices, triangles, size)
        used, corners = np.unique(triangles, return_inverse=True)
        vertices, triangles = vertices[used], corners.reshape(-1, 3)
    return vertices.astype(np.float32), triangles.astype(np.int32)


def subdivided(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each triangle (t, 3) as four, with new vertices in the middles of the edges; the surface stays as it is."""
    ends, finer = quartered(triangles, len(vertices))
    return np.concatenate([vertices, vertices[ends].mean(axis=1)]), finer


def time_size(vertices: np.ndarray, triangles: np.ndarray, folder: Path) -> Timing:
    """Time one head in a folder that is empty. Raises subprocess.CalledProcessError where a job fails."""
    head = folder / "head.npz"
    np.savez(head, vertices=vertices, faces=triangles)
    cold, processor, memory = time_job(head, folder)
    cached, _, _ = time_job(head, folder)
    return Timing(len(vertices), cold, processor, time_second_job(head, folder), cached, memory)


def time_job(head: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor time and peak megabytes of `python -m backend shapes` in a process of its own; its
    cache is in the folder."""
    command = [sys.executable, "-m", "backend", "shapes", str(head), "--out", str(folder / "shapes.npz")]
    environment = os.environ | {"FACSIMILE_CACHE": str(folder / "cache")}
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    if not hasattr(os, "wait4"):
        status, processor, memory = child.wait(), 0.0, 0.0
    else:
        _, code, usage = os.wait4(child.pid, 0)
        status, processor = os.waitstatus_to_exitcode(code), usage.ru_utime + usage.ru_stime
        memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    seconds = time.perf_counter() - started
    if status:
        raise subprocess.CalledProcessError(status, command)
    return seconds, processor, memory


def time_second_job(head: Path, folder: Path) -> float:
    """Seconds from the file to the written shapes in a process that has done the open head before."""
    vertices, triangles = open_head_of(SIZES[0])
    first = folder / "first.npz"
    np.savez(first, vertices=vertices, faces=triangles)
    with calm_process() as pool:
        pool.submit(work, first, folder / "first_shapes.npz").result()
        return pool.submit(work, head, folder / "second_shapes.npz").result()


def calm_process() -> ProcessPoolExecutor:
    """A process of its own with the environment that `python -m backend` makes itself."""
    os.environ.update(CALM | os.environ)
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def work(head: Path, out: Path) -> float:
    """Seconds of a job in this process, without the cache of finished shapes."""
    from backend.cloning.shapes import build_shapes
    from backend.device import pin_threads
    from backend.geometry.read import read_head
    from backend.verbs.shapes import write_shapes

    pin_threads()
    started = time.perf_counter()
    write_shapes(out, build_shapes(read_head(head)))
    return time.perf_counter() - started


def time_baseline(vertices: np.ndarray, triangles: np.ndarray, ict: Path, bent: int) -> float:
    """Seconds of non-rigid ICP and deformation transfer, its libraries and the reference loaded. bent: how many of the
    reference's vertices are bent."""
    character = Character(
        name="head",
        path=ict,
        vertices=vertices @ BLENDER_TO_CANONICAL,
        faces=np.pad(triangles, ((0, 0), (0, 1)), constant_values=-1),
        head=np.ones(len(vertices), bool),
        key_names=(),
        key_deltas=np.zeros((0, len(vertices), 3)),
    )
    reference, whole = ict_reference(ict), ict_reference(ict, sockets=True)
    started = time.perf_counter()
    bent_reference_shapes(character, fit_character(character, reference), whole, bent)
    return time.perf_counter() - started


def growth(before: Timing, after: Timing) -> float:
    """The exponent p of warm time as vertices to the power p between two sizes; 1 is linear."""
    return math.log(after.warm / before.warm) / math.log(after.vertices / before.vertices)


def main() -> None:
    """Time every size and print a table."""
    parser = argparse.ArgumentParser(prog="build.py bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of vertices")
    parser.add_argument("--ict", type=Path, default=ICT, help=f"ict_facekit.npz, the head of {WHOLE:,} vertices")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before the first run")
    print(
        "".join(
            f"{heading:>10}" for heading in ("vertices", "cold s", "cpu s", "warm s", "cached s", "peak MB", "growth")
        )
    )
    before: Timing | None = None
    for size in options.sizes:
        vertices, triangles = head_of(size, options.ict)
        with tempfile.TemporaryDirectory(prefix="facsimile-bench-") as folder:
            timing = time_size(vertices, triangles, Path(folder))
        seconds = (timing.cold, timing.processor, timing.warm, timing.cached)
        exponent = f"{growth(before, timing):.2f}" if before and before.vertices != timing.vertices else ""
        line = f"{timing.vertices:>10,}{''.join(f'{value:>10.2f}' for value in seconds)}{timing.memory:>10.0f}"
        print(f"{line}{exponent:>10}".rstrip(), flush=True)
        if size == WHOLE and options.ict.is_file():
            print_baseline(timing, vertices, triangles, options.ict)
        before = timing
    print(
        "cold: a new process to the written file; cpu: its processor time; warm: a worker's second job; cached: a new"
    )
    print("process, the head done before. growth: the exponent of warm time from the size above; 1 is linear.")


def print_baseline(timing: Timing, vertices: np.ndarray, triangles: np.ndarray, ict: Path) -> None:
    """Time the baseline as the evaluation runs it and with nothing left out of the ICT head."""
    for bent in (VERTICES, len(vertices)):
        with calm_process() as pool:
            seconds = pool.submit(time_baseline, vertices, triangles, ict, bent).result()
        what = "all" if bent == len(vertices) else f"{bent:,}"
        print(
            f"{'':10}nricp, {what} vertices bent: {seconds:.1f} s, {seconds / timing.warm:.1f} times ours warm, "
            f"{seconds / timing.cold:.1f} times ours cold",
            flush=True,
        )


if __name__ == "__main__":
    main()
