"""What the backend needs to draw the shapes of a head as small pictures."""

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from .frame import to_backend
from .record import channel_of, key_delta
from .scene_read import basis_positions, mesh_of, read_array, rest_matrix

SIZE = 128
"""Pixels of a side."""


def shape_pictures_request(
    objects: Sequence[bpy.types.Object], names: Sequence[str]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The params and arrays of a request for pictures of the shapes of these names on the objects together: the meshes
    in the world's axes, y up, and the keys' displacements, none for what an object does not have."""
    arrays: dict[str, list[np.ndarray]] = {name: [] for name in ("vertices", "corners", "sizes", "objects", "deltas")}
    channels = dict.fromkeys(names, "")
    first = 0
    for number, item in enumerate(objects):
        mesh = mesh_of(item)
        keys = mesh.shape_keys
        basis, matrix = basis_positions(mesh), rest_matrix(item)
        deltas = np.zeros((len(names), len(basis), 3), np.float32)
        for at, name in enumerate(names):
            if keys is not None and name in keys.key_blocks:
                deltas[at] = to_backend(key_delta(keys.key_blocks[name], basis) @ matrix[:3, :3].T)
                channels[name] = channels[name] or channel_of(keys, name)
        arrays["vertices"].append(to_backend(basis @ matrix[:3, :3].T + matrix[:3, 3]))
        arrays["corners"].append(read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(first))
        arrays["sizes"].append(read_array(mesh.polygons, "loop_total", len(mesh.polygons)))
        arrays["objects"].append(np.full(len(basis), number, np.int32))
        arrays["deltas"].append(deltas)
        first += len(basis)
    joined = {name: np.concatenate(parts, axis=1 if name == "deltas" else 0) for name, parts in arrays.items()}
    joined["vertices"] = (joined["vertices"] - joined["vertices"].mean(0)).astype(np.float32)
    params = {"channels": list(channels.values()), "size": SIZE, "object_names": [item.name for item in objects]}
    return params, joined
