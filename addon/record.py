"""What we wrote onto a mesh, kept with its shape keys: so it can be taken away, and told from the user's own work.

The record is a custom property of the Key datablock: undo, saving and appending take it along.
"""

import zlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from idprop.types import IDPropertyGroup

PROPERTY = "facsimile"

SAME = 3e-6
"""Share of the mesh's extent up to which a vertex is where it was put: what float32 loses between deltas and points."""

OURS = 0.05
"""Share of the vertices that a key moves which must still be where we put them for the key to be ours: sculpting leaves
most of a shape alone, whereas a key that the user made shares nothing with it."""

_ANCHORS = 32


@dataclass(frozen=True)
class Entry:
    """What we know of one key. made: whether we added it, not only gave it new points. channel: which shape it is.
    delta: (n, 3) float32, what we wrote; None where the mesh has other vertices since. former: (n, 3), what a key that
    we did not add was before."""

    made: bool
    channel: str
    delta: np.ndarray | None
    former: np.ndarray | None


def recorded_names(keys: bpy.types.Key | None) -> tuple[str, ...]:
    """The names of the keys that we wrote and that are still there. Cheap enough for drawing."""
    entries = _group(keys, "keys") if keys is not None else None
    return tuple(name for name in entries if name in keys.key_blocks) if entries is not None else ()


def has_shapes(item: bpy.types.Object) -> bool:
    """Whether there is anything of ours on a mesh object."""
    return isinstance(item.data, bpy.types.Mesh) and bool(recorded_names(item.data.shape_keys))


def basis_is_ours(keys: bpy.types.Key) -> bool:
    """Whether we added the basis key."""
    root = _root(keys)
    return root is not None and bool(root.get("basis"))


def read_record(keys: bpy.types.Key, basis: np.ndarray) -> dict[str, Entry]:
    """What we know of the keys that we wrote and that are still there. basis: (n, 3), as it is now."""
    known = _root(keys)
    entries = _group(keys, "keys")
    if known is None or entries is None:
        return {}
    count = len(basis) if known.get("vertices") == len(basis) else 0
    linear = basis_change(known.get("anchors"), basis) if count else np.eye(3)
    found = {}
    for name, note in entries.items():
        if name in keys.key_blocks and isinstance(note, IDPropertyGroup):
            deltas = [unpack(note.get(field), count) if count else None for field in ("delta", "former")]
            delta, former = (None if one is None else (one @ linear.T).astype(np.float32) for one in deltas)
            found[name] = Entry(bool(note.get("made")), str(note.get("channel", name)), delta, former)
    return found


def write_record(keys: bpy.types.Key, basis: np.ndarray, entries: Mapping[str, Entry], basis_made: bool) -> None:
    """Keep what we wrote; what was known before gives way, but for the drivers. basis: (n, 3). basis_made: whether we
    have added it now."""
    before = _root(keys)
    # A few of the basis' points tell later what has become of the mesh's space.
    chosen = np.unique(np.linspace(0, len(basis) - 1, _ANCHORS).astype(np.int32))
    drivers = our_drivers(keys)
    notes: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        # Of a mesh that has other vertices since, the key as it is stands for what we wrote.
        delta = key_delta(keys.key_blocks[name], basis) if entry.delta is None else entry.delta
        notes[name] = {"made": entry.made, "channel": entry.channel, "delta": pack(delta)}
        if entry.former is not None:
            notes[name]["former"] = pack(entry.former)
    keys[PROPERTY] = {
        "basis": basis_made or (before is not None and bool(before.get("basis"))),
        "vertices": len(basis),
        "anchors": chosen.tobytes() + basis[chosen].astype(np.float32).tobytes(),
        "keys": notes,
        "drivers": {name: "\n".join(paths) for name, paths in drivers.items()},
    }


def forget_record(keys: bpy.types.Key) -> None:
    """Remove the record."""
    if PROPERTY in keys:
        del keys[PROPERTY]


def key_delta(key: bpy.types.ShapeKey, basis: np.ndarray) -> np.ndarray:
    """(n, 3) float32: a key's displacement from the basis (n, 3)."""
    points = np.empty(basis.size, np.float32)
    key.points.foreach_get("co", points)
    return (points.reshape(-1, 3) - basis).astype(np.float32)


def channel_of(keys: bpy.types.Key, name: str) -> str:
    """Which shape a key is: what we built it as, or else its own name."""
    entries = _group(keys, "keys")
    note = entries.get(name) if entries is not None else None
    return str(note.get("channel", name)) if isinstance(note, IDPropertyGroup) else name


