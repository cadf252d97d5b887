"""The two families that training heads come from, brought onto one canonical head with one meaning per shape: what
three artists' versions of it have in common, taught on both families alike."""

import numpy as np
from scipy.spatial import KDTree

from backend.geometry.mesh import PARTS
from backend.geometry.operators import laplacian, vertex_normals
from backend.geometry.registration import register, surface
from backend.geometry.similarity import apply_transform
from backend.training.consensus import Artist, consensus
from backend.training.ict import OPEN_SKIN_END, SKIN_END, IctHead
from backend.training.makehuman import MakeHumanHead, draw_identity
from backend.training.template import Template

SKIN = PARTS.index("skin")
HEAD_SIZE = 0.2
REACH = 0.01
"""Metres: a canonical point farther than this from the other family's surface takes nothing from it."""


def ict_template(head: IctHead, shapes: np.ndarray, landmarks: np.ndarray) -> Template:
    """ICT-FaceKit as a Template. shapes: (53, SKIN_END, 3), what the shapes mean on its skin. landmarks: (478, 3)
    on the canonical head."""
    kept = np.flatnonzero(head.parts != PARTS.index("other"))
    renumber = np.full(len(head.neutral), -1)
    renumber[kept] = np.arange(len(kept))
    triangles = renumber[head.triangles]
    field = np.zeros((len(shapes), len(kept), 3), np.float32)
    skin = kept < SKIN_END
    field[:, skin] = shapes[:, kept[skin]]
    modes = head.identity[:, kept]
    return Template(
        name="ict",
        vertices=head.neutral[kept],
        triangles=triangles[(triangles >= 0).all(1)],
        parts=head.parts[kept],
        canonical=head.neutral[kept],
        shapes=field,
        jaw=head.shapes[head.names.index("jawOpen")][kept],
        identity=lambda random: np.tensordot(random.standard_normal(len(modes)).astype(np.float32), modes, axes=1),
        landmarks=np.asarray(KDTree(head.neutral[:OPEN_SKIN_END]).query(landmarks)[1]),
        sockets=(kept >= OPEN_SKIN_END) & skin,
    )


