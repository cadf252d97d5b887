"""Renders the set of pictures that fits are measured on, in processes that have Blender as a module."""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.capture import read_performance
from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.truth.heads import Families
from backend.evaluation.truth.pictures import Shot, clip, photographs, scene
from backend.geometry.mesh import PARTS
from backend.performance import Performance

ROOT = Path(__file__).resolve().parents[3]
SEED = 20_261
PEOPLE, EACH = 6, 5
"""Of each family, and photographs of each person."""

RECORDING, FROM, TO, STEP = "alex_rom_3.csv", 3600, 4000, 2
"""A recorded actor who goes through the range of motion in a hurry; every second frame."""

CHUNK = 20
"""Frames of a film in one file."""


def render_set(folder: Path, corpus: Path, data: Path, say: Callable[[str], None]) -> None:
    """Renders into folder what is not there yet: NAME_kkk.png and NAME.npz for every shot; films also as NAME.mp4.
    corpus: with motion/RECORDING. data: with the training families. Raises Refusal without Blender as a module."""
    if importlib.util.find_spec("bpy") is None or not (ROOT / "demonstration" / "cycles.py").is_file():
        raise Refusal("no-bpy", "Blender is no module of this Python.", "Run it in the environment of build.py.")
    folder.mkdir(parents=True, exist_ok=True)
    shots = the_set(corpus, data)
    for number, shot in enumerate(shots):
        frames = len(shot.motion.weights)
        write_truth(folder / f"{shot.name}.npz", shot)
        for first in range(0, frames, CHUNK):
            end = min(first + CHUNK, frames)
            names = [folder / f"{shot.name}_{frame:03}.png" for frame in range(first, end)]
            if not all(name.exists() for name in names):
                _draw(shot, first, end, SEED + number, names)
        say(f"{number + 1}/{len(shots)} {shot.name}")


def the_set(corpus: Path, data: Path) -> list[Shot]:
    """Photographs of people of both families, and a film of one of each."""
    families = Families(data)
    recorded = read_performance(corpus / "motion" / RECORDING).named(ARKIT_NAMES)
    acting = recorded.part(FROM, TO)
    random = np.random.default_rng(SEED)
    people = [draw(number) for number in range(PEOPLE) for draw in (families.ict_person, families.makehuman_person)]
    shots = list(photographs(people, acting, EACH, random))
    hurried = thinned(acting, STEP)
    shots.append(clip(families.makehuman_person(100), "film_makehuman", hurried, 6, random))
    shots.append(clip(families.ict_person(101), "film_ict", hurried, 7, random))
    return shots


def thinned(motion: Performance, step: int) -> Performance:
    """Every step-th frame."""
    fields = (motion.weights, motion.head, motion.gaze, motion.torsion, motion.confidence)
    weights, head, gaze, torsion, confidence = (field[::step] for field in fields)
    return Performance(motion.names, weights, motion.fps / step, head, gaze, torsion, confidence, motion.source)


def write_truth(path: Path, shot: Shot) -> None:
    """What is known of a shot: the neutral skin as vertices and triangles, landmarks (478, 3) on it,
    posed (F, 478, 3) the same with the expression, in the canonical frame, names and weights (F, C), fps, rotation,
    translation, focal."""
    head = shot.head
    skin = head.triangles[(head.parts[head.triangles] == PARTS.index("skin")).all(1)]
    np.savez_compressed(
        path,
        vertices=head.vertices,
        triangles=skin,
        landmarks=head.landmarks(head.vertices),
        posed=head.landmarks(head.posed(shot.motion)),
        names=np.array(shot.motion.names),
        weights=shot.motion.weights,
        fps=shot.motion.fps,
        rotation=shot.rotation,
        translation=shot.translation,
        focal=shot.focal,
        light=shot.light,
    )


def _draw(shot: Shot, first: int, end: int, seed: int, places: list[Path]) -> None:
    """Frames from first up to end of a shot, into places. Raises RuntimeError with what the renderer said."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "scene.npz"
        np.savez(drawn, **scene(shot, first, end, seed))
        command = [sys.executable, "-m", "demonstration.cycles", str(drawn), "--out", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr)[-2000:])
        for number, place in enumerate(places):
            (Path(folder) / f"scene_{number:03}.png").replace(place)
