"""What is being fitted, as a picture in the corner of the 3D views. Nothing of the scene is touched."""

from typing import Any

import bpy
import numpy as np

from .blender_version import draw_linear_texture
from .performing import PERFORMING

MARGIN = 16
"""Pixels at scale 1 from the region's lower left corner."""

SHARE = 0.45
"""Of the region's width and height that the picture takes at most."""

EDGE = (0.0, 0.0, 0.0, 0.8)


class FitPreview:
    """The drawing, while there is something to be seen. Its texture belongs to the last picture."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._picture: np.ndarray | None = None
        self._texture: Any = None

    def begin(self) -> None:
        """From now on the picture of PERFORMING's step is drawn, where there is a window."""
        if self._handle is None and not bpy.app.background:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")

    def end(self) -> None:
        """No more."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
        self._handle = self._picture = self._texture = None

    def _draw(self) -> None:
        picture = None if PERFORMING.step is None else PERFORMING.step.picture
        region = bpy.context.region
        if picture is None or region is None:
            return
        from .point_drawing import draw_line

        if picture is not self._picture:
            self._picture, self._texture = picture, texture_of(picture)
        scale = bpy.context.preferences.system.ui_scale
        height, width = picture.shape[:2]
        zoom = min(scale, SHARE * region.width / width, SHARE * region.height / height)
        wide, high = zoom * width, zoom * height
        left, low = MARGIN * scale, MARGIN * scale
        draw_linear_texture(self._texture, (left, low), wide, high)
        corners = [[left, low], [left + wide, low], [left + wide, low + high], [left, low + high], [left, low]]
        draw_line(np.array(corners), EDGE, 1.5 * scale)


def texture_of(picture: np.ndarray) -> Any:
    """On the graphics card, rows from the bottom and in linear light, (H, W, 3) uint8."""
    import gpu

    height, width = picture.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = linear_from_srgb(picture[::-1] / np.float32(255))
    values: Any = pixels.reshape(-1)
    # The stubs know no constructors.
    types: Any = gpu.types
    return types.GPUTexture((width, height), format="RGBA32F", data=types.Buffer("FLOAT", values.size, values))


def linear_from_srgb(values: np.ndarray) -> np.ndarray:
    """Of the same shape, 0..1 (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


FIT_PREVIEW = FitPreview()


def redraw_views() -> None:
    """Have the 3D views drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def register() -> None:
    """Nothing: it is drawn while something is fitted."""


def unregister() -> None:
    FIT_PREVIEW.end()
