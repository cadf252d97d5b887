"""Heads whose look comes from modifiers: what the user sees is read, and what is written shows as it was meant."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.frame import to_backend, to_blender
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.scene_write import write_keys
from bl_ext.user_default.facsimile.backend.errors import Refusal
from digest import digest


def shown(item: bpy.types.Object) -> np.ndarray:
    """(n, 3) where the viewport has the vertices, in the object's space."""
    bpy.context.view_layer.update()
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return np.array([vertex.co for vertex in mesh.vertices])


def add_lattice(points=lambda place: place) -> bpy.types.Object:
    """A lattice of two units around the origin whose control points are where a function of their places puts them."""
    lattice = bpy.data.objects.new("Lattice", bpy.data.lattices.new("Lattice"))
    lattice.data.interpolation_type_u = lattice.data.interpolation_type_v = lattice.data.interpolation_type_w = (
        "KEY_LINEAR"
    )
    lattice.scale = (3, 3, 3)
    for point in lattice.data.points:
        point.co_deform = points(np.array(point.co_deform))
    bpy.context.collection.objects.link(lattice)
    return lattice


def lattice(item: bpy.types.Object) -> None:
    """Wide above and narrow below, and leaning."""
    modifier = item.modifiers.new("Lattice", "LATTICE")
    modifier.object = add_lattice(lambda p: (p[0] * (1 + 0.8 * p[2]), p[1] + 0.3 * p[2], 0.6 * p[2]))


def smooth(item: bpy.types.Object) -> None:
    item.modifiers.new("Smooth", "SMOOTH").iterations = 3


def corrective_smooth(item: bpy.types.Object) -> None:
    item.modifiers.new("Corrective Smooth", "CORRECTIVE_SMOOTH").use_only_smooth = True


def displace(item: bpy.types.Object) -> None:
    item.modifiers.new("Displace", "DISPLACE").strength = 0.2


def bend(item: bpy.types.Object) -> None:
    modifier = item.modifiers.new("Bend", "SIMPLE_DEFORM")
    modifier.deform_method, modifier.angle = "BEND", 1.0


def cast(item: bpy.types.Object) -> None:
    item.modifiers.new("Cast", "CAST").factor = 0.4


