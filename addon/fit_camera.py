"""A camera that sees a fitted head as a photograph or a film does, with the footage behind it."""

from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.errors import Refusal
from .frame import BACKEND_FROM_BLENDER

SENSOR = 36.0
"""Millimetres of the longer side; focal lengths read as those of small film."""

NEAREST = 0.01
"""Metres from which on things are seen: faces are close."""


def make_camera(name: str, pose: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]) -> bpy.types.Object:
    """A camera in the scene's collection. pose: (4, 4) from the backend's frame to the camera's, which looks along -z
    with y up. intrinsics: (3, 3) pixels; size: height and width of the picture."""
    data = bpy.data.cameras.new(name)
    data.clip_start = NEAREST
    item = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(item)
    place_camera(item, np.eye(4), pose, intrinsics, size)
    return item


def place_camera(
    item: bpy.types.Object, head: np.ndarray, pose: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]
) -> None:
    """Have a camera see a head as a picture does. head: (4, 4) where the head stands in the world; the rest as in
    make_camera."""
    height, width = size
    longer = max(size)
    data = item.data
    data.sensor_width = data.sensor_height = SENSOR
    data.lens = float(intrinsics[0, 0]) * SENSOR / longer
    data.shift_x = float(width / 2 - intrinsics[0, 2]) / longer
    data.shift_y = float(intrinsics[1, 2] - height / 2) / longer
    place = np.linalg.inv(pose.astype(np.float64))
    place[:3] = BACKEND_FROM_BLENDER.T @ place[:3]
    item.matrix_world = Matrix((head @ place).tolist())


def show_photo(camera: bpy.types.Object, path: Path, turns: int, mirrored: bool) -> bpy.types.Image:
    """Put a photograph behind what the camera sees. turns: quarter turns counterclockwise that its pixels need,
    mirrored: whether left and right are changed after them. Raises Refusal where Blender cannot read it."""
    try:
        image = bpy.data.images.load(str(path), check_existing=True)
    except RuntimeError as error:
        raise Refusal(
            "unreadable", f"Blender cannot read {path.name}, though it could be fitted.", "Save it as JPEG or PNG."
        ) from error
    behind = _background(camera)
    behind.image = image
    # Blender turns a background clockwise, after it has mirrored it.
    behind.rotation = (turns if mirrored else -turns) * np.pi / 2
    behind.use_flip_x = mirrored
    if turns % 2:
        width, height = image.size
        # Blender fits the picture as it is stored into the frame, and then turns it.
        behind.scale = max(width, height) / max(min(width, height), 1)
    return image


def show_film(camera: bpy.types.Object, path: Path, start: int) -> bpy.types.MovieClip:
    """Put a film behind what the camera sees, its first frame at a frame of the scene. Raises Refusal where Blender
    cannot read it."""
    try:
        clip = bpy.data.movieclips.load(str(path), check_existing=True)
    except RuntimeError as error:
        raise Refusal(
            "unreadable", f"Blender cannot read {path.name}, though it could be fitted.", "Save it as MP4 (H.264)."
        ) from error
    clip.frame_start = start
    behind = _background(camera)
    behind.source = "MOVIE_CLIP"
    behind.clip = clip
    return clip


def _background(camera: bpy.types.Object) -> bpy.types.CameraBackgroundImage:
    camera.data.show_background_images = True
    behind = camera.data.background_images.new()
    behind.alpha = 1.0
    behind.frame_method = "FIT"
    return behind


def match_render(scene: bpy.types.Scene, size: tuple[int, int]) -> None:
    """Have the scene's pictures the size of the footage: the camera's frame is the picture's then."""
    render = scene.render
    render.resolution_y, render.resolution_x = size
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def match_time(scene: bpy.types.Scene, fps: float, start: int, count: int) -> None:
    """Have the scene run as the footage does, from a frame on."""
    scene.render.fps = max(1, round(fps))
    scene.render.fps_base = scene.render.fps / fps
    scene.frame_start, scene.frame_end = start, start + count - 1
