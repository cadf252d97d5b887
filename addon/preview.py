"""One frame of a performance shown on the keys of a character, with nothing written; all comes back on leaving."""

from collections.abc import Callable, Mapping, Sequence

import bpy

# What the keys were before: the Key datablock's number and the key's name, to its value.
_before: dict[tuple[int, str], float] = {}
_redo: list[Callable[[], None]] = []


def shown() -> bool:
    """Whether a frame is being shown."""
    return bool(_redo)


def enter(show: Callable[[], None]) -> None:
    """Show a frame, and again whenever an option changes. show: calls show_values with what the options give now."""
    leave()
    _redo.append(show)
    show()


def show_values(values: Sequence[tuple[bpy.types.Key, Mapping[str, float]]]) -> None:
    """Give keys these values; others get back what they had."""
    found = {}
    for keys, chosen in values:
        for name, value in chosen.items():
            at = (keys.session_uid, name)
            found[at] = value
            _before.setdefault(at, keys.key_blocks[name].value)
    _put({at: found.get(at, before) for at, before in _before.items()})


def refresh(owner: object = None, context: object = None) -> None:
    """An option has changed; as a property's update function."""
    for show in tuple(_redo):
        show()


def leave() -> None:
    """Show no frame any more: every key has the value that it had."""
    _redo.clear()
    _put(_before)
    _before.clear()


def _put(values: Mapping[tuple[int, str], float]) -> None:
    there = {keys.session_uid: keys for keys in bpy.data.shape_keys}
    for (number, name), value in values.items():
        keys = there.get(number)
        if keys is not None and name in keys.key_blocks:
            keys.key_blocks[name].value = value
