"""How long the main job takes from a cold process to the written file, by number of vertices.

Run as a program: python -m backend.evaluation.speed. The heads are the open head, subdivided and decimated to size.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.faces.open_head import load_open_head
from backend.geometry.decimate import decimate

SIZES = (2_000, 10_000, 27_000, 100_000, 400_000)
CLOSE_ENOUGH = 1.2
"""A head this many times larger than asked for is not decimated any more."""


@dataclass(frozen=True)
class Timing:
    """One run. again: seconds of a second run, with the disk cache that the first one left. memory: the first process's
    peak, megabytes; 0 where the platform does not tell."""

    vertices: int
    seconds: float
    again: float
    memory: float


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
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2)
    unique, middle = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    a, b, c = triangles.T
    ab, bc, ca = (middle.reshape(-1, 3) + len(vertices)).T
    finer = [np.stack(corners, axis=1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate([vertices, vertices[unique].mean(axis=1)]), np.concatenate(finer)


def time_size(size: int, folder: Path) -> Timing:
    """Time one size in a folder that is empty. Raises subprocess.CalledProcessError where the job fails."""
    vertices, triangles = open_head_of(size)
    head = folder / "head.npz"
    np.savez(head, vertices=vertices, faces=triangles)
    first, memory = time_job(head, folder)
    again, _ = time_job(head, folder)
    return Timing(len(vertices), first, again, memory)


def time_job(head: Path, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of `python -m backend shapes` in a process of its own; its cache is in the folder."""
    command = [sys.executable, "-m", "backend", "shapes", str(head), "--out", str(folder / "shapes.npz")]
    environment = os.environ | {"FACSIMILE_CACHE": str(folder / "cache")}
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    if not hasattr(os, "wait4"):
        status, memory = child.wait(), 0.0
    else:
        _, code, usage = os.wait4(child.pid, 0)
        status = os.waitstatus_to_exitcode(code)
        memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return time.perf_counter() - started, memory


def main() -> None:
    """Time every size and print a table."""
    parser = argparse.ArgumentParser(prog="build.py bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of vertices")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before the first run")
    print(f"{'vertices':>10}{'cold s':>9}{'again s':>9}{'peak MB':>9}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="facsimile-bench-") as folder:
            timing = time_size(size, Path(folder))
        print(f"{timing.vertices:>10,}{timing.seconds:>9.1f}{timing.again:>9.1f}{timing.memory:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
