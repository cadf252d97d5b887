"""The role of every connected piece of a character: skin, eyes, teeth, tongue, lashes, brows, other."""

import re
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from backend.cloning.eyeballs import Eyeball, carried_rims, find_eye, hangs_on_lids
from backend.cloning.mouth import in_mouth, mouth_parts
from backend.cloning.pieces import Front, Piece
from backend.cloning.reference import canonical_eyes, references
from backend.geometry.edges import border_vertices
from backend.geometry.mesh import PARTS
from backend.geometry.operators import triangle_normals, vertex_normals
from backend.geometry.sphere import fit_sphere

ROLE = {name: number for number, name in enumerate(PARTS)}

NAMED = (
    ("lashes", re.compile(r"lash", re.IGNORECASE)),
    ("brows", re.compile(r"brow", re.IGNORECASE)),
    ("tongue", re.compile(r"tongue", re.IGNORECASE)),
    ("teeth", re.compile(r"teeth|tooth|gum|dentur", re.IGNORECASE)),
    ("beard", re.compile(r"beard|mou?stache", re.IGNORECASE)),
    ("worn", re.compile(r"hair|glass|lens|rims|hat\b|cap\b|helmet|shirt|cloth|scarf", re.IGNORECASE)),
    ("eye", re.compile(r"eye|cornea|iris|sclera|pupil", re.IGNORECASE)),
)
"""What the name of an object says, the first that matches."""

FACE_BOX = np.array([[-0.08, -0.085, 0.02], [0.08, 0.09, 0.15]])
"""Where the face of the canonical head is, metres, with room for an alignment that is a little off."""


@dataclass(frozen=True)
class Parts:
    """roles: (N,) int8 into PARTS. rides: (N,) bool, what is carried by the skin beneath it: lashes, brows, and other
    pieces that lie on the face, like beards. eyes: the left and the right eyeball, None where there is none."""

    roles: np.ndarray
    rides: np.ndarray
    eyes: tuple[Eyeball | None, Eyeball | None]


def find_parts(
    vertices: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    objects: np.ndarray,
    object_names: tuple[str, ...],
    said: tuple[str, ...] = (),
) -> Parts:
    """The role of every vertex, by its component.

    vertices: (N, 3) metres in the canonical frame (an alignment right to about a centimetre is enough). triangles:
    (t, 3). components: (N,) the number of each vertex's connected component. objects: (N,) into object_names. Names
    decide only between roles that the geometry allows; nothing depends on them. said: what the user says of each
    object, as in Guidance; that decides.
    """
    points = np.asarray(vertices, np.float64)
    triangles = np.asarray(triangles)
    pieces = _pieces(points, triangles, components, objects, object_names, said)
    roles = np.full(len(points), ROLE["other"], np.int8)
    edge = border_vertices(triangles, len(points))
    skin = _said_skin(pieces, len(points))
    if not skin.any():
        skin = _skin(points, triangles, components, [piece for piece in pieces if not piece.said], edge)
    roles[skin] = ROLE["skin"]
    used = np.zeros(len(points), bool)
    used[triangles] = True
    rest = [piece for piece in pieces if not skin[piece.vertices[0]] and piece.said != "still"]
    facing = skin & used & (vertex_normals(points, triangles)[:, 2] > 0)
    front = Front(points[facing] if facing.any() else points[skin])
    eyes: list[Eyeball | None] = []
    for side, name in ((1.0, "eye_left"), (-1.0, "eye_right")):
        eye, shells = find_eye([piece for piece in rest if piece.said in ("", "eyes")], name, side)
        for shell in shells:
            lids = eye is not None and hangs_on_lids(points[shell[edge[shell]]], eye, name)
            roles[shell] = ROLE["lashes" if lids else name]
        eyes.append(_said_eye(rest, roles, name, side) if eye is None else eye)
    rest = [piece for piece in rest if (roles[piece.vertices] == ROLE["other"]).any()]
    chin = float(points[skin][:, 1].min()) if skin.any() else 0.0
    inside = [piece for piece in rest if not piece.said and piece.low[1] > chin - 0.002 and in_mouth(piece, front)]
    inside += [piece for piece in rest if piece.said in ("teeth", "tongue")]
    for vertex_numbers, role in mouth_parts(inside):
        roles[vertex_numbers] = ROLE[role]
    rides = roles == ROLE["lashes"]
    taken = {id(piece) for piece in inside}
    for piece in rest:
        if id(piece) not in taken:
            role = _strip_role(piece, eyes, front)
            mine = piece.vertices[roles[piece.vertices] == ROLE["other"]]
            roles[mine] = ROLE[role]
            rides[mine] = role in ("lashes", "brows") or _lies_on_face(piece, front)
    return Parts(roles, rides, (eyes[0], eyes[1]))


def _said_skin(pieces: list[Piece], count: int) -> np.ndarray:
    """(count,) bool: what the user says is skin."""
    skin = np.zeros(count, bool)
    for piece in pieces:
        skin[piece.vertices] = piece.said == "skin"
    return skin


def _said_eye(pieces: list[Piece], roles: np.ndarray, name: str, side: float) -> Eyeball | None:
    """The eyeball of one side that only the user has recognised, with its role written to all its shells; None where
    nothing was said."""
    mine = [
        piece
        for piece in pieces
        if piece.said == "eyes" and piece.middle[0] * side > 0 and (roles[piece.vertices] == ROLE["other"]).all()
    ]
    for piece in mine:
        roles[piece.vertices] = ROLE[name]
    fullest = max((piece for piece in mine if len(piece.vertices) > 5), key=lambda one: one.size.min(), default=None)
    if fullest is None:
        return None
    center, radius, off = fit_sphere(fullest.points)
    return Eyeball(center, radius, off / radius)


