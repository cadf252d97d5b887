"""The simple method that ours has to beat: a rigid fit with scale, then the nearest point's displacement.

The head's frame and the objects that make it up are given, which the product has to find for itself. Iterative closest
points (Besl and McKay 1992), trimmed (Chetverikov et al. 2002), from many starting sizes and crops, with the start
chosen by the distance in both directions: the head must lie on the reference and cover its face.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from backend.channels import ICT_NAMES, face_from_arkit
from backend.errors import Refusal
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.geometry.closest import closest_points
from backend.geometry.similarity import apply_transform, fit_similarity
from backend.training.ict import METRES, OPEN_SKIN_END, SKIN_END

CROPS = (1.0, 0.7, 0.45, 0.25, 0.15)
"""Shares of the height, from the top, in which the face is sought: the head may end at the chin or have a body."""

SIZES = tuple(np.geomspace(0.75, 1.3, 5))
"""Starting sizes, relative to equal widths."""

ROUNDS = 40
KEPT_SHARE = 0.8
SAMPLES = 4000
CHIN_HEIGHT = -0.1
"""Metres in the canonical frame; below lies the neck, which heads are cropped from anywhere."""

REACH = 0.05
"""Metres in the canonical frame; vertices further from the reference stay still."""


@dataclass(frozen=True)
class Reference:
    """A head with known shapes. vertices: (n, 3) metres, canonical frame. triangles: (t, 3). deltas: (52, n, 3)
    displacements of ARKIT_NAMES."""

    vertices: np.ndarray
    triangles: np.ndarray
    deltas: np.ndarray


def ict_reference(path: Path, sockets: bool = False) -> Reference:
    """The face, head and neck from the corpus file ict_facekit.npz; sockets: with the inside of mouth and eyelids.
    Raises Refusal when the file is absent."""
    if not path.is_file():
        raise Refusal("no-reference", f"{path} does not exist.", "The baselines need ICT-FaceKit as one .npz there.")
    end = SKIN_END if sockets else OPEN_SKIN_END
    with np.load(path, allow_pickle=False) as file:
        names = [str(name) for name in file["expression_names"]]
        order = [names.index(name) for name in ICT_NAMES]
        vertices = file["neutral"][:end] * METRES
        triangles = file["triangles"]
        fields = file["expression"][:, :end][order] * METRES
    triangles = triangles[(triangles < end).all(axis=1)]
    sides = face_from_arkit()[: len(ICT_NAMES)]
    return Reference(vertices, triangles, np.einsum("fa,fnc->anc", sides, fields))


def trimmed_icp(points: np.ndarray, start: np.ndarray, target: KDTree, goal: np.ndarray) -> np.ndarray:
    """(4, 4) similarity that lays points (p, 3) on the target's points goal (n, 3), from the similarity start; the
    worst matches are left out of each of ROUNDS rounds."""
    matrix = start
    for _ in range(ROUNDS):
        distance, nearest = target.query(apply_transform(matrix, points))
        kept = distance <= np.quantile(distance, KEPT_SHARE)
        matrix = fit_similarity(points[kept], goal[np.asarray(nearest)[kept]])
    return matrix


def fit_head(head: np.ndarray, reference: Reference) -> np.ndarray:
    """(4, 4) similarity from head points (p, 3), y up and facing +z, to the reference."""
    goal = reference.vertices
    face = goal[goal[:, 1] > CHIN_HEIGHT]
    target = KDTree(goal)
    anchor = np.array([0.0, face[:, 1].max(), face[:, 2].max() - 0.005])
    best, best_error = np.eye(4), np.inf
    for crop in CROPS:
        part = head[head[:, 1] >= head[:, 1].max() - crop * np.ptp(head[:, 1])]
        if len(part) < 100 and crop < 1:
            continue
        part = part[np.random.default_rng(0).permutation(len(part))[:SAMPLES]]
        middle = np.array([(part[:, 0].max() + part[:, 0].min()) / 2, part[:, 1].max(), part[:, 2].max()])
        for size in SIZES:
            scale = size * np.ptp(face[:, 0]) / max(np.ptp(part[:, 0]), 1e-12)
            start = np.eye(4)
            start[:3, :3] *= scale
            start[:3, 3] = anchor - scale * middle
            matrix = trimmed_icp(part, start, target, goal)
            moved = apply_transform(matrix, part)
            there = np.quantile(target.query(moved)[0], KEPT_SHARE)
            back = np.quantile(KDTree(moved).query(face[::5])[0], KEPT_SHARE)
            if there + back < best_error:
                best, best_error = matrix, there + back
    return best


def fit_character(character: Character, reference: Reference) -> np.ndarray:
    """(4, 4) similarity from the character, turned y up and facing +z, to the reference."""
    return fit_head(character.vertices[character.head] @ BLENDER_TO_CANONICAL.T, reference)


def nearest_point_shapes(character: Character, start: np.ndarray, reference: Reference) -> np.ndarray:
    """(52, N, 3) displacements of ARKIT_NAMES in the character's units and frame. start: from fit_character."""
    points = apply_transform(start, character.vertices @ BLENDER_TO_CANONICAL.T)
    triangle, weights, distance = closest_points(points, reference.vertices, reference.triangles)
    corners = reference.triangles[triangle]
    deltas = np.einsum("kpjc,pj->kpc", reference.deltas[:, corners], weights)
    deltas[:, distance > REACH] = 0
    back = np.linalg.inv(start[:3, :3]).T @ BLENDER_TO_CANONICAL
    return deltas @ back
