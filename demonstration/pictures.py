"""Rendering the scene into arrays, and lettering."""

from pathlib import Path

import bpy
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from demonstration.stage import PAPER

INK = (52, 47, 42)


def render(scratch: Path) -> Image.Image:
    """The scene at its current frame and size, on paper. scratch: folder for the file in between."""
    scene = bpy.context.scene
    path = scratch / "render.png"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    with Image.open(path) as file:
        picture = Image.new("RGBA", file.size, (*PAPER, 255))
        picture.alpha_composite(file.convert("RGBA"))
    return picture.convert("RGB")


def letter(picture: Image.Image, text: str, middle: tuple[float, float], size: float) -> None:
    """Write text centred on a point of a picture. size: of the letters, pixels."""
    ImageDraw.Draw(picture).text(middle, text, INK, ImageFont.load_default(size), anchor="mm")


def pixels(picture: Image.Image) -> np.ndarray:
    """(h, w, 3) uint8."""
    return np.asarray(picture)
