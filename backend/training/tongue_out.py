"""tongueOut for a head that has a tongue but no such shape."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from backend.geometry.spread import spread

PATH = np.array(
    [
        [0.00, 0.000, 0.000],
        [0.25, 0.000, 0.000],
        [0.50, 0.003, 0.011],
        [0.72, 0.006, 0.022],
        [0.86, 0.004, 0.031],
        [1.00, -0.004, 0.037],
    ]
)
"""How far the tongue's middle line moves up and forward in metres, at shares of its length from the root to the tip: it
rises over the lower teeth, passes between the lips and hangs down before the lower lip."""

FLATTENED = 0.55
"""Thickness of the tip against rest: a tongue between teeth is flat."""

FLOOR_REACH = 0.02
"""Metres around the tongue in which the floor of the mouth follows it."""


def tongue_out(vertices: np.ndarray, triangles: np.ndarray, tongue: np.ndarray, above: np.ndarray) -> np.ndarray:
    """(n, 3) displacements of tongueOut: the tongue comes out between the lips, forward and down.

    The shape is relative to the lower jaw, which it does not move: it is meant on top of jawOpen, whose displacement of
    the tongue adds to it. Each cross-section of the tongue keeps its form, gets flatter towards the tip and turns with
    the middle line. The floor of the mouth follows near the tongue.

    vertices: (n, 3) metres, canonical frame, mouth closed. triangles: (t, 3) of teeth, gums and tongue. tongue: (n,)
    bool. above: (n,) bool, upper teeth and gums, which stay.
    """
    own = vertices[tongue].astype(np.float64)
    root, tip = own[:, 2].min(), own[:, 2].max()
    middle = PchipInterpolator(*section_middles(own))
    steps = np.linspace(0, 1, 101)
    depth = root + steps * (tip - root)
    rest = np.stack([middle(depth), depth], axis=1)
    line = rest + PchipInterpolator(PATH[:, 0], PATH[:, 1:])(steps)
    along = np.clip((own[:, 2] - root) / (tip - root), 0, 1)
    turn = np.interp(along, steps, slope(line) - slope(rest))
    towards_tip = np.clip((along - 0.3) / 0.6, 0, 1)
    flat = 1 - (1 - FLATTENED) * towards_tip**2 * (3 - 2 * towards_tip)
    height = (own[:, 1] - middle(own[:, 2])) * flat
    moved = own.copy()
    moved[:, 1] = np.interp(along, steps, line[:, 0]) + height * np.cos(turn)
    moved[:, 2] = np.interp(along, steps, line[:, 1]) - height * np.sin(turn)
    return spread(vertices, triangles, np.nonzero(tongue)[0], moved - own, FLOOR_REACH, ~above).astype(np.float32)


def section_middles(points: np.ndarray, count: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Places (count,) along z and the middle height of the points' cross-section at each."""
    z = np.linspace(points[:, 2].min(), points[:, 2].max(), count)
    half = 0.75 * (z[1] - z[0])
    height = []
    for at in z:
        section = points[np.abs(points[:, 2] - at) <= half, 1]
        height.append(0.5 * (section.min() + section.max()))
    return z, np.array(height)


def slope(line: np.ndarray) -> np.ndarray:
    """(k,) radians that the polyline (k, 2) of heights and depths climbs at each point."""
    step = np.gradient(line, axis=0)
    return np.arctan2(step[:, 0], step[:, 1])
