"""The neutral of a clip: a frame that is chosen, or the one that is found to be at rest."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from backend.cloning.clip_sample import choose_sample, pieces
from backend.cloning.head_motion import at_rest, head_motions, rigid_motions
from backend.cloning.result import Shapes
from backend.errors import Progress, Refusal, silent
from backend.frames import Frames, picked
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import vertex_areas
from backend.geometry.similarity import apply_transform

LOOKED_AT = 2000
"""Frames that a neutral is looked for among, evenly spaced over the clip."""

POINTS = 600
"""Vertices that tell the first guess."""

RIDGE = 0.02
"""Penalty on squared codes, as a share of the mean energy of a shape."""

LOWEST = 10.0
"""Percentile of a channel's weights that stands for its rest: below are errors. With 2 or 30 the frames that are found
in recordings move an eighth more."""

CALM = 2
"""Frames to each side that must be near rest too."""


def frame_as_neutral(mesh: FaceMesh, frames: Frames, number: int) -> FaceMesh:
    """The mesh as it is in one frame of the clip, counted from 0. Raises Refusal where there is none."""
    if not 0 <= number < frames.count:
        raise Refusal(
            "no-such-frame",
            f"The clip has {frames.count:,} frames; there is no frame {number:,}.",
            f"Give a frame from 0 to {frames.count - 1:,}.",
        )
    before = 0
    for chunk in frames.chunks():
        if number < before + len(chunk):
            return replace(mesh, vertices=np.array(chunk[number - before], np.float32))
        before += len(chunk)
    raise AssertionError("a clip ended before its count")


def find_neutral(
    mesh: FaceMesh, frames: Frames, shapes_of: Callable[[FaceMesh], Shapes], progress: Progress = silent
) -> int:
    """The frame in which a face is most at rest, calm and with its mouth closed.

    No channel goes below rest. So all frames are read as weights of the head's shapes, built on a first guess (the
    frame nearest to the median pose); whatever that frame shows, a channel's lowest weights are its rest, and the
    frame is taken that is nearest to all of these together, by how far the skin is from there, over a few frames
    around it. shapes_of: what builds the shapes of a mesh. Raises Refusal as it does, and where the clip does not
    belong to the mesh.
    """
    every = -(-frames.count // LOOKED_AT)
    guess = every * _typical(mesh, frames, every, lambda f, text: progress(0.3 * f, text))
    guessed = frame_as_neutral(mesh, frames, guess)
    shapes = shapes_of(guessed)
    away = _away_from_rest(guessed, frames, shapes, every, lambda f, text: progress(0.6 + 0.4 * f, text))
    window = np.ones(2 * CALM + 1)
    calm = np.convolve(away, window, "same") / np.convolve(np.ones(len(away)), window, "same")
    return every * int(np.argmin(calm))


def _typical(mesh: FaceMesh, frames: Frames, every: int, progress: Progress) -> int:
    """Which of every so many-th frames is nearest to the median of all, the head held still."""
    numbers = np.sort(np.random.default_rng(0).permutation(len(mesh.vertices))[:POINTS])
    taken, done = [], 0
    for chunk in frames.chunks():
        progress(done / frames.count, "Looking for a face at rest")
        taken.append(chunk[-done % every :: every, numbers].astype(np.float64))
        done += len(chunk)
    places = np.concatenate(taken)
    size = np.ptp(places[0], axis=0).max()
    if size <= 0:
        raise Refusal("bad-frames", "All vertices of the clip lie in one place.", "Bake the clip again.")
    # head_motions thinks in metres of a real head.
    places *= 0.25 / size
    weights = np.ones(len(numbers))
    still = at_rest(*head_motions(places[0], places, weights), places)
    off = np.square(still - np.median(still, axis=0)).sum((1, 2))
    return int(np.argmin(off))


def _away_from_rest(mesh: FaceMesh, frames: Frames, shapes: Shapes, every: int, progress: Progress) -> np.ndarray:
    """(t,) square metres, how far the skin is from where every channel is at its lowest, in every so many-th frame."""
    matrix = shapes.canonical_from_file
    points = apply_transform(matrix, mesh.vertices)
    fields = shapes.deltas.astype(np.float64) @ matrix[:3, :3].T
    reach = np.linalg.norm(fields, axis=2).max(0)
    none = np.zeros(len(points), bool)
    sample = choose_sample(points, vertex_areas(points, mesh.triangles), shapes.parts, reach, none)
    if not sample.face.any():
        raise Refusal("still-face", "No shape moves this head's skin.", "Select the head that the clip belongs to.")
    face = sample.face
    area = sample.area[face] / sample.area[face].sum()
    root = np.sqrt(area)[:, None]
    flat = (fields[:, sample.numbers[face]] * root).reshape(len(fields), -1)
    gram = flat @ flat.T
    inverse = np.linalg.inv(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)))
    rigid = face | sample.still
    trust = sample.area[rigid] / np.square(1e-3 + reach[sample.numbers[rigid]])
    codes = []
    for places in pieces(picked(frames, sample.numbers), matrix, progress, every):
        motions = rigid_motions(sample.points[rigid], places[:, rigid].astype(np.float64), trust)
        field = at_rest(*motions, places[:, face].astype(np.float64)) - sample.points[face]
        codes.append((field * root).reshape(len(field), -1) @ flat.T @ inverse)
    weights = np.concatenate(codes)
    off = weights - np.percentile(weights, LOWEST, axis=0)
    return ((off @ gram) * off).sum(1)
