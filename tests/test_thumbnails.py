"""Pictures of shapes, from nothing but the mesh and its keys."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.errors import Refusal, silent
from backend.service.call import Call
from backend.service.pictures import draw_thumbnails
from backend.thumbnails import face_rotation, thumbnails


@pytest.mark.parametrize("turned", [(0, 0, 0), (0, 140, 0), (90, 10, 0), (20, -60, 180)])
def test_the_side_with_the_face_is_told_from_the_shapes(turned, puppet) -> None:
    turn = Rotation.from_euler("xyz", turned, degrees=True).as_matrix()
    vertices, deltas = puppet.mesh.vertices @ turn.T + 5.0, puppet.shapes.deltas @ turn.T
    found = face_rotation(vertices, puppet.shapes.names, deltas) @ turn
    assert np.degrees(np.arccos((np.trace(found) - 1) / 2)) < 15


def test_without_both_sides_the_head_is_drawn_as_it_stands(puppet) -> None:
    assert np.array_equal(face_rotation(puppet.mesh.vertices, ("jawOpen",), puppet.shapes.deltas[:1]), np.eye(3))
    still = np.zeros_like(puppet.shapes.deltas)
    assert np.array_equal(face_rotation(puppet.mesh.vertices, puppet.shapes.names, still), np.eye(3))


def test_what_moves_is_drawn_and_tinted_where_it_moves(puppet) -> None:
    deltas = puppet.shapes.deltas.copy()
    still = puppet.key("browInnerUp")
    deltas[still] = 0
    pictures = thumbnails(puppet.mesh.vertices, puppet.mesh.triangles, puppet.shapes.names, deltas, 96, silent)
    assert pictures.shape == (len(deltas), 96, 96, 4) and pictures.dtype == np.uint8
    neutral = pictures[still].astype(int)
    assert 0.3 < (neutral[..., 3] > 0).mean() < 1
    rows = np.arange(96)[:, None]
    height = {}
    for name in ("jawOpen", "eyeBlinkLeft"):
        changed = np.abs(pictures[puppet.key(name)].astype(int) - neutral).sum(2) > 30
        assert 20 < changed.sum() < 0.4 * changed.size
        height[name] = (changed * rows).sum() / changed.sum()
        red = pictures[puppet.key(name)][changed].astype(int)
        assert (red[:, 0] - red[:, 2]).mean() > 40
    assert height["eyeBlinkLeft"] < height["jawOpen"] - 15


def test_the_service_draws_and_refuses_what_fits_not(puppet) -> None:
    mesh = puppet.mesh
    arrays = {
        "vertices": mesh.vertices.astype(np.float32),
        "corners": mesh.triangles.astype(np.int32).ravel(),
        "sizes": np.full(len(mesh.triangles), 3, np.int32),
        "objects": np.zeros(len(mesh.vertices), np.int32),
        "deltas": puppet.shapes.deltas,
    }
    params = {"channels": list(puppet.shapes.names), "size": 32}
    assert draw_thumbnails(Call(params, arrays, silent)).arrays["pictures"].shape == (
        len(puppet.shapes.names),
        32,
        32,
        4,
    )
    for spoilt in ({"size": 5}, {"size": 10**6}, {"size": "96"}, {"channels": ["jawOpen"]}, {"channels": 3}):
        with pytest.raises(Refusal):
            draw_thumbnails(Call(params | spoilt, arrays, silent))
