"""The rasteriser against a loop over triangles and pixels, and against what must hold exactly."""

import time
from fractions import Fraction

import numpy as np
import pytest
import torch

from backend.imaging.rasteriser import SUBPIXELS, interpolate, rasterise


def soup(count: int, seed: int, spread: float = 0.4) -> tuple[torch.Tensor, torch.Tensor]:
    """Random separate triangles, some reaching out of the picture."""
    generator = torch.Generator().manual_seed(seed)
    centre = torch.rand(count, 1, 3, generator=generator) * 2.2 - 1.1
    screen = (centre + (torch.rand(count, 3, 3, generator=generator) - 0.5) * spread).reshape(-1, 3)
    return screen, torch.arange(3 * count).reshape(count, 3)


def grid_mesh(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A jittered square of (n - 1)^2 quads, each cut along a random diagonal, that covers the picture."""
    generator = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1.3, 1.3, n), np.linspace(-1.3, 1.3, n))
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    points[..., :2] += generator.uniform(-0.3, 0.3, (n, n, 2)) * 2.6 / n
    index = np.arange(n * n).reshape(n, n)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    flip = generator.random(len(a)) < 0.5
    first = np.where(flip[:, None], np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    second = np.where(flip[:, None], np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return torch.tensor(points.reshape(-1, 3), dtype=torch.float32), torch.tensor(np.concatenate([first, second]))


def brute_force(screen: torch.Tensor, triangles: torch.Tensor, height: int, width: int) -> np.ndarray:
    """(H, W, 2): nearest triangle and whether a second one lies within 1e-6 of it, by exact fractions per pixel."""
    nearest = np.full((height, width), np.inf)
    faces = np.full((height, width), -1)
    close = np.zeros((height, width), bool)
    grid = [
        [
            round(float(np.float32(v + 1) * np.float32(s / 2 * SUBPIXELS)))
            for v, s in zip(p[:2].tolist(), (width, height), strict=True)
        ]
        for p in screen.numpy()
    ]
    for index, triangle in enumerate(triangles.tolist()):
        corners = [grid[v] for v in triangle]
        depths = [float(screen[v, 2]) for v in triangle]
        area = (corners[1][0] - corners[0][0]) * (corners[2][1] - corners[0][1]) - (corners[1][1] - corners[0][1]) * (
            corners[2][0] - corners[0][0]
        )
        if area == 0:
            continue
        if area < 0:
            corners[1], corners[2] = corners[2], corners[1]
            depths[1], depths[2] = depths[2], depths[1]
        for row in range(height):
            for column in range(width):
                x, y = column * SUBPIXELS + SUBPIXELS // 2, row * SUBPIXELS + SUBPIXELS // 2
                weights = []
                for i in range(3):
                    (x0, y0), (x1, y1) = corners[(i + 1) % 3], corners[(i + 2) % 3]
                    value = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
                    top_left = (y1 == y0 and x1 > x0) or y1 < y0
                    if value < 0 or (value == 0 and not top_left):
                        break
                    weights.append(Fraction(value, abs(area)))
                if len(weights) < 3:
                    continue
                depth = sum(float(w) * d for w, d in zip(weights, depths, strict=True))
                close[row, column] |= abs(depth - nearest[row, column]) < 1e-5
                if depth < nearest[row, column]:
                    nearest[row, column], faces[row, column] = depth, index
    return np.stack([faces, close], axis=-1)


@pytest.mark.parametrize("size", [(24, 24), (17, 31)])
def test_equals_a_loop_over_triangles_and_pixels(size):
    screen, triangles = soup(60, seed=size[0])
    expected = brute_force(screen, triangles, *size)
    raster = rasterise(screen, triangles, size)
    clear = expected[..., 1] == 0
    assert clear.mean() > 0.95
    assert (raster.faces.numpy()[clear] == expected[..., 0][clear]).all()
    assert len(np.unique(expected[..., 0])) > 30


@pytest.mark.parametrize("seed", range(4))
def test_every_pixel_of_a_tessellation_belongs_to_exactly_one_triangle(seed):
    screen, triangles = grid_mesh(8 if seed % 2 else 40, seed)
    if seed % 2:  # vertices exactly on pixel centres: every edge rule is needed
        screen[:, :2] = ((screen[:, :2] + 1) * 16 - 0.5).round().add(0.5) / 16 - 1
    counts = torch.zeros(32, 32)
    for part in triangles.split(1):
        counts += rasterise(screen, part, (32, 32)).faces >= 0
    assert (counts == 1).all()


def test_row_zero_is_the_top_and_centres_lie_at_half_pixels():
    # covers x in [-1, -0.5] and y in [-1, 0] of a picture of 4 x 4: the first column, the first two rows
    screen = torch.tensor([[-1.0, -1.0, 1.0], [-0.5, -1.0, 1.0], [-0.5, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    raster = rasterise(screen, torch.tensor([[0, 1, 2], [0, 2, 3]]), (4, 4))
    expected = torch.zeros(4, 4, dtype=torch.bool)
    expected[:2, 0] = True
    assert torch.equal(raster.faces >= 0, expected)
    position = interpolate(screen[:, :2], torch.tensor([[0, 1, 2], [0, 2, 3]]), raster)
    assert torch.allclose(position[1, 0], torch.tensor([-0.75, -0.25]), atol=1e-6)


def test_the_nearer_triangle_wins_and_culling_goes_by_winding():
    screen = torch.tensor([[-1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, -1.0, 0.0]]).repeat(2, 1)
    screen[3:, 2] = torch.tensor([-1.0, 1.0, 0.0])  # slanted: nearer on the left, farther on the right
    triangles = torch.tensor([[0, 1, 2], [3, 5, 4]])  # first counter-clockwise as seen, second clockwise
    both = rasterise(screen, triangles, (8, 8)).faces
    assert both[6, 2] == 1 and both[6, 5] == 0
    assert set(rasterise(screen, triangles, (8, 8), cull="back").faces.unique().tolist()) == {-1, 0}
    assert set(rasterise(screen, triangles, (8, 8), cull="front").faces.unique().tolist()) == {-1, 1}


def test_constants_and_planes_are_carried_exactly():
    screen, triangles = grid_mesh(20, 5)
    plane = 0.3 * screen[:, :1].double() - 0.7 * screen[:, 1:2].double() + 2
    attributes = torch.cat([torch.ones_like(plane), plane], dim=1)
    picture = interpolate(attributes, triangles, rasterise(screen.double(), triangles, (48, 48)))
    centre = (torch.arange(48, dtype=torch.float64) + 0.5) / 24 - 1
    assert (picture[..., 0] - 1).abs().max() < 1e-12
    assert (picture[..., 1] - (0.3 * centre[None] - 0.7 * centre[:, None] + 2)).abs().max() < 1e-12


def test_perspective_carries_planes_of_space():
    screen, triangles = grid_mesh(6, 1)
    distance = 2 + torch.rand(len(screen), 1, generator=torch.Generator().manual_seed(2))
    seen = torch.cat([screen[:, :2], distance], dim=1).double()
    raster = rasterise(seen, triangles, (32, 32), perspective=True)
    space = interpolate(torch.cat([seen[:, :2] * seen[:, 2:], seen[:, 2:]], dim=1), triangles, raster)
    centre = (torch.arange(32, dtype=torch.float64) + 0.5) / 16 - 1
    assert (space[..., 0] / space[..., 2] - centre[None]).abs().max() < 1e-12
    assert (space[..., 1] / space[..., 2] - centre[:, None]).abs().max() < 1e-12
    assert (raster.depth - space[..., 2]).abs().max() < 1e-12
    behind = seen.clone()
    behind[14, 2] = -1
    dropped = (triangles == 14).any(1)
    seen_now = rasterise(behind, triangles, (32, 32), perspective=True).faces
    assert torch.isin(raster.faces, torch.nonzero(dropped)).any()
    assert not torch.isin(seen_now, torch.nonzero(dropped)).any() and (seen_now >= 0).any()


@pytest.mark.parametrize("perspective", [False, True])
def test_gradients_equal_finite_differences(perspective):
    screen, triangles = soup(12, seed=3, spread=0.8)
    screen = screen.double()
    screen[:, 2] = screen[:, 2] * 0.3 + 2
    attributes = torch.rand(len(screen), 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    weights = torch.rand(16, 16, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    visible = rasterise(screen, triangles, (16, 16), perspective=perspective).faces

    def loss(vertices: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        raster = rasterise(vertices, triangles, (16, 16), perspective=perspective)
        same = (raster.faces == visible)[..., None]
        return (interpolate(values, triangles, raster) * weights * same).sum() + raster.depth[visible >= 0].sum()

    screen.requires_grad_()
    attributes.requires_grad_()
    gradients = torch.autograd.grad(loss(screen, attributes), (screen, attributes))
    step = 1e-6
    for tensor, gradient in zip((screen, attributes), gradients, strict=True):
        numeric = torch.zeros_like(tensor)
        for index in np.ndindex(*tensor.shape):
            shift = torch.zeros_like(tensor)
            shift[index] = step
            arguments = [(t + s).detach() for t, s in ((screen, 0), (attributes, 0))]
            at = 0 if tensor is screen else 1
            arguments[at] = (tensor + shift).detach()
            above = loss(*arguments)
            arguments[at] = (tensor - shift).detach()
            numeric[index] = (above - loss(*arguments)) / (2 * step)
        assert gradient.abs().max() > 0.1
        assert (numeric - gradient).abs().max() < 1e-5 * gradient.abs().max()


def test_hostile_vertices_cost_only_their_own_triangles():
    screen, triangles = grid_mesh(12, 7)
    good = rasterise(screen, triangles, (16, 16)).faces
    extra = torch.tensor([[float("nan"), 0, 0], [1e30, 0, 0], [-1e30, 1e30, -5], [float("inf"), 0, 0]])
    vertices = torch.cat([screen, extra])
    n = len(screen)
    more = torch.cat([triangles, torch.tensor([[n, 0, 1], [n + 1, n + 2, 0], [n + 3, 1, 2], [5, 5, 5]])])
    assert torch.equal(rasterise(vertices, more, (16, 16)).faces, good)
    assert (rasterise(screen, triangles[:0], (16, 16)).faces == -1).all()


def test_twenty_thousand_triangles_take_well_under_a_fifth_of_a_second_of_one_core():
    screen, triangles = grid_mesh(101, 0)
    rasterise(screen, triangles, (256, 256))
    times = []
    for _ in range(3):
        start = time.process_time()
        rasterise(screen, triangles, (256, 256))
        times.append(time.process_time() - start)
    assert min(times) < 0.2