def canonical_makehuman(
    head: MakeHumanHead, ict: IctHead, placing: np.ndarray, landmarks: np.ndarray, canonical_landmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """MakeHuman's neutral (5188, 3) brought to the canonical frame by the similarity `placing` (4, 4), and where
    each of its vertices lies on the canonical head (5188, 3), by non-rigid registration of the skin; the other
    parts follow it.

    landmarks: (478, 3), seen on MakeHuman, in the canonical frame. canonical_landmarks: (478, 3).
    """
    placed = apply_transform(placing, head.neutral)
    skin = np.flatnonzero(head.parts == SKIN)
    renumber = np.full(len(placed), -1)
    renumber[skin] = np.arange(len(skin))
    triangles = renumber[head.triangles]
    seen = np.isfinite(landmarks).all(1)
    ict_skin = ict.triangles[(ict.triangles < SKIN_END).all(1)]
    moved = register(
        surface(placed[skin], triangles[(triangles >= 0).all(1)]),
        surface(ict.neutral[:SKIN_END], ict_skin),
        (landmarks[seen], canonical_landmarks[seen]),
        HEAD_SIZE,
    )
    distance, nearest = KDTree(placed[skin]).query(placed, k=8)
    weight = 1.0 / (distance + 1e-4)
    weight /= weight.sum(1, keepdims=True)
    canonical = placed + np.einsum("nk,nki->ni", weight, (moved - placed[skin])[nearest])
    canonical[skin] = moved
    return placed, canonical


def pull(
    field: np.ndarray, source: np.ndarray, source_normals: np.ndarray, points: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    """A field (c, n, 3) on source points (n, 3), read off at points (p, 3): inverse-distance mean of the six
    nearest whose normals agree, so that one lip never takes from the other; zero beyond REACH. Returns (c, p,
    3)."""
    distance, index = KDTree(source).query(points, k=6)
    agree = np.einsum("pki,pi->pk", source_normals[index], normals) > 0.2
    weight = np.where(agree & (distance < REACH), 1.0 / (distance + 3e-4), 0.0)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-12)
    return np.einsum("cpki,pk->cpi", field[:, index], weight).astype(np.float32)


SIDED_UNITS = {
    "eyeBlink": "eye-{side}-closure",
    "eyeWide": "eye-{side}-opened-up",
    "browDown": "eyebrows-{side}-down",
    "browInnerUp": "eyebrows-{side}-inner-up",
    "browOuterUp": "eyebrows-{side}-extern-up",
    "noseSneer": "nose-{side}-elevation",
}
SPLIT_UNITS = {
    "mouthSmile": "mouth-corner-puller",
    "mouthFrown": "mouth-depression",
    "mouthStretch": "mouth-retraction",
    "mouthDimple": "mouth-retraction",
    "mouthUpperUp": "mouth-elevation",
}
WHOLE_UNITS = {"mouthPucker": "mouth-pursing", "mouthFunnel": "mouth-protusion", "jawOpen": "mouth-open"}
"""MakeHuman's own expression units, older than its ARKit keys and by other hands, by the ICT name that they come
nearest to: modelled by side, for both sides at once, or for the whole mouth. (The spelling is the file's.)"""

TRUST = {"ict": 1.5, "keys": 1.0, "units": 0.6}
"""Weights of the artists. ICT's shapes come from scans of people and lie on the canonical head as they are; the others
are carried there by a registration, and the units were not made for these names."""


def _left_share(head: MakeHumanHead) -> np.ndarray:
    """(5188, 1) 1 on the left, 0 on the right, smooth across the middle of the face."""
    return (0.5 + 0.5 * np.tanh(head.neutral[:, 0] / 0.01))[:, None]


def makehuman_keys(head: MakeHumanHead, ict: IctHead) -> dict[str, np.ndarray]:
    """MakeHuman's ARKit keys (5188, 3) under ICT's names, in MakeHuman's frame; a key that ICT splits by side is split
    smoothly across the middle of the face."""
    left = _left_share(head)
    return {
        name: head.arkit[arkit] * (1.0 if len(names) == 1 else left if name.endswith("_L") else 1.0 - left)
        for arkit, names in ict.arkit.items()
        for name in names
        if name in ict.names and arkit in head.arkit
    }


def makehuman_units(head: MakeHumanHead) -> dict[str, np.ndarray]:
    """MakeHuman's expression units (5188, 3) under the ICT names that they come nearest to, in MakeHuman's frame."""
    left = _left_share(head)
    result = {name: head.units[unit] for name, unit in WHOLE_UNITS.items()}
    for letter, side, share in (("L", "left", left), ("R", "right", 1.0 - left)):
        result |= {f"{name}_{letter}": head.units[unit.format(side=side)] for name, unit in SIDED_UNITS.items()}
        result |= {f"{name}_{letter}": head.units[unit] * share for name, unit in SPLIT_UNITS.items()}
    return result


def shared_shapes(
    ict: IctHead, makehuman: MakeHumanHead, placing: np.ndarray, canonical: np.ndarray, with_makehuman: bool = True
) -> np.ndarray:
    """(53, SKIN_END, 3): what the shapes mean on ICT's skin, from all artists, or without MakeHuman's."""
    neutral = ict.neutral[:SKIN_END]
    triangles = ict.triangles[(ict.triangles < SKIN_END).all(1)]
    _, area = laplacian(neutral, triangles)
    artists = [Artist(dict(zip(ict.names, ict.shapes[:, :SKIN_END], strict=True)), TRUST["ict"], True)]
    if with_makehuman:
        normals = vertex_normals(neutral, triangles)
        skin = makehuman.parts == SKIN
        own_normals = vertex_normals(canonical, makehuman.triangles)[skin]
        for kind, shapes in (("keys", makehuman_keys(makehuman, ict)), ("units", makehuman_units(makehuman))):
            fields = np.stack([shape[skin] @ placing[:3, :3].T for shape in shapes.values()]).astype(np.float32)
            carried = pull(fields, canonical[skin], own_normals, neutral, normals)
            artists.append(Artist(dict(zip(shapes, carried, strict=True)), TRUST[kind], kind == "keys"))
    return consensus(artists, ict.names, neutral, triangles, area)


def makehuman_template(
    head: MakeHumanHead,
    ict: IctHead,
    shapes: np.ndarray,
    placing: np.ndarray,
    placed: np.ndarray,
    canonical: np.ndarray,
    canonical_landmarks: np.ndarray,
) -> Template:
    """MakeHuman as a Template; its shapes are the shared ones, read off the canonical head."""
    skin = head.parts == SKIN
    triangles = ict.triangles[(ict.triangles < SKIN_END).all(1)]
    normals = vertex_normals(ict.neutral[:SKIN_END], triangles)
    own_normals = vertex_normals(canonical, head.triangles)
    field = np.zeros((len(shapes), len(placed), 3), np.float32)
    field[:, skin] = pull(shapes, ict.neutral[:SKIN_END], normals, canonical[skin], own_normals[skin])
    linear = placing[:3, :3].astype(np.float32)
    return Template(
        name="makehuman",
        vertices=placed.astype(np.float32),
        triangles=head.triangles,
        parts=head.parts,
        canonical=canonical.astype(np.float32),
        shapes=field,
        jaw=(head.arkit["jawOpen"] @ linear.T).astype(np.float32),
        identity=lambda random: draw_identity(head, random) @ linear.T,
        landmarks=np.flatnonzero(skin)[KDTree(canonical[skin]).query(canonical_landmarks)[1]],
        sockets=np.zeros(len(placed), bool),
    )
