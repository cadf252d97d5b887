"""The shape keys of a mesh as displacements of a source that has the same vertices."""

from collections.abc import Sequence

import bpy
import numpy as np

from .clip_read import Still
from .key_channels import channels_of
from .record import key_delta
from .scene_read import basis_positions, mesh_of, read_array

APART = 0.05
"""Share of the source's size that its rest may differ from the basis, turned and scaled, for the keys to be its own."""

ENOUGH = 30
"""A source's own keys stand for a face where so many channels are known."""


def keys_for(
    source: Sequence[bpy.types.Object], targets: Sequence[bpy.types.Object], rest: Still
) -> tuple[list[str], np.ndarray] | None:
    """Names (K,) and displacements (K, N, 3) float32 of the keys that a source is best read with: those of the targets
    where they are the same mesh, or its own where it has enough of them. None where neither is so."""
    found = matching_keys(sorted(targets, key=lambda item: item.name_full), rest)
    if found is not None:
        return found
    own = matching_keys(source, rest)
    return own if own is not None and len(own[0]) >= ENOUGH else None


def matching_keys(objects: Sequence[bpy.types.Object], rest: Still) -> tuple[list[str], np.ndarray] | None:
    """The known keys of objects that have the vertices and faces of a source at rest, in its frame; None where they
    have not, or none is known."""
    meshes = [mesh_of(item) for item in objects]
    if tuple(len(mesh.vertices) for mesh in meshes) != rest.counts:
        return None
    starts = np.cumsum([0, *rest.counts])
    corners = [
        read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(start)
        for mesh, start in zip(meshes, starts, strict=False)
    ]
    if not np.array_equal(np.concatenate(corners), rest.corners):
        return None
    fields: dict[str, np.ndarray] = {}
    for mesh, start, count in zip(meshes, starts, rest.counts, strict=False):
        if mesh.shape_keys is None:
            continue
        rows = slice(start, start + count)
        basis = basis_positions(mesh)
        linear = _linear(basis, rest.points[rows])
        if linear is None:
            return None
        for name, channels in channels_of(mesh.shape_keys).items():
            if len(channels) == 1:
                field = fields.setdefault(channels[0], np.zeros(rest.points.shape, np.float32))
                if not field[rows].any():
                    field[rows] = key_delta(mesh.shape_keys.key_blocks[name], basis) @ linear
    return (list(fields), np.stack(list(fields.values()))) if fields else None


def _linear(basis: np.ndarray, points: np.ndarray) -> np.ndarray | None:
    """(3, 3) that brings displacements of a basis (n, 3), as rows, into the frame in which the same vertices are
    elsewhere (n, 3); None where these are in another pose."""
    source, target = basis - basis.mean(0), points - points.mean(0)
    linear = np.linalg.lstsq(source, target, rcond=None)[0]
    off = np.sqrt(np.square(source @ linear - target).sum(1).mean())
    return linear if off <= APART * np.ptp(target, axis=0).max() else None
