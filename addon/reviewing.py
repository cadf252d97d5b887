"""Showing one shape after another on the meshes of a head, without touching a value."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from .record import key_delta, recorded_names


@dataclass(frozen=True)
class Shown:
    """What an object showed before a review. Objects are numbered, never held: undo may free them meanwhile."""

    uid: int
    pinned: bool
    key: str


def review_order(objects: Sequence[bpy.types.Object]) -> list[str]:
    """The names of the shapes that we wrote, those first that move the meshes least: where something is amiss, it is
    usually a shape that does too little."""
    # Here and not above: switching the add-on on must not wait for it.
    from .scene_read import basis_positions, mesh_of
    from .scene_write import keys_of

    strongest: dict[str, float] = {}
    for item in objects:
        keys = keys_of(mesh_of(item))
        basis = basis_positions(mesh_of(item))
        scale = max(abs(length) for length in item.matrix_world.to_scale())
        for name in recorded_names(keys):
            travel = scale * float(abs(key_delta(keys.key_blocks[name], basis)).max(initial=0.0))
            strongest[name] = max(strongest.get(name, 0.0), travel)
    return sorted(strongest, key=lambda name: strongest[name])


def shown_state(objects: Sequence[bpy.types.Object]) -> tuple[Shown, ...]:
    """What to go back to."""
    return tuple(
        Shown(item.session_uid, item.show_only_shape_key, item.active_shape_key.name if item.active_shape_key else "")
        for item in objects
    )


def show_shape(objects: Sequence[bpy.types.Object], name: str) -> None:
    """Show one shape at full strength on the objects that have it, and the basis of the others. Blender's own pin does
    it, so neither values nor drivers nor animation stand in the way."""
    # Here and not above: switching the add-on on must not wait for it.
    from .scene_read import mesh_of
    from .scene_write import keys_of

    for item in objects:
        blocks = keys_of(mesh_of(item)).key_blocks
        item.active_shape_key_index = max(0, blocks.find(name))
        item.show_only_shape_key = True


def restore(state: Sequence[Shown]) -> None:
    """Go back to what the objects showed before, those that are still there."""
    # Here and not above: switching the add-on on must not wait for it.
    from .scene_read import mesh_of

    found = {item.session_uid: item for item in bpy.data.objects}
    for one in state:
        item = found.get(one.uid)
        if item is not None:
            item.show_only_shape_key = one.pinned
            keys = mesh_of(item).shape_keys
            item.active_shape_key_index = max(0, keys.key_blocks.find(one.key)) if keys is not None else 0


@dataclass
class Look:
    """The shape that was chosen to be looked at, and what to go back to."""

    name: str = ""
    state: tuple[Shown, ...] = ()

    def at(self, objects: Sequence[bpy.types.Object], name: str) -> None:
        """Show a shape on the objects; the one that is shown already is put away."""
        again = name == self.name
        self.end()
        if not again:
            self.name, self.state = name, shown_state(objects)
            show_shape(objects, name)

    def end(self) -> None:
        """Go back to what was shown before."""
        if self.name:
            restore(self.state)
        self.name, self.state = "", ()


LOOK = Look()


@persistent
def end_look(*_) -> None:
    """Before a file is saved, or another one opened: what is only looked at is not saved."""
    LOOK.end()


def register() -> None:
    bpy.app.handlers.save_pre.append(end_look)
    bpy.app.handlers.load_pre.append(end_look)


def unregister() -> None:
    LOOK.end()
    bpy.app.handlers.load_pre.remove(end_look)
    bpy.app.handlers.save_pre.remove(end_look)
