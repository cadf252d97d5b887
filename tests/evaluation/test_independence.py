"""Every guise of a head is measured in the head's own terms: shapes that go along with it differ by nothing."""

from collections.abc import Callable

import numpy as np
import pytest

from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.evaluation.icp import Reference
from backend.evaluation.independence import compare_guises, independence_table
from backend.evaluation.variations import SCALES, TURNS, variations
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh
from backend.geometry.similarity import apply_transform, fit_similarity

PLACE = np.array([0.02, -0.01, 0.03])


@pytest.fixture(scope="module")
def mesh(lumpy_head: Reference) -> FaceMesh:
    """The egg with a nose as it stands in the canonical frame."""
    return face_mesh(lumpy_head.vertices.astype(np.float32), lumpy_head.triangles)


@pytest.fixture(scope="module")
def build(mesh: FaceMesh) -> Callable[[FaceMesh], Shapes]:
    """Shapes that are a function of the place on the egg alone, as they should be. The eyes are above the nose."""

    def build(given: FaceMesh) -> Shapes:
        if len(given.vertices) == len(mesh.vertices):
            matrix = fit_similarity(given.vertices.astype(np.float64), mesh.vertices.astype(np.float64))
        else:
            matrix = np.eye(4)
        places = apply_transform(matrix, given.vertices.astype(np.float64))
        field = np.stack([0.01 * places[:, 1:2] * [0, 1, 0] / 0.1, np.full_like(places, 0.004)])
        back = np.linalg.inv(matrix[:3, :3]).T
        parts = np.where((places[:, 1] > 0.04) & (places[:, 1] < 0.05), PARTS.index("eye_left"), PARTS.index("skin"))
        return Shapes(
            given.vertices,
            ("jawOpen", "mouthLeft"),
            (field @ back).astype(np.float32),
            parts.astype(np.int8),
            0.9,
            ("the face was seen in pictures of the mesh",),
            matrix,
            (),
            "0",
        )

    return build


def test_shapes_that_go_along_differ_by_nothing(mesh: FaceMesh, build: Callable[[FaceMesh], Shapes]):
    found = {one.variation: one for one in compare_guises(mesh, build)}
    wanted = {"again", "without eyes", *(f"turned: {name}" for name in TURNS), *(f"scaled by {s:g}" for s in SCALES)}
    assert wanted <= set(found)
    assert {"remeshed to 2k", "remeshed to 8k", "remeshed to 40k"} <= set(found)
    for name, one in found.items():
        if "from the origin" not in name:
            assert one.worst[1] < 2e-3, name
            assert one.moved < 1e-5, name
            assert one.turned < 1e-2, name
            assert abs(one.grown) < 1e-4, name
            assert one.way == "sight"
    # a float32 keeps a tenth of a millimetre of a head that stands ten thousand heads away
    assert found["10000 heads from the origin"].moved < 2e-4


def test_shapes_that_follow_the_files_axes_are_caught(mesh: FaceMesh, build: Callable[[FaceMesh], Shapes]):
    def fixed(given: FaceMesh) -> Shapes:
        shapes = build(given)
        shapes.deltas[1] = [0.004, 0.004, 0.004]
        return shapes

    (quarter,) = compare_guises(mesh, fixed, only="yaw 90")
    assert quarter.channels["jawOpen"] < 1e-3
    assert quarter.channels["mouthLeft"] == pytest.approx(np.sqrt(4 / 3), rel=1e-3)
    assert quarter.worst[0] == "mouthLeft"


def test_a_guise_that_is_refused_is_a_row(mesh: FaceMesh, build: Callable[[FaceMesh], Shapes]):
    def refuse(given: FaceMesh) -> Shapes:
        if len(given.vertices) < len(mesh.vertices):
            raise Refusal("no-face", "No face was found.", "Take another.")
        return build(given)

    text = independence_table("egg", list(compare_guises(mesh, refuse, only="eyes")))
    assert "refused: No face was found." in text.splitlines()[1]


def test_every_vertex_of_a_guise_knows_where_it_comes_from(mesh: FaceMesh, build: Callable[[FaceMesh], Shapes]):
    for one in variations(mesh, build(mesh)):
        if not one.name.startswith(("turned", "scaled")) and "origin" not in one.name:
            assert np.abs(one.origin @ mesh.vertices - one.mesh.vertices).max() < 1e-6, one.name
