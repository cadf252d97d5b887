"""What a rig cannot express: as a colour on the meshes, and as curves over time to look at."""

import bpy
import numpy as np

from .choices import Where
from .curves import Baked, Channel, Placement, write_curves
from .puppet import puppet
from .retargeting import Retargeted
from .scene_read import mesh_of
from .scene_write import find_object

ATTRIBUTE = "facsimile_residual"
PREFIX = "residual "
MILLIMETRES = 1000.0


def colour_residual(result: Retargeted, frame: int, full: float) -> float:
    """Colour the vertices by how far they are, at a frame of the performance, from where it wants them: green where
    they are there, red from full millimetres on. Returns the largest distance, millimetres. result.aim is given."""
    character, aim = result.character, result.aim
    assert aim is not None
    with puppet(character) as show:
        motion = show(result.values[frame] - character.rest)[aim.goal.seen] - aim.neutral
    wanted = aim.lead.wanted(np.array([frame]), aim.goal, aim.deltas)[0]
    missed = np.zeros(len(character.head.vertices))
    missed[aim.goal.seen] = np.linalg.norm(motion - wanted, axis=1) * MILLIMETRES * scene_scale()
    for piece in character.head.pieces:
        paint(mesh_of(find_object(piece)), missed[piece.first : piece.first + piece.vertices] / full)
    return float(missed.max(initial=0.0))


def paint(mesh: bpy.types.Mesh, shares: np.ndarray) -> None:
    """Give a mesh the colour attribute: shares (n,) from green at 0 over yellow to red at 1."""
    layer = mesh.color_attributes.get(ATTRIBUTE)
    if layer is not None and (layer.domain, layer.data_type) != ("POINT", "FLOAT_COLOR"):
        mesh.color_attributes.remove(layer)
        layer = None
    if layer is None:
        layer = mesh.color_attributes.new(ATTRIBUTE, "FLOAT_COLOR", "POINT")
    shares = np.clip(shares, 0.0, 1.0)
    colours = np.ones((len(shares), 4), np.float32)
    colours[:, 0], colours[:, 1], colours[:, 2] = np.minimum(2 * shares, 1), np.minimum(2 - 2 * shares, 1), 0.1
    layer.data.foreach_set("color", colours.reshape(-1))
    mesh.color_attributes.active_color = layer
    mesh.update()


def write_strip(result: Retargeted, start_frame: float, frames_per_second: float) -> Baked:
    """Curves over time of the residual, in millimetres, of the whole face and each region, as custom properties of the
    largest mesh's object: the Graph Editor shows where in the clip the rig falls short, and by how much."""
    largest = max(result.character.head.pieces, key=lambda piece: piece.vertices)
    item = find_object(largest)
    names = [f"{PREFIX}{name}" for name in ("face", *result.regions)]
    values = result.residual * MILLIMETRES * scene_scale()
    for name, column in zip(names, values.T, strict=True):
        item[name] = float(column[0])
        item.id_properties_ui(name).update(description="Millimetres that the rig misses the performance by")
    channels = [Channel(f'["{name}"]', 0, "Residual") for name in names]
    frames = start_frame + result.frames * (frames_per_second / result.fps)
    return write_curves(item, "Residual", channels, frames, values, Placement(Where.REPLACE))


def scene_scale() -> float:
    """Metres of one unit of the scene."""
    return bpy.context.scene.unit_settings.scale_length


def share_missed(result: Retargeted) -> list[tuple[str, float, float]]:
    """For the whole face and each region: its name, millimetres missed, and the share of the motion that is; root mean
    square over the frames that were measured."""
    missed = np.sqrt(np.square(result.residual).mean(0))
    wanted = np.sqrt(np.square(result.wanted).mean(0))
    unit = MILLIMETRES * scene_scale()
    return [
        (name, float(one * unit), float(one / other) if other > 0 else 0.0)
        for name, one, other in zip(("face", *result.regions), missed, wanted, strict=False)
    ]
