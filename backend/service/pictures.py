"""The method that draws the shapes of a head."""

import numpy as np

from backend.errors import Refusal
from backend.service.call import Call, Reply
from backend.service.request import requested_mesh

SMALLEST, LARGEST = 16, 1024
"""Pixels of a side."""


def draw_thumbnails(call: Call) -> Reply:
    """Draws the shapes of a head. params: channels, which shapes they are; size, pixels. Arrays: those of a mesh as in
    shapes, and deltas (K, N, 3) f4. Result: pictures (K, size, size, 4) u1, rows from the top."""
    from backend.thumbnails import thumbnails

    mesh, channels, size = requested_mesh(call), call.params.get("channels", []), call.params.get("size", 0)
    deltas = call.arrays.get("deltas", np.empty(0, np.float32))
    if (
        not isinstance(channels, list)
        or not all(isinstance(name, str) for name in channels)
        or deltas.shape != (len(channels), len(mesh.vertices), 3)
        or not isinstance(size, int)
        or not SMALLEST <= size <= LARGEST
    ):
        raise Refusal("bad-request", "The request does not describe pictures.", "Update the add-on.")
    return Reply({}, {"pictures": thumbnails(mesh.vertices, mesh.triangles, channels, deltas, size, call.progress)})
