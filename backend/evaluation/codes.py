"""How well codes are read from clips whose codes are known, and how well they bring the clip back.

Clips are made from an artist's own keys. The codes are read without the artist's keys, from the mesh alone, so that an
error is both a misreading and a difference between what two artists mean by a channel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation

from backend.channels import convert_weights
from backend.cloning.calibrate import calibrated_shapes, spoken_shapes
from backend.cloning.code_fit import weighted
from backend.cloning.dialects import dialects
from backend.cloning.encode import Encoding, encode
from backend.cloning.head_motion import moved
from backend.cloning.parts import ROLE
from backend.cloning.result import Shapes
from backend.cloning.shapes import build_shapes
from backend.evaluation.clips import HeadMotion, acted_codes, animated, nodding, sparse_codes
from backend.evaluation.keyed_heads import KeyedHead
from backend.frames import Frames
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import vertex_areas
from backend.geometry.similarity import apply_transform
from backend.performance import Performance

IMITATED = 0.8
"""A channel is separable where the artist's other keys, each between 0 and 1, can imitate at most this share of its
squared motion. Of a channel that they can, no reader of meshes can say whether it was there or they."""

SPARSE, ACTED = 60, 60
"""Frames of random combinations, and of each recording."""

WEAKEST = 0.2
ACTIVE = 0.02
"""Standard deviation from which on a channel's curve says something."""

EMPTY = 1e-9


@dataclass(frozen=True)
class CodeErrors:
    """Mean absolute errors of codes over the separable channels, in frames of random combinations and of recordings,
    and over all channels and frames; correlation: mean over the separable channels that are active."""

    sparse: float
    acted: float
    every: float
    correlation: float


@dataclass(frozen=True)
class CodeFigures:
    """One head. separable: channels. ours: what the product reads. unheard: the same without the dialect of this head's
    artist, None where there is none. plain: clipped least squares with the built shapes, told the head's motion.
    nothing: a code that is always zero.

    explained: share of the squared motion that the code accounts for, as the product says. back: root mean square
    distance of the skin's vertices to the clip's, as a share of the expression's motion, with the head's motion as it
    was read, on: "built", the built shapes; "dialect", those in the clip's dialect; "fitted", those fitted to this very
    clip; "other half", fitted to every other frame and measured on the rest; "plain", plain codes on built shapes.
    head_degrees: mean error of the head's rotation.
    """

    name: str
    vertices: int
    channels: int
    separable: int
    ours: CodeErrors
    unheard: CodeErrors | None
    plain: CodeErrors
    nothing: CodeErrors
    explained: float
    back: dict[str, float]
    head_degrees: float
    dialect: dict[str, float]


def product_shapes(mesh: FaceMesh) -> Shapes:
    """The shapes that the verb encode reads a clip with."""
    return build_shapes(mesh, "ict")


def measure_head(
    head: KeyedHead, recordings: Sequence[Path], build: Callable[[FaceMesh], Shapes] = product_shapes
) -> CodeFigures:
    """A clip of random combinations and of recordings, made with the artist's keys, read by the product and by plain
    least squares. Raises Refusal where the product refuses the head."""
    shapes = build(head.mesh)
    area = skin_area(head.mesh, shapes)
    sparse = sparse_codes(SPARSE, len(head.names), WEAKEST, np.random.default_rng(0))
    codes = np.concatenate([sparse, acted_codes(recordings, head.names, ACTED)])
    motion = nodding(len(codes), 1 / np.cbrt(np.linalg.det(shapes.canonical_from_file[:3, :3])))
    clip = animated(head.mesh.vertices, head.keys, codes, motion)
    apart = separable(head.keys, area)
    expression = np.tensordot(codes, head.keys, axes=1)
    energy = _mean_square(expression, area)

    def errors(weights: np.ndarray, names: tuple[str, ...]) -> CodeErrors:
        return code_errors(convert_weights(weights, names, head.names), codes, apart)

    def back(performance: Performance, deltas: np.ndarray, seen: Frames) -> float:
        start, missed = 0, 0.0
        posed = performed(head.mesh, shapes.canonical_from_file, deltas, performance)
        for chunk in seen.chunks():
            missed += len(chunk) * _mean_square(posed[start : start + len(chunk)] - chunk, area)
            start += len(chunk)
        return float(np.sqrt(missed / start / energy))

    encoding = encode(head.mesh, clip, shapes, dialects())
    unheard = None
    if head.artist:
        others = [one for one in dialects() if one.name != head.artist]
        unheard = encode(head.mesh, clip, shapes, others).performance
    plain = plain_codes(shapes.deltas, expression, area)
    ours = encoding.performance
    built = shapes.deltas
    fitted = calibrated_shapes(head.mesh, clip, shapes, encoding)
    return CodeFigures(
        head.name,
        len(head.mesh.vertices),
        len(head.names),
        int(apart.sum()),
        errors(ours.weights, ours.names),
        errors(unheard.weights, unheard.names) if unheard else None,
        errors(plain, shapes.names),
        code_errors(np.zeros_like(codes), codes, apart),
        encoding.explained,
        {
            "built": back(ours, built, clip),
            "dialect": back(ours, spoken_shapes(head.mesh, shapes, encoding.dialect), clip),
            "fitted": back(ours, fitted, clip),
            "other half": _other_half(head, shapes, codes, motion, back),
            "plain": float(np.sqrt(_mean_square(np.tensordot(plain, built, axes=1) - expression, area) / energy)),
        },
        float(np.degrees(_rotation_errors(encoding, motion, shapes.canonical_from_file).mean())),
        encoding.dialect,
    )


