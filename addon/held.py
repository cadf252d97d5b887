"""Data-blocks remembered by number, never held: undo and removal free them while an operator waits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy

from ..backend.errors import Refusal


def numbers_of(objects: Sequence[bpy.types.Object]) -> tuple[int, ...]:
    """What find_objects finds them by."""
    return tuple(item.session_uid for item in objects)


def find_objects(numbers: Sequence[int]) -> list[bpy.types.Object]:
    """The objects of these numbers, in this order. Raises Refusal where one is gone."""
    there = {item.session_uid: item for item in bpy.data.objects}
    if not all(number in there for number in numbers):
        raise Refusal("gone", "An object that is being read is no longer in the file.", "Start again.")
    return [there[number] for number in numbers]


def find_scene(number: int) -> bpy.types.Scene:
    """The scene of this number. Raises Refusal where it is gone."""
    found = next((scene for scene in bpy.data.scenes if scene.session_uid == number), None)
    if found is None:
        raise Refusal("gone", "The scene that is being read is no longer in the file.", "Start again.")
    return found


@contextmanager
def frame_kept(scene: bpy.types.Scene) -> Iterator[None]:
    """Afterwards the scene, if it is still there, is at the frame where it was."""
    number, frame, subframe = scene.session_uid, scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        for other in bpy.data.scenes:
            if other.session_uid == number:
                other.frame_set(frame, subframe=subframe)
