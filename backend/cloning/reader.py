"""What every frame of a clip of one head is read with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.channels import ICT_NAMES
from backend.cloning.clip_sample import Sample, choose_sample
from backend.cloning.code_fit import RigidModes, rigid_modes
from backend.cloning.dialects import LOOK_NAMES, Dialect, spoken
from backend.cloning.gaze import eye_rotations, look_sizes
from backend.cloning.hidden import Hidden, hidden_channels
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import vertex_areas, vertex_normals
from backend.geometry.similarity import apply_transform

SKULL = 30.0
"""How much more a square metre of skull weighs than one of face in telling the head's motion apart."""

THIN = 3
"""One in so many of the face's vertices helps to tell the head's motion."""


@dataclass(frozen=True)
class Reader:
    """What every frame is fitted with, at the sample's vertices. shapes: (1 + A, K, m, 3) of the face, metres: the
    head's, then in each artist's dialect. full: for each of these the radians that eyeLook channels turn an eyeball.
    weights: (m,) of sum 1. holding: which of the sample, of the face and of the skull, tell the head's motion; reach:
    (h,) metres and area: (h,) of both. hidden: what tells the channels that the skin does not, None where it tells all.
    artists: (A,) whose dialects these are. confidence: of the shapes."""

    names: tuple[str, ...]
    sample: Sample
    shapes: np.ndarray
    full: tuple[dict[str, float], ...]
    weights: np.ndarray
    modes: RigidModes
    holding: tuple[np.ndarray, np.ndarray]
    reach: np.ndarray
    area: np.ndarray
    hidden: Hidden | None
    artists: tuple[str, ...]
    canonical_from_file: np.ndarray
    confidence: float


def prepare(mesh: FaceMesh, shapes: Shapes, artists: Sequence[Dialect] = ()) -> Reader:
    """What to read clips of a mesh with, and which of its vertices they must have. shapes, artists: as encode takes
    them. Raises Refusal where no shape moves the skin."""
    heard = tuple(artists) if shapes.canonical is not None and shapes.names == ICT_NAMES else ()
    linear = shapes.canonical_from_file[:3, :3]
    points = apply_transform(shapes.canonical_from_file, mesh.vertices)
    size = np.cbrt(np.linalg.det(linear))
    reach = np.zeros(len(points))
    for delta in shapes.deltas:
        np.maximum(reach, size * np.linalg.norm(delta, axis=1), out=reach)
    triangles = mesh.triangles
    surface = vertex_areas(points, triangles)
    channels, inner = hidden_channels(shapes.deltas, surface, shapes.parts)
    sample = choose_sample(points, surface, shapes.parts, reach, inner)
    if not sample.face.any():
        raise Refusal("still-face", "No shape moves this head's skin.", "Select the head that the clip belongs to.")
    face = sample.numbers[sample.face]
    candidates = [shapes.deltas[:, face].astype(np.float64) @ linear.T]
    full = [_looks_of(shapes, sample, linear)]
    if shapes.canonical is not None:
        on_skin = np.isfinite(shapes.canonical[face]).all(1)
        where = face[on_skin]
        normals = vertex_normals(points, triangles)[where]
        for dialect in heard:
            fields = candidates[0].copy()
            fields[:, on_skin] = spoken(dialect, shapes.canonical[where], points[where], normals)
            candidates.append(fields)
            full.append({n: np.radians(a) for n, a in zip(LOOK_NAMES, dialect.look, strict=True) if np.isfinite(a)})
    area = sample.area / sample.area[sample.face].sum()
    weights = area[sample.face]
    modes = rigid_modes(sample.points[sample.face], weights, sample.points[sample.still], SKULL * area[sample.still])
    holding = np.flatnonzero(sample.face)[::THIN], np.flatnonzero(sample.still)
    both = np.concatenate(holding)
    hidden = None
    if sample.inner.any():
        fields = shapes.deltas[:, sample.numbers[sample.inner]].astype(np.float64) @ linear.T
        hidden = Hidden(channels, fields, sample.area[sample.inner] / sample.area[sample.inner].sum())
    return Reader(
        shapes.names,
        sample,
        np.stack(candidates),
        tuple(full),
        weights,
        modes,
        holding,
        reach[sample.numbers[both]],
        area[both],
        hidden,
        tuple(dialect.name for dialect in heard),
        shapes.canonical_from_file,
        shapes.confidence,
    )


def _looks_of(shapes: Shapes, sample: Sample, linear: np.ndarray) -> dict[str, float]:
    """The radians that the shapes themselves turn eyeballs by."""
    result: dict[str, float] = {}
    for eye in sample.eyes:
        posed = sample.points[eye] + shapes.deltas[:, sample.numbers[eye]].astype(np.float64) @ linear.T
        turns = eye_rotations(sample.points[eye], posed)
        if turns is not None:
            result |= look_sizes(shapes.names, turns)
    return result