def skin_area(mesh: FaceMesh, shapes: Shapes) -> np.ndarray:
    """(N,) of the surface around each vertex of the skin, 0 elsewhere."""
    area = vertex_areas(mesh.vertices.astype(np.float64), mesh.triangles)
    return np.where(shapes.parts == ROLE["skin"], area, 0.0)


def separable(keys: np.ndarray, area: np.ndarray) -> np.ndarray:
    """(K,) bool, by IMITATED. keys: (K, N, 3). area: (N,). Keys that move nothing are not."""
    flat = weighted(keys.astype(np.float64), area)
    gram = flat @ flat.T
    values, vectors = np.linalg.eigh(gram)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    energy = np.diag(gram)
    result = energy > EMPTY * energy.max()
    for key in np.flatnonzero(result):
        others = np.arange(len(gram)) != key
        left = 2 * lsq_linear(root[:, others], root[:, key], (0.0, 1.0)).cost
        result[key] = left >= (1 - IMITATED) * energy[key]
    return result


def code_errors(codes: np.ndarray, truth: np.ndarray, apart: np.ndarray) -> CodeErrors:
    """codes, truth: (T, K), the first SPARSE frames random combinations. apart: (K,) the separable channels."""
    off = np.abs(codes - truth)
    active = np.flatnonzero(apart & (truth.std(0) > ACTIVE))
    curves = zip(codes[:, active].T.astype(np.float64), truth[:, active].T.astype(np.float64), strict=True)
    related = [np.corrcoef(one, other)[0, 1] if one.std() > 0 else 0.0 for one, other in curves]
    return CodeErrors(
        float(off[:SPARSE, apart].mean()), float(off[SPARSE:, apart].mean()), float(off.mean()), float(np.mean(related))
    )


def plain_codes(deltas: np.ndarray, expression: np.ndarray, area: np.ndarray) -> np.ndarray:
    """(T, K) least squares codes of expression (T, N, 3) in shapes (K, N, 3), cut to 0..1: the simple method."""
    flat, wanted = weighted(deltas.astype(np.float64), area), weighted(expression.astype(np.float64), area)
    return np.clip(np.linalg.lstsq(flat @ flat.T, flat @ wanted.T, rcond=None)[0].T, 0.0, 1.0)


def performed(
    mesh: FaceMesh, canonical_from_file: np.ndarray, deltas: np.ndarray, performance: Performance
) -> np.ndarray:
    """(T, N, 3) vertices of a mesh that performs, in its units and frame: its shapes (K, N, 3), then the head's
    motion."""
    posed = mesh.vertices + np.tensordot(performance.weights, deltas, axes=1)
    rotations = Rotation.from_rotvec(performance.head[:, :3]).as_matrix()
    turned = moved(rotations, performance.head[:, 3:], apply_transform(canonical_from_file, posed))
    return apply_transform(np.linalg.inv(canonical_from_file), turned)


def _other_half(
    head: KeyedHead,
    shapes: Shapes,
    codes: np.ndarray,
    motion: HeadMotion,
    back: Callable[[Performance, np.ndarray, Frames], float],
) -> float:
    """Shapes fitted to every other frame, which then read and bring back the rest as the head's own keys would."""
    half = [
        animated(
            head.mesh.vertices,
            head.keys,
            codes[start::2],
            HeadMotion(motion.rotations[start::2], motion.translations[start::2]),
        )
        for start in (0, 1)
    ]
    fitted = calibrated_shapes(head.mesh, half[0], shapes, encode(head.mesh, half[0], shapes, dialects()))
    return back(encode(head.mesh, half[1], replace(shapes, deltas=fitted)).performance, fitted, half[1])


def _rotation_errors(encoding: Encoding, motion: HeadMotion, canonical_from_file: np.ndarray) -> np.ndarray:
    """(T,) radians."""
    linear = canonical_from_file[:3, :3] / np.cbrt(np.linalg.det(canonical_from_file[:3, :3]))
    truth = Rotation.from_matrix(linear @ motion.rotations @ linear.T)
    return (Rotation.from_rotvec(encoding.performance.head[:, :3]).inv() * truth).magnitude()


def _mean_square(field: np.ndarray, area: np.ndarray) -> float:
    """Of the lengths of (T, N, 3), over frames and surface."""
    return float((np.square(field, dtype=np.float64).sum(2) @ area).mean() / area.sum())
