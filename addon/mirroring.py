"""What the user has sculpted onto one side of the face, on the other side too."""

import bpy
import numpy as np
from mathutils.kdtree import KDTree

from ..backend.errors import Refusal
from .record import key_delta, read_record, user_fix
from .scene_read import basis_positions, check_editable, mesh_of
from .scene_write import is_fixed, keys_of

NEAR = 0.02
"""Share of the mesh's extent within which a vertex has a partner on the other side."""


def mirror_changes(item: bpy.types.Object, name: str) -> str:
    """Give the key of the other side what the user has sculpted onto this one, in place of what was sculpted there; a
    key of both sides gets it on its other half. Mirrors along the object's X axis. Returns the name of the key that was
    changed. Raises Refusal where there is nothing to mirror or nowhere to put it."""
    from ..backend.channels import mirror

    check_editable(item)
    mesh = mesh_of(item)
    keys = keys_of(mesh)
    basis = basis_positions(mesh)
    extent = float(np.abs(basis).max())
    record = read_record(keys, basis)
    entry = record.get(name)
    if entry is None or entry.delta is None:
        raise Refusal("not-ours", f'"{name}" is no shape of ours.', "Choose a key that Facsimile has built.")
    fix = user_fix(entry, key_delta(keys.key_blocks[name], basis), extent)
    if not fix.any():
        raise Refusal("no-changes", f'"{name}" is as it was built.', "Sculpt on it first.")
    try:
        wanted = mirror(entry.channel)
    except KeyError:
        wanted = ""
    other = next((one for one, known in record.items() if known.channel == wanted), None)
    target = record[other].delta if other is not None else None
    if other is None or target is None:
        raise Refusal("no-mirror", f'There is no key for the other side of "{name}".', "Build its shapes first.")
    key = keys.key_blocks[other]
    if is_fixed(keys, key):
        raise Refusal("locked", f'"{other}" is locked.', "Unlock it in the list of shape keys.")
    turned = mirrored(basis, fix, NEAR * extent)
    if other == name:
        turned = np.where(fix.any(1)[:, None], fix, turned)
    key.points.foreach_set("co", np.ascontiguousarray(basis + target + turned, np.float32).reshape(-1))
    mesh.update()
    return other


def mirrored(basis: np.ndarray, fix: np.ndarray, near: float) -> np.ndarray:
    """Displacements (n, 3) mirrored along X: each vertex of basis (n, 3) gets those of the vertex nearest to its mirror
    image. Raises Refusal where most of what moves has no partner within `near`."""
    flip = np.array([-1.0, 1.0, 1.0])
    tree = KDTree(len(basis))
    for number, point in enumerate(basis):
        tree.insert(point, number)
    tree.balance()
    found = [tree.find(point) for point in basis * flip]
    partner = np.array([number for _, number, _ in found])
    reached = np.array([distance for *_, distance in found]) <= near
    if reached[fix.any(1)].mean() < 0.5:
        raise Refusal(
            "not-symmetric",
            "The mesh has no second side along its X axis.",
            "Put the object's origin into the middle of the head, or sculpt the other side by hand.",
        )
    return np.where(reached[:, None], fix[partner] * flip, 0.0).astype(np.float32)
