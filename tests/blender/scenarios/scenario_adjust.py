"""What the user sculpts onto our keys is kept when shapes are built again."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.choices import Existing
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.scene_write import write_keys
from bl_ext.user_default.facsimile.addon.session import SESSION


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def sculpt(item: bpy.types.Object, name: str, vertex: int, *by: float) -> None:
    point = item.data.shape_keys.key_blocks[name].points[vertex]
    point.co = [a + b for a, b in zip(point.co, by, strict=True)]


def delta(points_of, item: bpy.types.Object, name: str) -> np.ndarray:
    return points_of(item, name) - points_of(item, "Basis")


def test_a_fix_stays_on_top_of_new_shapes(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    built = delta(points_of, face, "jawOpen")
    sculpt(face, "jawOpen", 2, 0.1, 0.2, 0.3)
    expected = 0.5 * built
    expected[2] += (0.1, 0.2, 0.3)
    for _ in range(2):
        bpy.ops.facsimile.build_shapes(mouth=0.5)
        assert np.allclose(delta(points_of, face, "jawOpen"), expected, atol=1e-6)
    assert SESSION.outcome.rows[0].keys == "3 updated keys, 1 with your changes"
    bpy.ops.facsimile.build_shapes(existing="REPLACE")
    assert np.allclose(delta(points_of, face, "jawOpen"), built, atol=1e-6)


def test_a_fix_survives_a_basis_that_is_sculpted_or_scaled(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    built = delta(points_of, face, "jawOpen")
    sculpt(face, "jawOpen", 2, 0, 0, 0.3)
    face.scale = (2, 2, 2)
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    bpy.ops.facsimile.build_shapes()
    # The rule moves the jaw by a tenth whatever the size; the fix has grown with the mesh.
    fix = delta(points_of, face, "jawOpen") - built
    assert np.allclose(fix[2], (0, 0, 0.6), atol=1e-5)
    assert np.abs(np.delete(fix, 2, axis=0)).max() < 1e-5


def test_other_vertices_mean_new_shapes_without_fixes(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    sculpt(face, "jawOpen", 2, 0, 0, 0.3)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.subdivide()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.facsimile.build_shapes()
    assert SESSION.outcome.rows[0].keys == "3 updated keys"
    assert np.abs(delta(points_of, face, "jawOpen")).max() == pytest.approx(0.1, abs=1e-6)
    sculpt(face, "jawOpen", 2, 0, 0, 0.3)
    bpy.ops.facsimile.build_shapes()
    assert SESSION.outcome.rows[0].keys == "3 updated keys, 1 with your changes"


def test_keys_that_do_not_fit_the_mesh_are_refused(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.data.vertices.add(1)
    with pytest.raises(RuntimeError, match=r"do not fit its vertices\. Enter Edit Mode"):
        bpy.ops.facsimile.build_shapes()


@pytest.fixture
def even(add_mesh) -> bpy.types.Object:
    """A mesh whose sides mirror each other, with three shapes of ours."""
    face = add_mesh("Face")
    for vertex in face.data.vertices:
        column, row = vertex.index % 6, vertex.index // 6
        vertex.co = (-1 + 0.4 * column, 0, -1 + 0.4 * row)
    names = ("mouthSmileLeft", "mouthSmileRight", "jawOpen")
    write_keys(read_head([face]), names, np.full((3, 36, 3), 0.1, np.float32), Existing.KEEP)
    return face


@pytest.mark.parametrize(
    ("name", "other"),
    [("mouthSmileLeft", "mouthSmileRight"), ("mouthSmileRight", "mouthSmileLeft"), ("jawOpen", "jawOpen")],
)
def test_changes_are_mirrored(name: str, other: str, even, points_of) -> None:
    built = delta(points_of, even, other)
    sculpt(even, name, 13, 0.1, 0.2, 0.3)
    even.active_shape_key_index = even.data.shape_keys.key_blocks.find(name)
    assert bpy.ops.facsimile.mirror_changes() == {"FINISHED"}
    fix = delta(points_of, even, other) - built
    # Row 2, column 1 lies across from column 4.
    assert np.allclose(fix[16], (-0.1, 0.2, 0.3), atol=1e-6)
    assert np.allclose(fix[13], (0.1, 0.2, 0.3) if name == other else 0, atol=1e-6)
    assert np.abs(np.delete(fix, (13, 16), axis=0)).max() < 1e-6


def test_what_cannot_be_mirrored_is_refused(even, add_mesh) -> None:
    even.active_shape_key_index = 1
    with pytest.raises(RuntimeError, match="is as it was built"):
        bpy.ops.facsimile.mirror_changes()
    even.active_shape_key_index = 0
    with pytest.raises(RuntimeError, match="not one that Facsimile has built"):
        bpy.ops.facsimile.mirror_changes()
    lopsided = add_mesh("Lopsided")
    for vertex in lopsided.data.vertices:
        vertex.co.x += 9
    write_keys(read_head([lopsided]), ("jawOpen",), np.full((1, 36, 3), 0.1, np.float32), Existing.KEEP)
    sculpt(lopsided, "jawOpen", 13, 0.1, 0, 0)
    lopsided.active_shape_key_index = 1
    with pytest.raises(RuntimeError, match="no second side"):
        bpy.ops.facsimile.mirror_changes()
