"""The shape keys of meshes as displacements of a source that has the same vertices."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from .clip_read import Still
from .frame import to_backend
from .key_channels import channels_of
from .record import key_delta
from .scene_read import basis_positions, mesh_of, read_array, rest_matrix

APART = 0.05
"""Share of the source's size that its look may differ from the basis, turned and scaled, for both to be one head."""

STILL = 1e-4
"""Share of the head's size: what keys move by less is as good as still."""

ENOUGH = 30
"""A source's own keys may stand for a face where there are so many."""

MOST = 20_000_000
"""Displacements that all keys together may have for those to be sent whose names are not known."""


@dataclass(frozen=True)
class OwnKeys:
    """names: (K,) channels, or a key's own name where that is none. deltas: (K, N, 3) float32 and basis: (N, 3)
    float64, as they are where the source is."""

    names: tuple[str, ...]
    deltas: np.ndarray
    basis: np.ndarray


def matching_keys(objects: Sequence[bpy.types.Object], still: Still, every: bool = False) -> OwnKeys | None:
    """The known keys of objects that have the vertices and faces of a source, and its shape but for the expression;
    None where they have not, or there is no such key. every: those too whose names are not known."""
    meshes = [mesh_of(item) for item in objects]
    if tuple(len(mesh.vertices) for mesh in meshes) != still.counts:
        return None
    starts = np.cumsum([0, *still.counts])
    corners = [
        read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(start)
        for mesh, start in zip(meshes, starts, strict=False)
    ]
    if not np.array_equal(np.concatenate(corners), still.corners):
        return None
    placed, fields = [], {}
    for item, mesh, start in zip(objects, meshes, starts, strict=False):
        matrix, basis = rest_matrix(item), basis_positions(mesh)
        placed.append(to_backend(basis @ matrix[:3, :3].T + matrix[:3, 3]))
        rows = slice(start, start + len(basis))
        for name, label in _labels(mesh.shape_keys, every).items() if mesh.shape_keys is not None else ():
            field = fields.setdefault(label, np.zeros(still.points.shape, np.float32))
            if not field[rows].any():
                field[rows] = to_backend(key_delta(mesh.shape_keys.key_blocks[name], basis) @ matrix[:3, :3].T)
    fields = {name: field for name, field in fields.items() if field.any()}
    basis = np.concatenate(placed)
    # What no key moves tells where the head is; the rest may show an expression.
    reach = np.max([np.linalg.norm(field, axis=1) for field in fields.values()], axis=0) if fields else 0.0
    weights = 1 / (np.square(STILL * np.ptp(basis, axis=0).max()) + np.square(reach))
    linear, there = _placed(basis, still.points, weights * np.ones(len(basis)))
    off = np.sqrt(np.square(there - still.points).sum(1).mean())
    if not fields or not off <= APART * np.ptp(still.points, axis=0).max():
        return None
    deltas = np.stack([(field @ linear).astype(np.float32) for field in fields.values()])
    return OwnKeys(tuple(fields), deltas, there)


def _labels(keys: bpy.types.Key, every: bool) -> dict[str, str]:
    """The keys that are one channel, and which; with every, the others too, under their own names."""
    known = {name: channels[0] for name, channels in channels_of(keys).items() if len(channels) == 1}
    if not every or len(keys.key_blocks) * len(keys.reference_key.data) > MOST:
        return known
    return {block.name: known.get(block.name, block.name) for block in keys.key_blocks if block != keys.reference_key}


def _placed(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) that turns and scales rows of source (n, 3) nearest to target (n, 3), and source brought there (Umeyama
    1991). weights: (n,)."""
    share = weights / weights.sum()
    middle, there = share @ source, share @ target
    a, b = source - middle, target - there
    u, sizes, v = np.linalg.svd((a * share[:, None]).T @ b)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(v)) or 1.0])
    linear = (u * signs) @ v * ((sizes * signs).sum() / max(share @ np.square(a).sum(1), 1e-300))
    return linear, a @ linear + there
