"""Cloning: what a mesh of the scene does, frame by frame, becomes a performance."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import frame_rate
from .choices import Neutral
from .clip_read import Still, at_rest, has_rest, read_points, read_still, source_meshes
from .held import find_objects, find_scene, frame_kept, numbers_of
from .jobs import JobQueue
from .own_keys import ENOUGH, OwnKeys, matching_keys
from .steps import Step, Steps, answered_performance, ask

if TYPE_CHECKING:
    from ..backend.performance import Performance

PIECE = 64
"""Frames that are sent at a time."""

LOOKED_AT, LOOKED_AT_VERTICES = 100, 600
"""Frames, and vertices of each, that are compared to find the one at rest."""


@dataclass(frozen=True)
class CloneOptions:
    """first, last: frames of the scene. neutral_frame: for Neutral.FRAME."""

    first: int
    last: int
    neutral: Neutral = Neutral.AUTOMATIC
    neutral_frame: int = 1


def clone_mesh(
    scene: bpy.types.Scene,
    source: bpy.types.Object,
    targets: Sequence[bpy.types.Object],
    options: CloneOptions,
    queue: JobQueue,
    patience: float = 0.0,
) -> "Steps[Performance]":
    """Step by step, the performance of a mesh, or of the meshes under an object, at the scene's rate.

    targets: if they are the same mesh, their keys are what it is read with. patience: seconds that a step may wait for
    the backend. Between steps the scene's frame is the last one that was read; it comes back at the end, and when the
    generator is closed. Raises Refusal, and Cancelled where the backend's job was.
    """
    if options.last < options.first:
        raise Refusal("no-frames", "The range ends before it begins.", "Choose other frames.")
    objects = source_meshes(source)
    read, shown = numbers_of(objects), scene.session_uid
    targets_read = numbers_of(targets)
    origin = np.mean([np.array(item.matrix_world.translation) for item in objects], axis=0)
    name, fps = source.name, frame_rate(scene.render)
    with frame_kept(scene):
        rest, keys = yield from _rest(shown, read, targets_read, options, origin)
        begun = yield from ask(queue, "encode", patience, (0.0, 0.2), *_begin(name, fps, rest, keys))
        numbers = begun.arrays.get("numbers", np.empty(0, np.int32))
        if not len(numbers) or numbers.min() < 0 or numbers.max() >= len(rest.points):
            raise Refusal("bad-result", "The backend's answer does not fit the source.", "Restart the backend.")
        number = {"clip": begun.fields.get("clip")}
        count = options.last - options.first + 1
        for start in range(0, count, PIECE):
            piece = []
            for frame in range(start, min(start + PIECE, count)):
                yield Step(0.2 + 0.6 * frame / count, f"Reading frame {options.first + frame}")
                find_scene(shown).frame_set(options.first + frame)
                piece.append(read_points(find_objects(read), origin, rest)[numbers].astype(np.float32))
            share = 0.2 + 0.6 * (start + len(piece)) / count
            arrays = {"places": np.stack(piece)}
            yield from ask(queue, "encode", patience, (share, share), {"stage": "add", **number}, arrays)
        done = yield from ask(queue, "encode", patience, (0.8, 1.0), {"stage": "end", **number}, {})
    return answered_performance(done)


def _rest(
    scene: int, source: Sequence[int], targets: Sequence[int], options: CloneOptions, origin: np.ndarray
) -> Generator[Step, None, tuple[Still, OwnKeys | None]]:
    """The source at rest, and the keys that it may be read with: those of the targets where they are the same mesh, or
    all of its own. scene, source, targets: their numbers."""

    def look(frame: int, read: Callable[[Sequence[bpy.types.Object]], Any]) -> Any:
        find_scene(scene).frame_set(frame)
        return read(find_objects(source))

    def still(objects: Sequence[bpy.types.Object]) -> Still:
        return read_still(objects, origin)

    def still_at_rest(objects: Sequence[bpy.types.Object]) -> Still:
        with at_rest(objects):
            return read_still(objects, origin)

    def twins() -> list[bpy.types.Object]:
        return sorted(find_objects(targets), key=lambda item: item.name_full)

    rests = has_rest(find_objects(source))
    if options.neutral is Neutral.REST and not rests:
        raise Refusal("no-rest", "The source has no rest pose.", "Choose a frame at which the face is at rest.")
    if options.neutral is Neutral.AUTOMATIC:
        first = look(options.first, still)
        same = matching_keys(twins(), first)
        if same is not None:
            return replace(first, points=same.basis), same
    if options.neutral is Neutral.FRAME:
        rest = look(options.neutral_frame, still)
    elif rests:
        rest = look(options.first, still_at_rest)
    else:
        rest = yield from _usual(look, still, options, origin)
    same = matching_keys(twins(), rest)
    own = matching_keys(find_objects(source), rest, every=True)
    return rest, same or (own if own is not None and len(own.names) >= ENOUGH else None)


def _usual(
    look: Callable[[int, Callable[[Sequence[bpy.types.Object]], Any]], Any],
    still: Callable[[Sequence[bpy.types.Object]], Still],
    options: CloneOptions,
    origin: np.ndarray,
) -> Generator[Step, None, Still]:
    """The source in the frame that is most like all others. look: shows a frame and reads it."""
    from ..backend.cloning.neutral_frame import neutral_frame

    frames = np.unique(np.linspace(options.first, options.last, LOOKED_AT).round().astype(int)).tolist()
    first = look(frames[0], still)
    some = np.unique(np.linspace(0, len(first.points) - 1, LOOKED_AT_VERTICES).astype(int))
    looks = []
    for frame in frames:
        yield Step(0.0, "Looking for the face at rest")
        looks.append(look(frame, lambda objects: read_points(objects, origin, first)[some]))
    return look(frames[neutral_frame(np.stack(looks))], still)


def _begin(source: str, fps: float, rest: Still, keys: OwnKeys | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Params and arrays of the request's first stage."""
    params = {
        "stage": "begin",
        "fps": fps,
        "source": source,
        "object_names": list(rest.names),
        "roles": list(rest.roles),
    }
    arrays = {
        "vertices": rest.points.astype(np.float32),
        "corners": rest.corners,
        "sizes": rest.sizes,
        "objects": np.repeat(np.arange(len(rest.counts), dtype=np.int32), rest.counts),
    }
    if keys is not None:
        params["key_names"], arrays["key_deltas"] = list(keys.names), keys.deltas
    return params, arrays
