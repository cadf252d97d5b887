"""The careful classical method: bend the ICT head onto the character, transfer its shapes, carry them over.

Non-rigid iterative closest points (Amberg et al. 2007, as trimesh has it), from the similarity of the rigid baseline,
so the head's frame and its objects are given here as well; then deformation transfer (Sumner and Popovic 2004) from the
ICT head to its bent self, and the displacement of the nearest place that faces the same way for each vertex. Landmarks
that the product finds were tried as a further help and change nothing.
"""

import numpy as np
from scipy.spatial import KDTree
from trimesh import Trimesh
from trimesh.registration import nricp_amberg

from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.evaluation.icp import REACH, Reference
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.closest import on_triangles
from backend.geometry.decimate import decimate
from backend.geometry.deformation_transfer import transfer_deformations
from backend.geometry.mesh import face_mesh
from backend.geometry.operators import triangle_normals, vertex_normals
from backend.geometry.similarity import apply_transform

VERTICES = 3500
"""Resolution of the reference that is bent. All 14,062 take eight times as long and gain nothing."""

STIFFNESS = (3.0, 1.0, 0.3, 0.1, 0.03)
"""From stiff to loose, as the paper has it, in trimesh's normalised units."""

ROUNDS = 10
"""At most so many at each stiffness."""

NORMAL_WEIGHT = 1.0
"""Power of the cosine between normals that matches are weighted with."""

MATCH = 0.03
"""Matches farther away than this share of the reference's diagonal count for nothing."""

ROOM = 0.05
"""Metres around the reference in which the character is matched; the rest is body."""

FACING = 0.005
"""Metres that opposite normals are worth half of, when the nearest place on the bent reference is sought: lips and
lids lie on each other and face apart."""

CANDIDATES = 8


def bent_reference_shapes(
    character: Character, start: np.ndarray, reference: Reference, vertices: int = VERTICES
) -> np.ndarray:
    """(52, N, 3) displacements of ARKIT_NAMES in the character's units and frame.

    start: (4, 4) the similarity of icp.fit_character. vertices: how many of the reference's are bent.
    """
    points = apply_transform(start, character.vertices @ BLENDER_TO_CANONICAL.T)
    triangles = face_mesh(points, character.faces).triangles
    head = clean(face_mesh(points, triangles[character.head[triangles].all(axis=1)]))
    source = coarse(reference, vertices)
    bent = bend(source, head)
    deltas = transfer_deformations(source.vertices, source.deltas, bent, source.triangles)
    carried = carry(deltas, bent, source.triangles, head.vertices, vertex_normals(head.vertices, head.triangles))
    back = np.linalg.inv(start[:3, :3]).T @ BLENDER_TO_CANONICAL
    result = np.zeros((len(deltas), *points.shape))
    used = head.from_user >= 0
    result[:, used] = (carried @ back)[:, head.from_user[used]]
    return result


def coarse(reference: Reference, vertices: int) -> Reference:
    """The reference with about so many of its vertices, each in its place; itself where it has no more."""
    if len(reference.vertices) <= vertices:
        return reference
    kept, _ = decimate(reference.vertices, reference.triangles, vertices)
    used, corners = np.unique(kept, return_inverse=True)
    return Reference(reference.vertices[used], corners.reshape(-1, 3), reference.deltas[:, used])


def bend(source: Reference, head: CleanMesh) -> np.ndarray:
    """The source's vertices (n, 3) bent onto the head, both in the canonical frame."""
    low, high = source.vertices.min(axis=0) - ROOM, source.vertices.max(axis=0) + ROOM
    inside = ((head.vertices > low) & (head.vertices < high)).all(axis=1)
    used, corners = np.unique(head.triangles[inside[head.triangles].any(axis=1)], return_inverse=True)
    bent = nricp_amberg(
        Trimesh(source.vertices, source.triangles, process=False),
        Trimesh(head.vertices[used], corners.reshape(-1, 3), process=False),
        steps=[[stiffness, 0.0, NORMAL_WEIGHT, ROUNDS] for stiffness in STIFFNESS],
        distance_threshold=MATCH,
    )
    return np.asarray(bent)


def carry(
    deltas: np.ndarray, bent: np.ndarray, triangles: np.ndarray, points: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    """(K, p, 3) the displacements (K, n, 3) of a mesh at the nearest place that faces the same way; zero beyond REACH.

    bent: (n, 3) with triangles (t, 3). points, normals: (p, 3). Nearness is that of places and normals times FACING.
    """
    facing = triangle_normals(bent, triangles)
    facing = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-300)
    tree = KDTree(np.concatenate([bent[triangles].mean(axis=1), FACING * facing], axis=1))
    _, candidates = tree.query(np.concatenate([points, FACING * normals], axis=1), k=CANDIDATES)
    candidates = np.asarray(candidates)
    corners = bent[triangles[candidates.ravel()]]
    weights, squared = on_triangles(np.repeat(points, CANDIDATES, 0), corners[:, 0], corners[:, 1], corners[:, 2])
    squared = squared.reshape(candidates.shape)
    apart = np.square(normals[:, None] - facing[candidates]).sum(axis=2)
    row = np.arange(len(points))
    best = (squared + FACING**2 * apart).argmin(axis=1)
    weights = weights.reshape(*candidates.shape, 3)[row, best]
    carried = np.einsum("kpjc,pj->kpc", deltas[:, triangles[candidates[row, best]]], weights)
    carried[:, squared[row, best] > REACH**2] = 0
    return carried
