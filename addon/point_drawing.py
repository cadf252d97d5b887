"""The landmarks of a photograph as dots and lines over a 3D view."""

from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from .face_lines import LINES
from .photo_in_view import PhotoInView
from .point_edit import PointEdit

Colour = tuple[float, float, float, float]
LINE: Colour = (0.35, 0.85, 1.0, 0.55)
FOUND: Colour = (0.35, 0.85, 1.0, 0.95)
MOVED: Colour = (1.0, 0.62, 0.12, 1.0)
SELECTED: Colour = (1.0, 1.0, 1.0, 1.0)
HOVERED: Colour = (1.0, 0.95, 0.3, 1.0)
EDGE: Colour = (0.0, 0.0, 0.0, 0.6)
BOX: Colour = (1.0, 1.0, 1.0, 0.7)

RADIUS, LARGE = 3.2, 5.5
"""Pixels of a dot at scale 1, and of one under the mouse."""

CORNERS = 12
_angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
_CIRCLE = np.stack([np.cos(_angles), np.sin(_angles)], axis=1)
_FAN = np.array([[0, at, at + 1] for at in range(1, CORNERS - 1)], np.int32)


def draw_points(edit: PointEdit, place: PhotoInView, box: tuple[np.ndarray, np.ndarray] | None) -> None:
    """Draw onto the region that is being drawn. box: two corners (2,) in pixels of the region."""
    scale = bpy.context.preferences.system.ui_scale
    points = place.shown(edit.points)
    gpu.state.blend_set("ALPHA")
    for line in LINES:
        draw_line(points[list(line)], LINE, 1.3 * scale)
    shown = np.array(edit.shown)
    chosen, moved = np.isin(shown, list(edit.selected)), np.isin(shown, list(edit.moved))
    _dots(points[shown], (RADIUS + 1) * scale, EDGE)
    _dots(points[shown[~chosen & ~moved]], RADIUS * scale, FOUND)
    _dots(points[shown[~chosen & moved]], RADIUS * scale, MOVED)
    _dots(points[shown[chosen]], RADIUS * scale, SELECTED)
    # Of what is both selected and corrected the rim is seen, the middle says that it was corrected.
    _dots(points[shown[chosen & moved]], 0.55 * RADIUS * scale, MOVED)
    if edit.hovered is not None:
        _dots(points[[edit.hovered]], (LARGE + 1) * scale, EDGE)
        _dots(points[[edit.hovered]], LARGE * scale, HOVERED)
    if box is not None:
        (left, low), (right, high) = box
        draw_line(np.array([[left, low], [right, low], [right, high], [left, high], [left, low]]), BOX, 1.0)
    gpu.state.blend_set("NONE")


def draw_line(points: np.ndarray, colour: Colour, width: float) -> None:
    """A line through points (n, 2) of the region."""
    shader: Any = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    shader.bind()
    viewport: Any = gpu.state.viewport_get()
    shader.uniform_float("viewportSize", viewport[2:])
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("color", colour)
    deep: Any = np.column_stack([points, np.zeros(len(points))]).astype(np.float32)
    batch_for_shader(shader, "LINE_STRIP", {"pos": deep}).draw(shader)


def _dots(points: np.ndarray, radius: float, colour: Colour) -> None:
    if not len(points):
        return
    shader: Any = gpu.shader.from_builtin("UNIFORM_COLOR")
    corners: Any = (points[:, None] + radius * _CIRCLE).reshape(-1, 2).astype(np.float32)
    fans: Any = (_FAN + CORNERS * np.arange(len(points))[:, None, None]).reshape(-1, 3).astype(np.int32)
    shader.bind()
    shader.uniform_float("color", colour)
    batch_for_shader(shader, "TRIS", {"pos": corners}, indices=fans).draw(shader)
