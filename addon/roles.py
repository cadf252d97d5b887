"""What the user says of a mesh: its role in the head, and which of its vertices belong to the head."""

from collections.abc import Sequence

import bpy
import numpy as np

from ..backend.errors import Refusal

AUTOMATIC = "AUTO"

ROLES = (
    (AUTOMATIC, "Automatic", "Found by shape and place"),
    ("SKIN", "Skin", "The face itself"),
    ("EYES", "Eyes", "One eyeball or both, with all their shells. They turn about their centres"),
    ("TEETH", "Teeth", "Teeth and gums. The lower ones follow the jaw, the upper ones stay"),
    ("TONGUE", "Tongue", "It follows the jaw"),
    ("LASHES", "Lashes", "They ride on the lids"),
    ("BROWS", "Brows", "They ride on the skin beneath them, like beards"),
    ("STILL", "Does Not Move", "Hair, hats, clothes and whatever else must not be taken for a part of the face"),
)


def said_role(mesh: bpy.types.Mesh) -> str:
    """The role that the user has chosen for a mesh, in the backend's spelling; empty for Automatic."""
    role = mesh.facsimile.role
    return "" if role == AUTOMATIC else role.lower()


def read_region(objects: Sequence[bpy.types.Object]) -> np.ndarray | None:
    """(N,) float32: the weights of the chosen vertex groups, 1 on objects without one; None where none is chosen.
    Raises Refusal for a group that is not there or empty."""
    if not any(item.data.facsimile.region for item in objects):
        return None
    return np.concatenate([group_weights(item) for item in objects])


def group_weights(item: bpy.types.Object) -> np.ndarray:
    """(n,) float32: one object's share of read_region."""
    mesh = item.data
    name = mesh.facsimile.region
    weights = np.ones(len(mesh.vertices), np.float32)
    if not name:
        return weights
    group = item.vertex_groups.get(name)
    if group is None:
        raise Refusal(
            "no-region", f'"{item.name}" has no vertex group "{name}".', "Choose another head region, or clear it."
        )
    number = group.index
    for vertex in mesh.vertices:
        weights[vertex.index] = next((one.weight for one in vertex.groups if one.group == number), 0.0)
    if not weights.any():
        raise Refusal("empty-region", f'The vertex group "{name}" is empty.', "Assign the vertices of the head to it.")
    return weights
