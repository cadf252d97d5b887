"""Where the two heads stand, and how Workbench draws them."""

import math
from collections.abc import Sequence
from pathlib import Path

import bpy

from demonstration.heads import Head

PAPER = (244, 241, 235)
"""Colour behind the heads, 0 to 255, as displayed."""

GAP = 0.12
"""Between the heads, in their heights."""

TURN = math.radians(14)
"""Each head looks this far towards the other."""

LENS = 85.0
MARGIN = 1.04


def set_up(cast: Sequence[Head], picture: tuple[int, int]) -> None:
    """Place the heads side by side, as large as each other, before a camera that sees both in a picture of this width
    and height; nothing else stays in the scene."""
    scene = bpy.context.scene
    own = {item for head in cast for item in (*head.objects, head.root)}
    for item in [item for item in scene.objects if item not in own]:
        bpy.data.objects.remove(item)
    left = 0.0
    for number, head in enumerate(cast):
        scale = 1 / (head.high - head.low)[2]
        width = (head.high - head.low)[0] * scale
        middle = (head.low + head.high) / 2 * scale
        head.root.scale = [scale] * 3
        head.root.rotation_euler = (0, 0, TURN if number == 0 else -TURN)
        head.root.location = (left + width / 2 - middle[0], -middle[1], -middle[2])
        left += width + GAP
    add_camera(scene, left - GAP, picture)
    shade_with_workbench(scene, picture)


def add_camera(scene: bpy.types.Scene, width: float, picture: tuple[int, int]) -> None:
    """A camera straight in front of a stage of this width and of height 1, centred on (width / 2, 0, 0)."""
    data = bpy.data.cameras.new("Camera")
    data.lens = LENS
    camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    aspect = picture[0] / picture[1]
    visible = MARGIN * max(width, aspect)
    camera.location = (width / 2, -visible * LENS / data.sensor_width - 0.5, 0)
    camera.rotation_euler = (math.radians(90), 0, 0)
    scene.camera = camera


def shade_with_workbench(scene: bpy.types.Scene, picture: tuple[int, int]) -> None:
    """Matt clay in material colours on a transparent background, in renders and in the viewport of the saved file."""
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y = picture
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"
    shading = scene.display.shading
    shading.light = "STUDIO"
    shading.color_type = "MATERIAL"
    shading.show_specular_highlight = False
    shading.show_cavity = True
    shading.cavity_type = "BOTH"


def save(path: Path, fps: float, frames: int) -> None:
    """Save the scene with its timeline, the first head selected."""
    scene = bpy.context.scene
    scene.render.fps = round(fps)
    scene.frame_start, scene.frame_end = 1, frames
    scene.frame_set(1)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
