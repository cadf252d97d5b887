"""A fitted head in the scene: its empty, its meshes and its cameras, found from any of them."""

from collections.abc import Iterator

import bpy
import numpy as np

from ..backend.errors import Refusal
from .performing import PERFORMING

IDENTITY = "facsimile_identity"
"""Custom property of the empty: the identity code that the meshes show."""

FOUND = "facsimile_found"
"""Custom property of a camera: where the detector has found its photograph's landmarks."""

VERTEX = "facsimile_vertex"
"""Attribute of the meshes: the number of each vertex on our own head."""


def head_of(item: bpy.types.Object | None) -> bpy.types.Object | None:
    """The empty of the fitted head that an object belongs to: itself, what it hangs on, or what its camera sees."""
    if item is not None and item.facsimile_view.head is not None:
        item = item.facsimile_view.head
    while item is not None and IDENTITY not in item:
        item = item.parent
    return item


def fitted_heads() -> Iterator[bpy.types.Object]:
    """All of the file that have sliders."""
    empties = (item for item in bpy.data.objects if item.type == "EMPTY" and IDENTITY in item)
    return (item for item in empties if len(item.facsimile_fitted.coefficients))


def meshes_of(head: bpy.types.Object) -> list[bpy.types.Object]:
    """The objects below a head that have vertices of ours; of those that share a mesh, one."""
    found = {
        item.data.session_uid: item
        for item in sorted(head.children_recursive, key=lambda item: item.name_full, reverse=True)
        if isinstance(item.data, bpy.types.Mesh) and VERTEX in item.data.attributes
    }
    return sorted(found.values(), key=lambda item: item.name_full)


def face_of(head: bpy.types.Object) -> bpy.types.Object | None:
    """Its mesh with the most keys; the others' follow."""
    keyed = [item for item in meshes_of(head) if item.data.shape_keys is not None]
    return max(keyed, key=lambda item: len(item.data.shape_keys.key_blocks), default=None)


def cameras_of(head: bpy.types.Object) -> list[bpy.types.Object]:
    """The cameras of its photographs that are still in the file, in their order."""
    seeing = [item for item in bpy.data.objects if item.type == "CAMERA" and item.facsimile_view.head == head]
    return sorted(seeing, key=lambda item: (item.facsimile_view.order, item.name_full))


def why_not_correct(item: bpy.types.Object | None) -> str:
    """One sentence on why the points of the photographs of an object's head cannot be corrected now; empty when they
    can."""
    if PERFORMING.step is not None:
        return "A performance is being read."
    head = head_of(item)
    if head is None:
        return "Select a head that was fitted to photographs, or its camera."
    if not any(FOUND in camera for camera in cameras_of(head)):
        return "Points can be corrected in photographs only: this head has none, or their cameras are gone."
    return ""


def vertex_numbers(mesh: bpy.types.Mesh, count: int) -> np.ndarray:
    """(n,) the number of each vertex on our own head, which has `count`. Raises Refusal where vertices were added."""
    attribute = mesh.attributes.get(VERTEX)
    numbers = np.full(len(mesh.vertices), -1, np.int32)
    if attribute is not None and attribute.data_type == "INT" and attribute.domain == "POINT":
        attribute.data.foreach_get("value", numbers)
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= count or len(np.unique(numbers)) < len(numbers)):
        raise Refusal(
            "new-vertices",
            f'"{mesh.name}" has vertices that the fitted head does not have.',
            "Undo what has added them, or fit the photograph again.",
        )
    return numbers


def shown_code(head: bpy.types.Object) -> np.ndarray:
    """(I,) the identity code that the meshes show. Raises Refusal for a property that is none."""
    try:
        code = np.array(head[IDENTITY], np.float64)
    except (TypeError, ValueError):
        code = np.empty(0)
    if code.ndim != 1 or not len(code) or not np.isfinite(code).all():
        raise Refusal("bad-identity", f'"{head.name}" is no fitted head any more.', "Fit the photograph again.")
    return code
