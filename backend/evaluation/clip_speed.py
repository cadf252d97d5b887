"""How fast clips are read and controls solved for, and what a clip of ten minutes takes of memory."""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.channels import ICT_NAMES
from backend.cloning.dialects import dialects
from backend.cloning.encode import encode
from backend.cloning.recall import head_shapes
from backend.cloning.result import Shapes
from backend.errors import silent
from backend.evaluation.clips import acted_codes, animated, nodding
from backend.evaluation.speed import ict_head
from backend.evaluation.targets import Target
from backend.frames import frames_from_file, frames_per_chunk
from backend.geometry.mesh import FaceMesh
from backend.geometry.read import read_head
from backend.performance import Performance
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig, read_rig, rig

READ = 600
"""Frames that are read for the speed."""

CONTROLS = 60
LONG, RATE = 36_000, 60.0
"""Frames of ten minutes, and how many there are a second."""

WATCH = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(usage.ru_maxrss // (1000 if sys.platform == "darwin" else 1))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A program that runs another and prints the kilobytes it took at most. Linux counts for a new process what the one
that starts it had, so that has to be a small one."""


@dataclass(frozen=True)
class ClipSpeed:
    """Of a head of vertices on as many processors: frames a second that are read from a file, and that CONTROLS
    controls are solved for in. Of LONG frames, where these were done: megabytes at most of encode and of retarget, and
    the seconds they took; else 0."""

    vertices: int
    processors: int
    encoded: float
    solved: float
    megabytes: tuple[float, float] = (0.0, 0.0)
    seconds: tuple[float, float] = (0.0, 0.0)


def measure_speed(ict: Path, motion: Performance, recordings: Sequence[Path], long: bool) -> ClipSpeed:
    """On a whole ICT-FaceKit head of a random person, whose shapes are built before anything is timed. long: also ten
    minutes, which take 12 GB of the disk for a while. Raises Refusal where the head is not found."""
    vertices, triangles = ict_head(ict)
    with tempfile.TemporaryDirectory(prefix="facsimile-speed-") as folder:
        place = Path(folder)
        np.savez(place / "head.npz", vertices=vertices, faces=triangles)
        mesh = read_head(place / "head.npz")
        shapes, codes = head_shapes(mesh, "arkit", silent), head_shapes(mesh, "ict", silent)
        written = acted_codes(recordings, ICT_NAMES, -(-READ // len(recordings)))[:READ]
        write_clip(place / "clip.npz", codes, written, 1)
        started = time.perf_counter()
        encode(mesh, frames_from_file(place / "clip.npz"), codes, dialects())
        encoded = READ / (time.perf_counter() - started)
        write_rig(place / "rig.npz", patches(mesh, shapes, CONTROLS))
        chosen = read_rig(place / "rig.npz")
        started = time.perf_counter()
        retarget(chosen, motion, shapes)
        solved = len(motion.weights) / (time.perf_counter() - started)
        megabytes, seconds = ((0.0, 0.0), (0.0, 0.0))
        if long:
            megabytes, seconds = ten_minutes(place, codes, written)
    return ClipSpeed(len(vertices), len(os.sched_getaffinity(0)), encoded, solved, megabytes, seconds)


def speed_targets(speed: ClipSpeed) -> list[Target]:
    """What is wanted of speed and memory."""
    what = f"{speed.vertices:,} vertices, {speed.processors} processors"
    result = [
        Target(f"encode, frames a second: {what}", speed.encoded, 60, True, "{:.0f}"),
        Target(f"solve for {CONTROLS} controls, frames a second", speed.solved, 500, True, "{:.0f}"),
    ]
    if speed.megabytes[0]:
        result += [
            Target(f"{verb} of {LONG:,} frames, memory ({taken:.0f} s)", megabytes, 1000, pattern="{:.0f} MB")
            for verb, megabytes, taken in zip(("encode", "retarget"), speed.megabytes, speed.seconds, strict=True)
        ]
    return result


def patches(mesh: FaceMesh, shapes: Shapes, count: int) -> Rig:
    """A rig of `count` controls as bones have them: places of the face as far apart as can be, that go 1 cm either way
    along each axis, smoothly fading around."""
    size = 1 / np.cbrt(np.linalg.det(shapes.canonical_from_file[:3, :3]))
    reach = np.linalg.norm(shapes.deltas, axis=2).max(0) * (shapes.parts == 0)
    places = mesh.vertices[np.argsort(-reach)[: len(reach) // 4]].astype(np.float64)
    chosen, away = [0], np.linalg.norm(places - places[0], axis=1)
    while 3 * len(chosen) < count:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(places - places[chosen[-1]], axis=1))
    names, deltas = [], []
    for number, place in enumerate(places[chosen]):
        weight = np.exp(-np.square(np.linalg.norm(mesh.vertices - place, axis=1) / (0.012 * size)))
        for axis in range(3):
            names.append(f"bone {number} {'xyz'[axis]}")
            deltas.append(np.where(weight > 0.01, weight, 0.0)[:, None] * np.eye(3, dtype=np.float32)[axis])
    limit = np.full(count, 0.01 * size)
    return rig(mesh, tuple(names[:count]), np.array(deltas[:count], np.float32), -limit, limit)


def write_rig(path: Path, one: Rig) -> None:
    """As the verb retarget reads it."""
    np.savez(
        path,
        vertices=one.mesh.vertices,
        faces=one.mesh.triangles,
        controls=np.array(one.controls),
        deltas=one.deltas,
        minimum=one.minimum,
        maximum=one.maximum,
    )


def write_clip(path: Path, shapes: Shapes, codes: np.ndarray, times: int) -> None:
    """An .npz of frames that shapes make under codes (T, K), the head nodding, so many times one after the other; piece
    by piece, for it may not fit in memory."""
    step = frames_per_chunk(len(shapes.vertices))
    motion = nodding(len(codes), 1 / np.cbrt(np.linalg.det(shapes.canonical_from_file[:3, :3])))
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("fps.npy", "w") as member:
            np.lib.format.write_array(member, np.float64(RATE), allow_pickle=False)
        with archive.open("frames.npy", "w", force_zip64=True) as member:
            shape = (times * len(codes), len(shapes.vertices), 3)
            np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": shape})
            for _ in range(times):
                for start in range(0, len(codes), step):
                    some = slice(start, start + step)
                    part = type(motion)(motion.rotations[some], motion.translations[some])
                    for chunk in animated(shapes.vertices, shapes.deltas, codes[some], part).chunks():
                        member.write(np.ascontiguousarray(chunk, "<f4").data)


def ten_minutes(place: Path, shapes: Shapes, codes: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Megabytes at most and seconds of encode and of retarget, each in a process of its own, for LONG frames."""
    clip, performed = place / "long.npz", place / "performance.npz"
    write_clip(clip, shapes, codes, LONG // len(codes))
    read = ["encode", f"--neutral={place / 'head.npz'}", f"--frames={clip}", f"--out={performed}"]
    encoding = peak(read)
    clip.unlink()
    solve = ["retarget", f"--performance={performed}", f"--rig={place / 'rig.npz'}", f"--out={place / 'curves.npz'}"]
    solving = peak(solve)
    return (encoding[0], solving[0]), (encoding[1], solving[1])


def peak(arguments: Sequence[str]) -> tuple[float, float]:
    """Megabytes at most and seconds of a verb. Raises subprocess.CalledProcessError where it fails."""
    started = time.perf_counter()
    command = [sys.executable, "-c", WATCH, sys.executable, "-m", "backend", *arguments]
    kilobytes = int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return kilobytes / 1e3, time.perf_counter() - started