def mesh_deform(item: bpy.types.Object) -> None:
    cage_mesh = bpy.data.meshes.new("Cage")
    corners = [(x, y, z) for x in (-2, 2) for y in (-2, 2) for z in (-2, 2)]
    cage_mesh.from_pydata(
        corners, [], [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    )
    cage = bpy.data.objects.new("Cage", cage_mesh)
    bpy.context.collection.objects.link(cage)
    modifier = item.modifiers.new("Mesh Deform", "MESH_DEFORM")
    modifier.object, modifier.precision = cage, 4
    bpy.context.view_layer.update()
    bpy.ops.object.meshdeform_bind(modifier=modifier.name)
    assert modifier.is_bound
    for vertex in cage_mesh.vertices:
        vertex.co.x *= 1.5


MODIFIERS = (lattice, smooth, corrective_smooth, displace, bend, cast, mesh_deform)


@pytest.mark.parametrize("deform", MODIFIERS)
def test_what_a_modifier_shows_is_read_and_moves_as_it_was_meant(deform, add_mesh, points_of) -> None:
    face = add_mesh("Face", 12)
    face.location, face.rotation_euler, face.scale = (0.1, 0.2, 0.3), (0.2, 0.3, 0.4), (1, -1.2, 1)
    deform(face)
    neutral = shown(face)
    assert np.abs(neutral - points_of(face)).max() > 0.02
    before = digest()
    head = read_head([face])
    assert digest() == before
    linear = np.array(face.matrix_world)[:3, :3]
    moved = head.vertices - to_backend(neutral @ linear.T)
    assert np.abs(moved - moved.mean(0)).max() < 1e-5

    push = np.array([0.001, -0.002, 0.0015])
    write_keys(head, ("jawOpen",), np.broadcast_to(to_backend(push), (1, len(neutral), 3)).astype(np.float32))
    face.data.shape_keys.key_blocks["jawOpen"].value = 1.0
    response = (shown(face) - neutral) @ linear.T
    # A bend is measured from the mesh's own bounds, which the key moves too.
    assert np.abs(response - push).max() < (0.1 if deform is bend else 0.03) * np.linalg.norm(push)


def add_rig(*modified: bpy.types.Object) -> bpy.types.Object:
    """An armature with one bone that holds all of the meshes."""
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("head")
    bone.head, bone.tail = (0, 0, -1), (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    for item in modified:
        item.vertex_groups.new(name="head").add(range(len(item.data.vertices)), 1.0, "REPLACE")
        item.modifiers.new("Armature", "ARMATURE").object = rig
    return rig


def pose(rig: bpy.types.Object) -> None:
    bone = rig.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.7, 0.2, 0.4)
    bone.location = (0.4, 0, 0.3)
    bpy.context.view_layer.update()


def test_a_posed_rig_changes_nothing_not_even_with_a_lattice_on_its_bone(add_mesh) -> None:
    face = add_mesh("Face", 12)
    rig = add_rig(face)
    lattice(face)
    cage = bpy.data.objects["Lattice"]
    cage.parent, cage.parent_type, cage.parent_bone = rig, "BONE", "head"
    cage.matrix_parent_inverse = rig.matrix_world @ rig.data.bones["head"].matrix_local.to_4x4().inverted()
    bpy.context.view_layer.update()
    neutral = shown(face)
    rest = read_head([face])
    assert np.abs(rest.vertices - to_backend(neutral - (neutral.min(0) + neutral.max(0)) / 2)).max() < 1e-5
    pose(rig)
    assert np.abs(shown(face) - neutral).max() > 0.3
    posed = read_head([face])
    assert np.abs(posed.vertices - rest.vertices).max() < 1e-5
    assert np.allclose(posed.pieces[0].back, rest.pieces[0].back, atol=1e-3)
    assert rig.data.pose_position == "POSE"


def test_an_armature_alone_needs_no_way_back(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    pose(add_rig(face))
    head = read_head([face])
    basis = points_of(face)
    assert np.abs(head.vertices - to_backend(basis - (basis.min(0) + basis.max(0)) / 2)).max() < 1e-6
    assert head.pieces[0].back is None


def test_keys_drivers_and_animation_of_the_object_do_not_get_in_between(add_mesh) -> None:
    face = add_mesh("Face", 12)
    bend(face)
    neutral = shown(face)
    face.shape_key_add(name="Basis", from_mix=False)
    smile = face.shape_key_add(name="smile", from_mix=False)
    smile.points[30].co.x += 1
    smile.driver_add("value").driver.expression = "1.0"
    face.keyframe_insert("location", frame=1)
    face.location = (4, 4, 4)
    face.keyframe_insert("location", frame=9)
    bpy.context.scene.frame_set(9)
    assert np.abs(shown(face) - neutral).max() > 0.3
    before = digest()
    head = read_head([face])
    assert np.abs(head.vertices - to_backend(neutral - (neutral.min(0) + neutral.max(0)) / 2)).max() < 1e-5
    assert digest() == before


def add_nodes(item: bpy.types.Object, kind: str, **values: object) -> bpy.types.GeometryNode:
    """A modifier whose node group passes the mesh through one node."""
    group = bpy.data.node_groups.new("Group", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    start, node, end = (group.nodes.new(name) for name in ("NodeGroupInput", kind, "NodeGroupOutput"))
    for name, value in values.items():
        node.inputs[name].default_value = value
    if node.inputs and node.inputs[0].type == "GEOMETRY":
        group.links.new(start.outputs[0], node.inputs[0])
    group.links.new(node.outputs[0], end.inputs[0])
    item.modifiers.new("Nodes", "NODES").node_group = group
    return node


def test_nodes_that_keep_the_vertices_are_shown_and_others_left_out(add_mesh, points_of) -> None:
    moved, divided = add_mesh("Moved"), add_mesh("Divided")
    add_nodes(moved, "GeometryNodeTransform", Scale=(2, 1, 1))
    add_nodes(divided, "GeometryNodeSubdivideMesh")
    (piece,) = read_head([moved]).pieces
    assert np.allclose(piece.back, np.diag([0.5, 1, 1]), atol=1e-3)
    head = read_head([divided])
    basis = points_of(divided)
    assert np.abs(head.vertices - to_backend(basis - (basis.min(0) + basis.max(0)) / 2)).max() < 1e-6
    assert head.pieces[0].back is None


def test_a_shrinkwrap_lets_a_face_slide_along_its_target(add_mesh) -> None:
    face = add_mesh("Face", 12)
    wall = bpy.data.meshes.new("Wall")
    wall.from_pydata([(-9, 1, -9), (9, 1, -9), (9, 1, 9), (-9, 1, 9)], [], [(0, 1, 2, 3)])
    target = bpy.data.objects.new("Wall", wall)
    bpy.context.collection.objects.link(target)
    face.modifiers.new("Shrinkwrap", "SHRINKWRAP").target = target
    head = read_head([face])
    assert np.ptp(to_blender(head.vertices)[:, 1]) < 1e-6
    push = np.broadcast_to(to_backend(np.array([0.1, 0.2, -0.1])), (1, len(head.vertices), 3))
    write_keys(head, ("jawOpen",), push.astype(np.float32))
    keys = face.data.shape_keys.key_blocks
    delta = np.array([keys["jawOpen"].points[at].co - keys["Basis"].points[at].co for at in range(144)])
    assert np.allclose(delta, (0.1, 0, -0.1), atol=1e-4)


def refusal_of(item: bpy.types.Object) -> str:
    before = digest()
    with pytest.raises(Refusal) as caught:
        read_head([item])
    assert digest() == before
    return str(caught.value)


def test_modifiers_that_hold_everything_are_named(add_mesh) -> None:
    face = add_mesh("Face")
    node = add_nodes(face, "GeometryNodeSetPosition")
    place = node.id_data.nodes.new("FunctionNodeInputVector")
    node.id_data.links.new(place.outputs[0], node.inputs["Position"])
    assert refusal_of(face) == (
        'Modifiers hold the vertices of "Face", so shape keys would not move it: Nodes. '
        "Apply them, or switch them off in the viewport."
    )
    face.modifiers["Nodes"].show_viewport = False
    assert read_head([face]).pieces[0].back is None


def test_a_surface_that_only_a_modifier_makes_is_refused(add_mesh) -> None:
    face = add_mesh("Face")
    add_nodes(face, "GeometryNodeMeshUVSphere")
    points = [vertex.co.copy() for vertex in face.data.vertices]
    face.data.clear_geometry()
    face.data.from_pydata(points, [], [])
    assert "no faces of its own" in refusal_of(face) and "Apply the modifier" in refusal_of(face)


def test_half_a_head_is_refused_with_the_cure_that_blender_allows(add_mesh) -> None:
    face = add_mesh("Face")
    face.modifiers.new("Mirror", "MIRROR")
    assert refusal_of(face).endswith("move together. Apply the Mirror modifier first.")
    face.shape_key_add(name="Basis")
    assert refusal_of(face).endswith("Remove its shape keys, which Blender asks for, and apply the Mirror modifier.")


def test_a_subdivided_or_sculpted_surface_is_read_beneath(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    face.modifiers.new("Multires", "MULTIRES")
    bpy.ops.object.multires_subdivide(modifier="Multires")
    face.modifiers.new("Subdivision", "SUBSURF")
    displace(face)
    head = read_head([face])
    assert len(head.vertices) == 36
    basis = points_of(face)
    away = np.linalg.norm(to_blender(head.vertices) - (basis - (basis.min(0) + basis.max(0)) / 2), axis=1)
    assert 0.02 < away.max() < 0.3
