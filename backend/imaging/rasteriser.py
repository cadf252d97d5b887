"""Triangles to pixels in plain torch, on any device, without a loop over triangles or pixels."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

SUBPIXELS = 4096
"""Coverage is decided on a grid of this many steps per pixel, in whole numbers, so that it has no rounding."""

GUARD = 4 * 4096 * SUBPIXELS
"""Triangles that reach further than this from the first pixel are dropped: their edge functions could overflow."""

CHUNK = 4_000_000
"""Pixels of bounding boxes handled at once; bounds memory to a few hundred megabytes."""


@dataclass(frozen=True)
class Raster:
    """What each pixel sees. faces: (H, W) int64, -1 for background. barycentrics: (H, W, 3), of the corners of that
    triangle, zero for background. depth: (H, W), infinite for background. Row 0 is the top of the picture."""

    faces: Tensor
    barycentrics: Tensor
    depth: Tensor


def rasterise(
    screen: Tensor,
    triangles: Tensor,
    size: tuple[int, int],
    cull: Literal["none", "back", "front"] = "none",
    perspective: bool = False,
) -> Raster:
    """Which triangle each pixel of a picture sees, and where in it.

    screen: (n, 3) float; x and y from -1 to 1 across the picture, x to the right and y down; z is the distance, the
    smaller the nearer. triangles: (t, 3) integers. size: height and width in pixels. Pixel centres lie at i + 0.5; an
    edge shared by two triangles belongs to exactly one of them (top-left rule). Of triangles at the same float32
    distance the first in the list wins. A triangle that is seen counter-clockwise faces the viewer.
    perspective: z is the distance along the view axis of a perspective projection: barycentrics and depth are
    corrected for it, and triangles that reach behind the viewer (z <= 0) are dropped.

    Gradients flow from barycentrics and depth to `screen` with visibility held fixed.
    """
    height, width = size
    faces = _visible(screen.detach(), triangles, height, width, cull, perspective)
    hit = faces >= 0
    rows, columns = torch.nonzero(hit, as_tuple=True)
    corners = screen[triangles[faces[hit]].long()]  # (p, 3 corners, 3)
    scale = torch.tensor([width, height], dtype=screen.dtype, device=screen.device) / 2
    centres = torch.stack([columns, rows], dim=1).to(screen.dtype) + 0.5
    flat = _barycentrics((corners[..., :2] + 1) * scale, centres)
    distance = corners[..., 2]
    if perspective:
        flat = flat / distance
        flat = flat / flat.sum(1, keepdim=True)
    barycentrics = screen.new_zeros(height, width, 3).index_put((rows, columns), flat)
    depth = screen.new_full((height, width), torch.inf).index_put((rows, columns), (flat * distance).sum(1))
    return Raster(faces, barycentrics, depth)


def interpolate(attributes: Tensor, triangles: Tensor, raster: Raster, background: float = 0.0) -> Tensor:
    """(H, W, k): vertex attributes (n, k) carried to the pixels. Differentiable in the attributes and, through the
    barycentrics, in the screen vertices."""
    hit = raster.faces >= 0
    corners = attributes[triangles[raster.faces[hit]].long()]  # (p, 3, k)
    values = (raster.barycentrics[hit][..., None] * corners).sum(1)
    rows, columns = torch.nonzero(hit, as_tuple=True)
    picture = values.new_full((*raster.faces.shape, attributes.shape[1]), background)
    return picture.index_put((rows, columns), values)


def _barycentrics(corners: Tensor, centres: Tensor) -> Tensor:
    """(p, 3) from corners (p, 3, 2) and points (p, 2) in pixels. A sliver thinner than the coverage grid may hold a
    point outside itself; there the nearest weights within are taken."""
    towards = corners - centres[:, None]
    weights = torch.stack([_cross(towards[:, (i + 1) % 3], towards[:, (i + 2) % 3]) for i in range(3)], dim=1)
    total = weights.sum(1, keepdim=True)
    weights = weights / torch.where(total == 0, torch.ones_like(total), total)
    within = weights.clamp(0, 1) + 1e-12
    stray = (weights.min(1, keepdim=True).values < -0.05) | (total == 0)
    return torch.where(stray, within / within.sum(1, keepdim=True), weights)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _visible(screen: Tensor, triangles: Tensor, height: int, width: int, cull: str, perspective: bool) -> Tensor:
    """(H, W) int64: the nearest triangle of each pixel, -1 where there is none."""
    device = screen.device
    scale = torch.tensor([width, height], dtype=screen.dtype, device=device) / 2
    grid = ((screen[:, :2] + 1) * (scale * SUBPIXELS)).round()
    usable = (torch.isfinite(screen).all(1)) & (grid.abs() <= GUARD).all(1)
    if perspective:
        usable &= screen[:, 2] > 0
    grid = torch.where(usable[:, None], grid, torch.zeros_like(grid)).long()
    # columns apart from here on: reductions over three values in a row cost several times as much
    numbers = triangles.long().unbind(1)
    (x, y) = ([column[number] for number in numbers] for column in grid.T.contiguous())
    area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
    # with y down, a triangle seen counter-clockwise has a negative area
    keep = {"none": area != 0, "back": area < 0, "front": area > 0}[cull]
    for number in numbers:
        keep &= usable[number]
    left, width_seen = _pixels(x, width)
    top, height_seen = _pixels(y, height)
    keep &= (width_seen > 0) & (height_seen > 0)
    which = torch.nonzero(keep)[:, 0]
    x, y, distance = ([column[which] for column in columns] for columns in (x, y, [screen[:, 2][n] for n in numbers]))
    area, left, top, width_seen, height_seen = (part[which] for part in (area, left, top, width_seen, height_seen))
    # positively oriented from here on, so that one set of signs serves every triangle
    turned = area < 0
    for corner in (x, y, distance):
        corner[1], corner[2] = torch.where(turned, corner[2], corner[1]), torch.where(turned, corner[1], corner[2])
    # what is linear on the screen
    value = [1.0 / corner.float() if perspective else corner.float() for corner in distance]
    edges, inverse = _edges(x, y), 1.0 / area.abs().to(torch.float32)

    nearest = torch.full((height * width,), torch.iinfo(torch.int64).max, dtype=torch.int64, device=device)
    for start, end in _chunks(width_seen * height_seen):
        owner, row = _expand(height_seen[start:end])
        owner += start
        row += top[owner]
        first = left[owner]
        last = first + width_seen[owner] - 1
        slopes = [a[owner] for a, _, _ in edges]
        constants = [b[owner] * row + c[owner] for _, b, c in edges]
        for slope, constant in zip(slopes, constants, strict=True):
            bound = torch.div(constant, slope.abs().clamp(min=1), rounding_mode="floor")
            first = torch.where(slope > 0, torch.maximum(first, -bound), first)
            last = torch.where(slope < 0, torch.minimum(last, bound), last)
            last = torch.where((slope == 0) & (constant < 0), first - 1, last)
        # the value at the first pixel of each span and its step to the next, from the first corner's value, which keeps
        # the float32 sums small
        begin, step = value[0][owner], torch.zeros_like(value[0][owner])
        for i in (1, 2):
            rise = ((value[i] - value[0]) * inverse)[owner]
            begin = begin + rise * (slopes[i] * first + constants[i]).to(torch.float32)
            step = step + rise * slopes[i].to(torch.float32)
        span, along = _expand((last - first + 1).clamp(min=0))
        depth = begin[span] + step[span] * along
        if perspective:
            depth = 1.0 / depth
        key = (_sortable(depth) << 32) | which[owner[span]]
        nearest.scatter_reduce_(0, (row * width + first)[span] + along, key, "amin")
    empty = nearest == torch.iinfo(torch.int64).max
    return torch.where(empty, -1, nearest & 0xFFFFFFFF).reshape(height, width)


def _expand(count: Tensor) -> tuple[Tensor, Tensor]:
    """Each index i repeated count[i] times, and 0, 1, 2, ... within each repetition."""
    index = torch.repeat_interleave(count)
    start = torch.cumsum(count, 0) - count
    return index, torch.arange(len(index), device=count.device) - start[index]


def _pixels(corners: list[Tensor], size: int) -> tuple[Tensor, Tensor]:
    """The first pixel whose centre lies within the reach of three corners, each (t,), along one axis, and how many."""
    low = torch.minimum(torch.minimum(corners[0], corners[1]), corners[2])
    high = torch.maximum(torch.maximum(corners[0], corners[1]), corners[2])
    first = torch.div(low + (SUBPIXELS // 2 - 1), SUBPIXELS, rounding_mode="floor").clamp(min=0)
    last = torch.div(high - SUBPIXELS // 2, SUBPIXELS, rounding_mode="floor").clamp(max=size - 1)
    return first, (last - first + 1).clamp(min=0)


def _edges(x: list[Tensor], y: list[Tensor]) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For each of three edges a, b, c, (t,) int64, of the edge function a x + b y + c of pixel columns and rows, zero
    or more for pixels that the triangle owns. Edge i faces corner i; x, y: the three corners' places, (t,) each."""
    edges = []
    for i in range(3):
        start, end = (i + 1) % 3, (i + 2) % 3
        a, b = y[start] - y[end], x[end] - x[start]
        c = -(a * x[start] + b * y[start]) + (a + b) * (SUBPIXELS // 2)
        # a positive triangle runs clockwise on the screen (y is down): top edges go right, left edges go up
        owned = (a > 0) | ((a == 0) & (b > 0))
        edges.append((a * SUBPIXELS, b * SUBPIXELS, c - (~owned).long()))
    return edges


def _chunks(count: Tensor) -> list[tuple[int, int]]:
    """Runs of triangles whose candidate pixels add up to about CHUNK."""
    if len(count) == 0:
        return []
    group = torch.div(torch.cumsum(count, 0), CHUNK, rounding_mode="floor")
    ends = [*(torch.nonzero(group[1:] != group[:-1])[:, 0] + 1).tolist(), len(count)]
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _sortable(depth: Tensor) -> Tensor:
    """int64 within 31 bits and a sign, in the order of float32 depths."""
    bits = depth.contiguous().view(torch.int32).long()
    return torch.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