def user_fix(entry: Entry, delta: np.ndarray, extent: float) -> np.ndarray:
    """(n, 3) float32: what the user has changed about the shape that we wrote, exactly zero elsewhere.

    delta: (n, 3), the key as it is. extent: the largest coordinate of the mesh, for rounding.
    """
    if entry.delta is None:
        return np.zeros_like(delta)
    fix = (delta - entry.delta).astype(np.float32)
    fix[np.abs(fix).max(1) <= SAME * extent] = 0.0
    return fix


def is_ours(entry: Entry, delta: np.ndarray, extent: float) -> bool:
    """Whether a key of a recorded name is still the one that we wrote, sculpted on perhaps, and not another that the
    user has made since under that name. delta: (n, 3), the key as it is. A mesh with other vertices than it had cannot
    be compared; there the name decides."""
    if entry.delta is None:
        return True
    moved = np.abs(entry.delta).max(1) > SAME * extent
    if not moved.any():
        return not (np.abs(delta).max(1) > SAME * extent).any()
    return bool((np.abs(user_fix(entry, delta, extent)[moved]).max(1) == 0).mean() >= OURS)


def note_driver(keys: bpy.types.Key, name: str, sources: tuple[str, ...]) -> None:
    """Keep that we gave a key a driver with these driver_sources, where we have written anything."""
    group = _group(keys, "drivers")
    if group is not None:
        group[name] = "\n".join(sources)


def our_drivers(keys: bpy.types.Key) -> dict[str, tuple[str, ...]]:
    """The names of the keys to which we gave drivers, and these drivers' driver_sources."""
    group = _group(keys, "drivers")
    return {name: tuple(str(text).split("\n")) for name, text in group.items()} if group is not None else {}


def driver_sources(curve: bpy.types.FCurve) -> tuple[str, ...]:
    """What a driver reads: its type, then the data paths of its variables."""
    driver = curve.driver
    if driver is None:
        return ()
    return (driver.type, *(target.data_path for variable in driver.variables for target in variable.targets))


def basis_change(anchors: object, basis: np.ndarray) -> np.ndarray:
    """(3, 3) float64: what has become of the mesh's space since the anchors were kept, such as by Apply Scale. The
    identity where the basis (n, 3) is as it was, or was changed in any other way."""
    still = np.eye(3)
    if not isinstance(anchors, bytes) or len(anchors) % 16:
        return still
    numbers = np.frombuffer(anchors[: len(anchors) // 4], np.int32)
    before = np.frombuffer(anchors[len(anchors) // 4 :], np.float32).reshape(-1, 3).astype(np.float64)
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= len(basis) or not np.isfinite(before).all():
        return still
    after = basis[numbers]
    rounding = SAME * float(np.abs(after).max())
    if np.abs(after - before).max() <= rounding:
        return still
    affine, _, rank, _ = np.linalg.lstsq(np.column_stack([before, np.ones(len(before))]), after, rcond=1e-6)
    off = np.abs(before @ affine[:3] + affine[3] - after).max()
    return affine[:3].T if rank == 4 and off < 10 * rounding else still


def pack(delta: np.ndarray) -> bytes:
    """A displacement (n, 3) as bytes: the numbers of the vertices that move, then their displacements, compressed."""
    moved = np.flatnonzero(delta.any(1)).astype(np.int32)
    return zlib.compress(moved.tobytes() + np.ascontiguousarray(delta[moved], np.float32).tobytes(), 1)


def unpack(packed: object, count: int) -> np.ndarray | None:
    """The displacement (count, 3) float32 that pack made bytes of; None for what is none."""
    if not isinstance(packed, bytes):
        return None
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(packed, 16 * count + 1)
    except zlib.error:
        return None
    if not reader.eof or len(content) % 16 or len(content) > 16 * count:
        return None
    moved = np.frombuffer(content[: len(content) // 4], np.int32)
    values = np.frombuffer(content[len(content) // 4 :], np.float32).reshape(-1, 3)
    if (len(moved) and (moved.min() < 0 or moved.max() >= count)) or not np.isfinite(values).all():
        return None
    delta = np.zeros((count, 3), np.float32)
    delta[moved] = values
    return delta


def _root(keys: bpy.types.Key) -> MutableMapping[str, Any] | None:
    return _as_mapping(keys.get(PROPERTY))


def _group(keys: bpy.types.Key, name: str) -> MutableMapping[str, Any] | None:
    root = _root(keys)
    return _as_mapping(root.get(name)) if root is not None else None


def _as_mapping(value: object) -> MutableMapping[str, Any] | None:
    # A property group is used like a dictionary, which the stubs do not know.
    return cast(MutableMapping[str, Any], value) if isinstance(value, IDPropertyGroup) else None
