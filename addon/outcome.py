"""A finished job's shapes put onto the meshes, and what is said of that."""

from collections.abc import Iterable
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.face_regions import by_region
from .animation import driven_keys
from .answer import check_answer
from .choices import Existing
from .correctives import Corrective, drive_correctives, parse_correctives, remove_correctives, with_correctives
from .face_frame import canonical_from_world, record_face
from .links import link_parts, note_new_drivers
from .messages import Result
from .names import NameMap
from .options import WriteOptions
from .record import recorded_names
from .scene_read import Head, mesh_of
from .scene_write import Written, find_object, write_keys

ROLE_SHARE = 0.02
"""A role that fewer of an object's vertices have is not worth naming."""


@dataclass(frozen=True)
class Row:
    """What became of one mesh, in words: what it was taken for, and its keys; no keys where it does not move."""

    name: str
    role: str
    keys: str


@dataclass(frozen=True)
class Outcome:
    """What a finished job did. confidence: 0..1. all_kept: every key was there already, so nothing has changed."""

    confidence: float
    reasons: tuple[str, ...]
    rows: tuple[Row, ...]
    all_kept: bool


def write_result(head: Head, result: Result, names: NameMap, options: WriteOptions) -> Outcome:
    """Put the shapes of the backend's answer onto the meshes. Raises Refusal, with the scene as it was."""
    check_answer(result.fields)
    channels = tuple(map(str, result.fields.get("names", ())))
    called = {channel: names.names.get(channel, channel) for channel in channels}
    correctives = tuple(
        Corrective(corrective_name(one, called), (called[one.of[0]], called[one.of[1]]))
        for one in parse_correctives(result.fields.get("correctives", ()), channels)
    )
    deltas = result.arrays.get("deltas", np.empty(0, np.float32))
    factors = by_region(channels, options.strengths, 1.0)
    keys = (*called.values(), *(one.name for one in correctives))
    if correctives:
        deltas = with_correctives(deltas, result.arrays.get("corrective_deltas"))
        number = {name: at for at, name in enumerate(called.values())}
        weaker = [min(factors[number[one]] for one in corrective.of) for corrective in correctives]
        factors = np.concatenate([factors, np.array(weaker, np.float32)])
    if len(factors) == len(deltas) and (factors != 1).any():
        deltas = deltas * factors[:, None, None]
    written = write_keys(head, keys, deltas, options.existing, {name: channel for channel, name in called.items()})
    connect(head, tuple(called.values()), correctives, options)
    told = roles(head, result)
    for piece, role in zip(head.pieces, told, strict=True):
        mesh_of(find_object(piece)).facsimile.recognised = role
        record_face(mesh_of(find_object(piece)), canonical_from_world(head.centre, result.fields))
    described = list(zip(written, told, head.pieces, strict=True))
    # What matters most comes first; a character may have fifty meshes.
    described.sort(key=lambda one: (-(one[0].added + one[0].replaced + one[0].kept), -one[2].vertices))
    return Outcome(
        float(np.clip(result.fields.get("confidence", 0.0), 0.0, 1.0)),
        tuple(map(str, result.fields.get("reasons", ()))),
        tuple(Row(one.name, role, keys_in_words(one)) for one, role, _ in described),
        not any(one.added or one.replaced for one in written),
    )


def connect(head: Head, names: tuple[str, ...], correctives: tuple[Corrective, ...], options: WriteOptions) -> None:
    """Give correctives their drivers, and parts where wanted; remove correctives of shapes that were replaced."""
    meshes = [mesh_of(find_object(piece)) for piece in head.pieces]
    keyed = [mesh.shape_keys for mesh in meshes if mesh.shape_keys is not None]
    if options.existing is not Existing.KEEP:
        foreign = {block.name for keys in keyed for block in keys.key_blocks} - set(ours(keyed))
        remove_correctives(head, names, {one.name for one in correctives} | foreign)
    before = [driven_keys(keys) for keys in keyed]
    drive_correctives(head, correctives)
    if options.link_parts:
        link_parts(keyed, names)
    for keys, driven in zip(keyed, before, strict=True):
        note_new_drivers(keys, driven)


def ours(keyed: Iterable[bpy.types.Key]) -> Iterable[str]:
    """The names of the keys that we have written onto any of the meshes."""
    return (name for keys in keyed for name in recorded_names(keys))


def corrective_name(corrective: Corrective, called: dict[str, str]) -> str:
    """The name of a corrective whose shapes are called otherwise."""
    name = corrective.name
    for channel in corrective.of:
        name = name.replace(channel, called[channel], 1)
    return name


def roles(head: Head, result: Result) -> list[str]:
    """For each piece of the head, what the backend took its vertices for, the most frequent first."""
    names = [str(name) for name in result.fields.get("part_names", ())]
    parts = result.arrays.get("parts")
    if parts is None or parts.shape != (len(head.vertices),) or not names:
        return [""] * len(head.pieces)
    found = []
    for piece in head.pieces:
        own = np.clip(parts[piece.first : piece.first + piece.vertices].astype(np.int64), 0, len(names) - 1)
        counts = np.bincount(own, minlength=len(names))
        order = [index for index in np.argsort(-counts, kind="stable") if counts[index] > ROLE_SHARE * len(own)]
        found.append(", ".join(names[index].replace("_", " ") for index in order))
    return found


def keys_in_words(written: Written) -> str:
    """Such as "52 new keys" or "49 new, 3 kept"; empty where there are none."""
    counts = ((written.added, "new"), (written.replaced, "updated"), (written.kept, "kept"))
    done = [f"{count} {verb}" for count, verb in counts if count]
    if len(done) == 1:
        done[0] += " key" if done[0].startswith("1 ") else " keys"
    if written.adjusted:
        done.append(f"{written.adjusted} with your changes")
    return ", ".join(done)
