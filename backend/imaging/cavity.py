"""Darkening of cavities in a picture, from depth alone: eyes, nostrils and the mouth stand out as in daylight."""

import torch
from torch import Tensor

from backend.imaging.rasteriser import Raster


def cavity_light(
    raster: Raster, extent: float, reaches: tuple[float, ...] = (0.02, 0.05), strength: float = 2.0
) -> Tensor:
    """(H, W) in 0..1: how much light reaches each pixel of a square picture, 1 on open or convex ground.

    Unsharp masking of the depth buffer (Luft, Colditz and Deussen 2006): a pixel that lies deeper than the mean of
    its surroundings is dark. extent: half the picture's height in the unit of depth. reaches: widths of the
    surroundings as fractions of the picture's height.
    """
    height = raster.faces.shape[0]
    seen = raster.faces >= 0
    if not seen.any():
        return torch.ones_like(raster.depth, dtype=torch.float32)
    hit = seen.float()
    # counted from the nearest point, so that float32 sums stay exact enough
    depth = torch.where(seen, raster.depth - raster.depth[seen].min(), 0.0).float()
    shadow = torch.zeros_like(depth)
    for reach in reaches:
        radius = max(round(reach * height / 2), 1)
        around = _box_sum(depth, radius) / _box_sum(hit, radius).clamp(min=1)
        width = 2 * extent * (2 * radius + 1) / height
        shadow += ((depth - around) / width).clamp(0, 1)
    return torch.exp(-strength * shadow * hit)


def _box_sum(picture: Tensor, radius: int) -> Tensor:
    """The sum over the square of side 2 radius + 1 about each pixel, nothing beyond the borders."""
    for axis in (0, 1):
        length = picture.shape[axis]
        running = torch.cumsum(picture, axis)
        before = torch.zeros_like(running.narrow(axis, 0, 1))
        running = torch.cat([before, running], axis)
        index = torch.arange(length, device=picture.device)
        picture = running.index_select(axis, (index + radius + 1).clamp(max=length)) - running.index_select(
            axis, (index - radius).clamp(min=0)
        )
    return picture
