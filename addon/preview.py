"""One frame of a performance shown on a character, with nothing written; all comes back on leaving."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import bpy

from .values import read_value, write_value

if TYPE_CHECKING:
    from .motion import Motion

Spot = tuple[int, str, int]
"""A data-block's number, and a path and an index from there."""

# What was there before, and what is shown instead.
_before: dict[Spot, float] = {}
_shown: dict[Spot, float] = {}
_redo: dict[str, Callable[[], None]] = {}
_following: set[str] = set()
_copying: list[bool] = []


def shown(by: str = "") -> bool:
    """Whether a frame is being shown; by: and by whom."""
    return by in _redo if by else bool(_redo)


def enter(by: str, show: Callable[[], None], follows: bool = False) -> None:
    """Show a frame, and again whenever an option changes. show: calls show_motions with what the options give now.
    follows: it depends on the scene's frame, and is shown anew on each."""
    leave()
    _redo[by] = show
    _following.update({by} if follows else ())
    show()


def show_motions(motions: "Sequence[Motion]") -> None:
    """Give everything that moves its value in the first frame of the motions; the rest gets back what it had."""
    found = {}
    for one in motions:
        for channel, value in zip(one.channels, one.values[0], strict=True):
            spot = (one.owner.session_uid, channel.path, channel.index)
            found[spot] = float(value)
            if spot not in _before:
                _before[spot] = read_value(one.owner, channel.path, channel.index)
    _put({spot: before for spot, before in _before.items() if spot not in found} | found)
    _shown.clear()
    _shown.update(found)


def refresh(owner: bpy.types.PropertyGroup | None = None, context: object = None) -> None:
    """An option has changed; as a property's update function."""
    if _copying:
        return
    for show in tuple(_redo.values()):
        # What turns with the head is measured as it was.
        _put(_before)
        bpy.context.view_layer.update()
        show()


@contextmanager
def copying() -> Iterator[None]:
    """For as long as options are given to a button's operator: they change nothing, and where panels are drawn nothing
    may be changed."""
    _copying.append(True)
    try:
        yield
    finally:
        _copying.pop()


def show_again() -> None:
    """Curves have given what is shown the values of another frame."""
    if _following:
        for by in tuple(_following):
            _redo[by]()
    else:
        _put(_shown)


def leave() -> None:
    """Show no frame any more: everything has the value that it had."""
    _redo.clear()
    _following.clear()
    _put(_before)
    _before.clear()
    _shown.clear()


def _put(values: dict[Spot, float]) -> None:
    if not values:
        return
    wanted = {number for number, _, _ in values}
    there = {owner.session_uid: owner for owner in _owners() if owner.session_uid in wanted}
    for (number, path, index), value in values.items():
        if number in there:
            write_value(there[number], path, index, value)
    for owner in there.values():
        owner.update_tag()


def _owners() -> Iterator[bpy.types.ID]:
    return chain(bpy.data.objects, bpy.data.shape_keys, bpy.data.armatures, bpy.data.meshes)
