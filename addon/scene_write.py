"""Shape keys written onto the objects of a head: all of them, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import bpy
import numpy as np

from ..backend.errors import Refusal
from .choices import Existing
from .frame import to_blender
from .record import Entry, is_ours, key_delta, read_record, user_fix, write_record
from .scene_read import Head, Piece, basis_positions, check_object, mesh_of

STILL = 1e-5
"""Displacements below this share of the head's size are no movement: an object that only has such gets no key."""

FARTHEST = 100.0
"""Displacements beyond so many times the head's size are no shape, and their sums would leave float32."""


@dataclass(frozen=True)
class Written:
    """What became of one object. added, replaced, kept: numbers of keys; kept are those that were there already.
    adjusted: how many of the replaced ones have kept what the user sculpted on them."""

    name: str
    added: int
    replaced: int
    kept: int
    adjusted: int = 0


@dataclass(frozen=True)
class Plan:
    """The keys of one object. displacements: names to (n, 3) float32 in the object's own space."""

    piece: Piece
    displacements: dict[str, np.ndarray]


def write_keys(
    head: Head,
    names: Sequence[str],
    deltas: np.ndarray,
    existing: Existing = Existing.UPDATE,
    channels: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Written, ...]:
    """Add one shape key per name to the objects that it moves, and keep a record of it with them.

    names: (K,). deltas: (K, N, 3), in the frame of head.vertices. channels: which shapes they are, where the names do
    not say it. The object with the most movement gets every name, so that each channel has a key. Of keys that
    exist already, UPDATE gives those that we made new points, REPLACE all, KEEP none; locked ones stay as they are.
    UPDATE adds what the user has sculpted onto our keys to their new points. Value, range, drivers and actions remain.
    Raises Refusal before anything is written when the scene or the arrays do not fit.
    """
    plans = plan_keys(head, names, deltas)
    objects = [find_object(plan.piece) for plan in plans]
    for item in objects:
        check_object(item)
    return tuple(write_object(item, plan, existing, channels) for item, plan in zip(objects, plans, strict=True))


def plan_keys(head: Head, names: Sequence[str], deltas: np.ndarray) -> list[Plan]:
    """Displacements for each object in its own space. Raises Refusal for arrays that do not fit the head."""
    size = float(np.ptp(head.vertices, axis=0).max())
    fits = deltas.shape == (len(names), len(head.vertices), 3)
    # Written so that a NaN fails as well.
    if not fits or not np.abs(deltas).max(initial=0.0) <= FARTHEST * size:
        raise Refusal(
            "bad-result",
            "The backend's answer does not fit the selected meshes.",
            "Restart the backend; if this happens again, report it with the log.",
        )
    if len(set(names)) != len(names) or not all(0 < len(name.encode()) < 64 for name in names):
        raise Refusal("bad-names", "The backend's answer has unusable names.", "Restart the backend.")
    still = STILL * size
    moved = np.array(
        [(np.abs(deltas[:, piece.first : piece.first + piece.vertices]).max(2) > still).sum(1) for piece in head.pieces]
    )
    moving = moved > 0
    moving[moved.sum(1).argmax()] = True
    plans = []
    for piece, moves in zip(head.pieces, moving, strict=True):
        inverse = np.linalg.inv(piece.linear)
        rows = slice(piece.first, piece.first + piece.vertices)
        plans.append(
            Plan(
                piece,
                {
                    name: beneath(piece, to_blender(field[rows].astype(np.float64)) @ inverse.T)
                    for name, field, moved in zip(names, deltas, moves, strict=True)
                    if moved
                },
            )
        )
    return plans


def beneath(piece: Piece, shown: np.ndarray) -> np.ndarray:
    """(n, 3) float32: what must become of the mesh for its modifiers to show the displacements (n, 3), in the object's
    space."""
    return (shown if piece.back is None else np.einsum("nij,nj->ni", piece.back, shown)).astype(np.float32)


def find_object(piece: Piece) -> bpy.types.Object:
    """The object that was read. Raises Refusal where it is gone or has another shape now."""
    item = next((item for item in bpy.data.objects if item.session_uid == piece.object_uid), None)
    if item is None:
        # A file that was reverted meanwhile has new numbers and the old names.
        item = bpy.data.objects.get(piece.name)
    if item is None or not isinstance(item.data, bpy.types.Mesh):
        raise Refusal("gone", f'"{piece.name}" is no longer in the scene.', "Build the shapes again.")
    if len(item.data.vertices) != piece.vertices or len(item.data.loops) != piece.corners:
        raise Refusal("changed", f'"{item.name}" was edited while its shapes were built.', "Build the shapes again.")
    return item


def write_object(
    item: bpy.types.Object, plan: Plan, existing: Existing, channels: Mapping[str, str] = MappingProxyType({})
) -> Written:
    """Write the planned keys of one object; it has passed every check."""
    mesh = mesh_of(item)
    if not plan.displacements:
        return Written(item.name, 0, 0, 0)
    basis_made = mesh.shape_keys is None
    if basis_made:
        add_key(item, "Basis")
    keys = keys_of(mesh)
    basis = basis_positions(mesh)
    extent = float(np.abs(basis).max())
    notes = read_record(keys, basis)
    added = replaced = kept = adjusted = 0
    for name, displacement in plan.displacements.items():
        channel = channels.get(name, name)
        key = keys.key_blocks.get(name)
        if key is None:
            key = add_key(item, name)
            notes[name] = Entry(True, channel, displacement, None)
            points = basis + displacement
            added += 1
        else:
            delta = key_delta(key, basis)
            note = notes.get(name)
            if note is not None and not is_ours(note, delta, extent):
                note = None
            if existing is Existing.KEEP or (existing is Existing.UPDATE and note is None) or is_fixed(keys, key):
                kept += 1
                continue
            if note is None:
                note = Entry(False, channel, delta, delta)
            keeps = existing is Existing.UPDATE
            fix = user_fix(note, delta, extent) if keeps else np.zeros_like(delta)
            notes[name] = Entry(note.made, channel, displacement, note.former)
            points = basis + displacement + fix
            replaced += 1
            adjusted += bool(fix.any())
        key.relative_key = keys.reference_key
        key.points.foreach_set("co", np.ascontiguousarray(points, np.float32).reshape(-1))
    write_record(keys, basis, notes, basis_made)
    mesh.update()
    return Written(item.name, added, replaced, kept, adjusted)


def add_key(item: bpy.types.Object, name: str) -> bpy.types.ShapeKey:
    """A new key that is not turned up; since 5.0 Blender makes them with the value 1."""
    key = item.shape_key_add(name=name, from_mix=False)
    key.value = 0.0
    return key


def is_fixed(keys: bpy.types.Key, key: bpy.types.ShapeKey) -> bool:
    """Whether a key may not be changed: the basis, and what the user has locked."""
    return key == keys.reference_key or key.lock_shape


def keys_of(mesh: bpy.types.Mesh) -> bpy.types.Key:
    """The shape keys of a mesh that has some. Raises Refusal for one that has none."""
    if mesh.shape_keys is None:
        raise Refusal("no-keys", f'"{mesh.name}" has no shape keys.', "Build its face shapes first.")
    return mesh.shape_keys
