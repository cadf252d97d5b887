"""Pieces get their roles from where and what they are; names are not needed."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from backend.cloning.parts import PARTS, find_parts


def components(count: int, triangles: np.ndarray) -> np.ndarray:
    pairs = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = sparse.csr_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def welded(character) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 3) y up, triangles and object numbers of a stored character, split vertices joined."""
    points = character["vertices"].astype(np.float64)
    points = np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)
    faces = character["faces"]
    triangles = np.concatenate([faces[:, :3], faces[faces[:, 3] >= 0][:, [0, 2, 3]]])
    keys = np.column_stack([np.round(points / np.ptp(points, axis=0).max() * 1e6), character["object_id"]])
    _, first, joined = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return points[first], joined.ravel()[triangles], character["object_id"][first]


def share(roles: np.ndarray, wanted: str) -> float:
    return float((roles == PARTS.index(wanted)).mean())


def test_every_part_of_the_canonical_head(facekit):
    numbers = components(len(facekit.neutral), facekit.triangles)
    nameless = np.zeros(len(facekit.neutral), int)
    parts = find_parts(facekit.neutral, facekit.triangles, numbers, nameless, ("head",))
    expected = {
        "face": "skin",
        "head_neck": "skin",
        "mouth_socket": "skin",
        "eyeball_left": "eye_left",
        "eyeball_right": "eye_right",
        "lacrimal_fluid_left": "lashes",
        "eye_occlusion_right": "lashes",
        "eyelashes_left": "lashes",
    }
    for name, role in expected.items():
        assert share(parts.roles[slice(*facekit.parts[name])], role) == 1.0, name
    teeth = slice(*facekit.parts["teeth"])
    moves = np.linalg.norm(facekit.shapes[facekit.names.index("jawOpen"), teeth], axis=1) > 1e-3
    assert share(parts.roles[teeth][moves], "teeth_lower") == 1.0
    assert share(parts.roles[teeth][~moves], "teeth_upper") == 1.0
    for eye, side in zip(parts.eyes, (1, -1), strict=True):
        assert eye is not None
        assert np.linalg.norm(eye.center - [side * 0.0313, 0.0361, 0.0803]) < 0.002
        assert eye.radius == pytest.approx(0.015, rel=0.08)


EYES = {
    "rpm_template": (0.032, 1.723, 0.12),
    "sumerian_cristine": (0.036, 1.634, 0.035),
    "sumerian_preston": (0.032, 1.715, 0.018),
    "facecap_livemode": (0.0365, 1.60, 0.08),
    "jeeliz_lapin": (32.5, 81.2, 53.0),
}
"""The left eye's front in the character's own units, y up: a rough alignment such as the real one gives."""

WITHIN = {
    "rpm_template": {
        "Wolf3D_Head": "skin",
        "EyeLeft": "eye_left",
        "EyeRight": "eye_right",
        "Wolf3D_Hair": "other",
        "Wolf3D_Body": "other",
    },
    "sumerian_cristine": {
        "char:head": "skin",
        "char:eyelashes": "lashes",
        "char:eyebrows": "brows",
        "char:hair": "other",
    },
    "sumerian_preston": {
        "char:head": "skin",
        "char:eyelashes": "lashes",
        "char:eyebrows": "brows",
        "char:rims": "other",
        "char:lenses": "other",
        "char:jacket": "other",
    },
    "facecap_livemode": {},
    "jeeliz_lapin": {},
}


@pytest.mark.parametrize("name", sorted(EYES))
@pytest.mark.parametrize("named", [True, False])
def test_real_characters(corpus, name, named):
    with np.load(corpus / "dev" / name / "character.npz", allow_pickle=False) as character:
        points, triangles, objects = welded(character)
        names = tuple(character["objects"].tolist())
    eye = np.array(EYES[name])
    points = (points - eye * [0, 1, 1]) * (0.0317 / eye[0]) + [0.0, 0.035, 0.094]
    told = (objects, names) if named else (np.zeros_like(objects), ("all",))
    parts = find_parts(points, triangles, components(len(points), triangles), *told)
    for part, role in WITHIN[name].items():
        assert share(parts.roles[objects == names.index(part)], role) == 1.0, part
    count = Counter(PARTS[role] for role in parts.roles)
    for role in ("skin", "eye_left", "eye_right", "teeth_upper", "teeth_lower"):
        assert count[role] > 10, role
    left, right = parts.eyes
    assert left is not None and right is not None
    assert left.center[0] > 0.02 and right.center[0] == pytest.approx(-left.center[0], abs=0.002)
    assert left.residual < 0.12
    if named and name == "sumerian_preston":
        assert parts.rides[objects == names.index("char:beard")].all()
        assert not parts.rides[objects == names.index("char:rims")].any()


def test_an_empty_character_has_no_parts():
    parts = find_parts(np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros(0, int), np.zeros(0, int), ())
    assert len(parts.roles) == 0 and parts.eyes == (None, None)
