"""Why a file is turned away."""

from backend.errors import Refusal
from backend.geometry.mesh import MAX_VERTICES

MAX_CORNERS = 8 * MAX_VERTICES
"""Polygon corners that a file may claim."""


def damaged(detail: str) -> Refusal:
    """The file contradicts itself or its format; detail completes "The file is damaged: "."""
    return Refusal("damaged-file", f"The file is damaged: {detail}.", "Export it again.")


def check_counts(vertices: int, corners: int = 0) -> None:
    """Raises Refusal where a file claims more vertices or polygon corners than are ever read."""
    if vertices > MAX_VERTICES:
        raise Refusal(
            "too-large",
            f"The file has {vertices:,} vertices; the limit is {MAX_VERTICES:,}.",
            "Decimate the mesh, or export the head alone.",
        )
    if corners > MAX_CORNERS:
        raise Refusal(
            "too-large",
            f"The file has {corners:,} polygon corners; the limit is {MAX_CORNERS:,}.",
            "Decimate the mesh, or export the head alone.",
        )