def _pieces(
    points: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    objects: np.ndarray,
    names: tuple[str, ...],
    told: tuple[str, ...],
) -> list[Piece]:
    used = np.zeros(len(points), bool)
    used[triangles] = True
    order = np.argsort(components, kind="stable")
    order = order[used[order]]
    if len(order) == 0:
        return []
    cuts = np.flatnonzero(np.diff(components[order])) + 1
    pieces = []
    for numbers in np.split(order, cuts):
        here = points[numbers]
        low, high = here.min(0), here.max(0)
        number = int(objects[numbers[0]])
        name = names[number] if number < len(names) else ""
        found = [role for role, pattern in NAMED if pattern.search(name)]
        named = "" if {"tongue", "teeth"} <= set(found) else (found or [""])[0]
        said = told[number] if number < len(told) else ""
        named = {"": named, "eyes": "eye", "skin": "", "still": "worn"}.get(said, said)
        pieces.append(Piece(numbers, here, low, high - low, 0.5 * (low + high), named, said))
    return pieces


def _skin(
    points: np.ndarray, triangles: np.ndarray, components: np.ndarray, pieces: list[Piece], edge: np.ndarray
) -> np.ndarray:
    """(N,) bool: the component with the most surface in front of the face that has eyes and mouth in it, and those
    that continue it: large, and with a border that lies on its border. edge: (N,) bool, the borders."""
    normals = triangle_normals(points, triangles)
    middle = points[triangles].mean(1)
    boxed = ((middle > FACE_BOX[0]) & (middle < FACE_BOX[1])).all(1) & (normals[:, 2] > 0)
    owner = components[triangles[:, 0]]
    area = np.bincount(owner[boxed], 0.5 * normals[boxed, 2], minlength=int(components.max(initial=0)) + 1)
    rims = np.concatenate([np.concatenate([one.upper, one.lower]) for one in references().values()])
    scores = []
    for piece in pieces:
        share = float(_near(rims, piece.points, 0.02).mean())
        worn = 0.02 if piece.named else 1.0
        scores.append(worn * share**2 * area[components[piece.vertices[0]]])
    skin = np.zeros(len(points), bool)
    if not scores or max(scores) <= 0:
        return skin
    best = int(np.argmax(scores))
    skin[pieces[best].vertices] = True
    tree = KDTree(points[edge & skin]) if (edge & skin).any() else None
    for piece in pieces:
        own = piece.vertices[edge[piece.vertices]]
        if tree is None or piece.named or len(own) < 3 or skin[piece.vertices[0]]:
            continue
        touching = tree.query(points[own])[0] < 1e-4
        if touching.mean() > 0.3 and len(piece.vertices) > 0.02 * skin.sum():
            skin[piece.vertices] = True
    return skin


def _near(places: np.ndarray, points: np.ndarray, reach: float) -> np.ndarray:
    """(p,) bool: which places (p, 3) have one of the points (n, 3) nearer than `reach`."""
    boxed = points[((points >= places.min(0) - reach) & (points <= places.max(0) + reach)).all(1)]
    if len(boxed) == 0:
        return np.zeros(len(places), bool)
    return KDTree(boxed).query(places, distance_upper_bound=reach)[0] < reach


def _strip_role(piece: Piece, eyes: list[Eyeball | None], front: Front) -> str:
    """lashes or brows for thin pieces at the lids and above the eyes, else other."""
    if piece.named in ("lashes", "brows"):
        return piece.named
    if piece.named in ("worn", "beard") or len(front.points) == 0:
        return "other"
    both = piece.low[0] < -0.012 and piece.low[0] + piece.size[0] > 0.012
    sides = [np.sign(piece.middle[0]) or 1.0] if not both else [1.0, -1.0]
    width = float(piece.size[0]) * (0.5 if both else 1.0)
    on_skin = float(np.median(front.tree.query(piece.points)[0]))
    for side in sides:
        name = "eye_left" if side > 0 else "eye_right"
        eye = eyes[0 if side > 0 else 1]
        center, radius = canonical_eyes()[name] if eye is None else (eye.center, eye.radius)
        moved = carried_rims(name, center, radius)
        mine = piece.points[piece.points[:, 0] * side > 0]
        if len(mine) == 0:
            continue
        rim = KDTree(moved).query(mine)[0]
        thin = piece.size[1] < 2.2 * radius and 0.3 * radius < width < 4.5 * radius
        if thin and np.median(rim) < 0.6 * radius and rim.min() < 0.4 * radius:
            return "lashes"
        above = (mine - center) / radius
        height = float(np.median(above[:, 1]))
        if (
            0.6 < height < 3.2
            and width > 1.0 * radius
            and piece.size[1] < 2.5 * radius
            and piece.size[1] < width
            and on_skin < 0.006
            and np.abs(np.median(above[:, 0])) < 2.0
        ):
            return "brows"
    return "other"


def _lies_on_face(piece: Piece, front: Front) -> bool:
    """Whether a piece is a shell on the skin of the face. Hats, hair and spectacles stand off somewhere, or are named
    so; beards may stand off where they are named so."""
    if piece.named == "worn" or len(front.points) == 0:
        return False
    in_box = ((piece.points > FACE_BOX[0]) & (piece.points < FACE_BOX[1])).all(1).mean()
    off = front.tree.query(piece.points)[0]
    if piece.named == "beard":
        return bool(off.min() < 0.01)
    return bool(in_box > 0.5 and np.quantile(off, 0.7) < 0.01)
