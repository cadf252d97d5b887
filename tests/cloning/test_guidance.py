"""What the user says of a head decides."""

import numpy as np
import pytest

from backend.cloning.guidance import Guidance, restricted
from backend.cloning.parts import ROLE, find_parts
from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.faces.open_head import open_head_mesh
from backend.geometry.clean import clean
from backend.geometry.mesh import FaceMesh


@pytest.fixture(scope="module")
def head() -> FaceMesh:
    return open_head_mesh()


def test_what_is_said_of_an_object_decides(head: FaceMesh) -> None:
    prepared = clean(head)
    parts = find_parts(prepared.vertices, prepared.triangles, prepared.components, prepared.objects, ("head",))
    eye = parts.roles == ROLE["eye_left"]
    assert eye.any()
    objects = np.where(eye, 1, 0)
    names = ("head", "thing")

    def told(role: str) -> np.ndarray:
        return find_parts(prepared.vertices, prepared.triangles, prepared.components, objects, names, ("", role)).roles[
            eye
        ]

    assert (told("") == ROLE["eye_left"]).all()
    assert (told("still") == ROLE["other"]).all()
    assert (told("lashes") == ROLE["lashes"]).all()
    assert (told("eyes") == ROLE["eye_left"]).all()
    assert np.isin(told("teeth"), (ROLE["teeth_upper"], ROLE["teeth_lower"])).all()


def test_a_face_that_looks_elsewhere_is_none(head: FaceMesh) -> None:
    turned = np.eye(4)
    turned[:3, :3] = [[0, 0, -1], [0, 1, 0], [1, 0, 0]]
    assert Guidance(front="+x").faces(turned)
    assert not Guidance(front="+z").faces(turned)
    assert Guidance().faces(turned)
    with pytest.raises(Refusal):
        build_shapes(head, guidance=Guidance(front="-z"))


def test_the_front_and_no_seals_are_honoured(head: FaceMesh) -> None:
    sealed = build_shapes(head, guidance=Guidance(front="+z"))
    free = build_shapes(head, guidance=Guidance(front="+z", seals=False))
    assert sealed.canonical_from_file[2, 2] > 0.9 * np.cbrt(np.linalg.det(sealed.canonical_from_file[:3, :3]))
    assert sealed.seals and not free.seals
    blink = sealed.names.index("eyeBlinkLeft")
    assert np.abs(sealed.deltas[blink] - free.deltas[blink]).max() > 1e-4


def test_a_region_takes_polygons_away_and_leaves_the_vertices(head: FaceMesh) -> None:
    region = (head.vertices[:, 1] > np.median(head.vertices[:, 1])).astype(np.float32)
    part = restricted(head, region)
    assert len(part.vertices) == len(head.vertices)
    assert 0 < len(part.sizes) < len(head.sizes)
    assert len(part.corners) == part.sizes.sum()
    assert (region[part.corners] > 0).all()
    assert restricted(head, None) is head
    with pytest.raises(Refusal):
        restricted(head, np.zeros_like(region))


def test_strange_words_are_refused() -> None:
    with pytest.raises(Refusal):
        Guidance(front="up")
    with pytest.raises(Refusal):
        Guidance(roles=("nose",))
