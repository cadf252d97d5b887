"""The contact sheet: every shape on both heads."""

from collections.abc import Sequence
from pathlib import Path

import bpy
from PIL import Image

from backend.channels import ARKIT_NAMES
from demonstration import pictures
from demonstration.heads import Head
from demonstration.routine import TOGETHER
from demonstration.stage import PAPER

COLUMNS = 6
LABEL = 30
TITLE = 84

PERCENTAGE = 42
"""Of the film's picture size."""


def render(cast: Sequence[Head], path: Path, scratch: Path) -> None:
    """Render the neutral and each ARKit shape at full strength; the keys' values are zero afterwards. The scene's
    camera is used; the keys must not be animated yet."""
    scene = bpy.context.scene
    scene.display.render_aa = "8"
    scene.render.resolution_percentage = PERCENTAGE
    keys = [item.data.shape_keys for head in cast for item in head.objects if item.data.shape_keys]
    cells: list[tuple[str, dict[str, float]]] = [("neutral", {})]
    for name in ARKIT_NAMES:
        weights = {name: 1.0, **dict([TOGETHER[name]] if name in TOGETHER else [])}
        cells.append((" + ".join(weights), weights))
    taken = [(label, picture_of(keys, weights, scratch)) for label, weights in cells]
    picture_of(keys, {}, scratch)
    scene.render.resolution_percentage = 100

    width, height = taken[0][1].size
    rows = -(-len(taken) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, TITLE + rows * (height + LABEL)), PAPER)
    pictures.letter(sheet, " and ".join(head.title for head in cast), (sheet.width / 2, TITLE / 2), 36)
    for number, (label, picture) in enumerate(taken):
        x, y = number % COLUMNS * width, TITLE + number // COLUMNS * (height + LABEL)
        sheet.paste(picture, (x, y))
        pictures.letter(sheet, label, (x + width / 2, y + height + LABEL * 0.35), 17)
    sheet.save(path, optimize=True)


def picture_of(keys: Sequence[bpy.types.Key], weights: dict[str, float], scratch: Path) -> Image.Image:
    """The scene with these values of the keys, zero for the others."""
    for key in keys:
        for block in key.key_blocks[1:]:
            block.value = weights.get(block.name, 0.0)
    return pictures.render(scratch)
