"""What is inside the mouth: tongue, upper and lower teeth."""

from collections.abc import Callable

import numpy as np

from backend.cloning.pieces import Front, Piece
from backend.cloning.reference import references

MOUTH_BOX = np.array([[-0.045, -0.075, -0.005], [0.045, 0.005, 0.118]])
"""Where teeth, gums and tongue of the canonical head are, with room."""


def in_mouth(piece: Piece, front: Front) -> bool:
    """Most of the piece lies in the mouth's box and behind the skin that is seen there."""
    if piece.named in ("worn", "beard", "eye", "lashes", "brows"):
        return False
    boxed = ((piece.points > MOUTH_BOX[0]) & (piece.points < MOUTH_BOX[1])).all(1)
    if boxed.mean() < 0.8 or len(front.points) < 3:
        return False
    _, near = front.flat_tree.query(piece.points[:, :2], k=min(4, len(front.points)))
    depth = front.points[near.reshape(len(piece.points), -1), 2].max(1)
    return bool((piece.points[:, 2] < depth - 0.0005).mean() > 0.7)


def mouth_parts(pieces: list[Piece]) -> list[tuple[np.ndarray, str]]:
    """Tongue, upper and lower teeth (with their gums) among the pieces in the mouth."""
    if not pieces:
        return []
    tongue = _tongue(pieces)
    parts = [(piece.vertices, "tongue") for piece in tongue]
    rows = [piece for piece in pieces if all(piece is not one for one in tongue)]
    if not rows:
        return parts
    row_of = _bite([piece.middle for piece in rows])
    low = min(float(piece.low[1]) for piece in rows)
    high = max(float(piece.low[1] + piece.size[1]) for piece in rows)
    for piece in rows:
        upper = row_of(piece.points)
        share = float(upper.mean())
        both = piece.size[1] > max(0.8 * (high - low), 0.02) and 0.15 < share < 0.85
        if both:
            parts.append((piece.vertices[upper], "teeth_upper"))
            parts.append((piece.vertices[~upper], "teeth_lower"))
        else:
            parts.append((piece.vertices, "teeth_upper" if row_of(piece.middle[None])[0] else "teeth_lower"))
    return parts


def _bite(middles: list[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Tells points (p, 3) above the bite from those below: (p,) bool.

    The heights of the pieces are fitted by two parallel lines over depth, because rows of teeth rise towards the
    back; where that explains them no better than one line, everything lies on one side of the lips' line.
    """
    mouth = references()["mouth"]
    line = 0.5 * float(mouth.upper[:, 1].mean() + mouth.lower[:, 1].mean())
    points = np.array(middles)
    height, depth = points[:, 1], points[:, 2] - points[:, 2].mean()
    best = None
    for slope in np.linspace(-0.6, 0.6, 13):
        level = height - slope * depth
        order = np.sort(level)
        for cut in 0.5 * (order[1:] + order[:-1]):
            upper = level > cut
            if upper.all() or not upper.any():
                continue
            apart = level[upper].mean() - level[~upper].mean()
            spread = level[upper].var() * upper.sum() + level[~upper].var() * (~upper).sum()
            if apart > 0.004 and (best is None or spread < best[0]):
                best = (spread, slope, 0.5 * float(level[upper].mean() + level[~upper].mean()))
    if best is None or best[0] > 0.4 * float(((height - height.mean()) ** 2).sum()):
        if len(points) > 1:
            above = float(height.mean()) > line
            return lambda at: np.full(len(at), above)
        return lambda at: at[:, 1] > line
    _, slope, level = best
    back = float(points[:, 2].mean())
    return lambda at: at[:, 1] - slope * (at[:, 2] - back) > level


def _tongue(pieces: list[Piece]) -> list[Piece]:
    """The tongue: what is called so, else the piece that fills the middle of the mouth and is narrower than the
    arches. Alone in a mouth it can't be told from a row of teeth, and counts as none."""
    named = [piece for piece in pieces if piece.named == "tongue"]
    if named:
        return named
    widest = max(float(piece.size[0]) for piece in pieces)
    behind = float(np.median([piece.low[2] + piece.size[2] for piece in pieces if piece.size[0] > 0.7 * widest]))
    candidates = [
        piece
        for piece in pieces
        if abs(piece.middle[0]) < 0.005
        and 0.35 * widest < piece.size[0] < 0.92 * widest
        and piece.size[2] > 0.7 * piece.size[0]
        and piece.low[2] + piece.size[2] < behind + 0.002
        and _filled(piece)
    ]
    if not candidates or len(candidates) == len(pieces):
        return []
    return [min(candidates, key=lambda piece: float(piece.size[1]) / float(piece.size[2]))]


def _filled(piece: Piece) -> bool:
    """Whether the middle of the piece's rear half has surface: an arch of teeth has none."""
    rear = piece.points[piece.points[:, 2] < piece.middle[2]]
    if len(rear) == 0:
        return False
    return bool(np.abs(rear[:, 0] - piece.middle[0]).min() < 0.2 * piece.size[0])
