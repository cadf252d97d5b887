import json

import numpy as np
import pytest

from backend.errors import Refusal
from backend.geometry.formats import refusals
from backend.geometry.formats.gltf import read_gltf

QUARTER_ABOUT_Y = [0, np.sqrt(0.5), 0, np.sqrt(0.5)]


def test_transforms_of_nodes_are_applied_from_the_inside_out(gltf, written, vertices):
    gltf.content["nodes"] = [
        {"children": [1], "translation": [10, 0, 0], "rotation": QUARTER_ABOUT_Y},
        {"mesh": 0, "name": "nose", "scale": [2, 2, 2], "translation": [0, 1, 0]},
    ]
    x, y, z = (2 * vertices.astype(float)).T
    mesh = read_gltf(written("a.glb", gltf.glb()))
    assert np.allclose(mesh.vertices, np.stack([10 + z, 1 + y, -x], axis=1), atol=1e-6)
    assert mesh.object_names == ("nose",)


def test_matrices_are_stored_by_columns_and_mirrors_turn_triangles(gltf, written, vertices, triangles):
    gltf.content["nodes"][0]["matrix"] = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]
    mesh = read_gltf(written("a.glb", gltf.glb()))
    assert np.allclose(mesh.vertices, vertices * [-1, 1, 1] + [5, 6, 7])
    assert np.array_equal(mesh.triangles, triangles[:, ::-1])


def test_instances_are_objects_and_primitives_of_one_accessor_share_vertices(gltf, written):
    gltf.content["scenes"][0]["nodes"] = [1, 0]
    gltf.content["nodes"].append({"mesh": 0, "translation": [3, 0, 0]})
    gltf.content["meshes"][0]["primitives"] *= 2
    gltf.content["meshes"][0]["name"] = "shared"
    mesh = read_gltf(written("a.glb", gltf.glb()))
    assert mesh.objects.tolist() == [0] * 5 + [1] * 5
    assert mesh.object_names == ("shared", "head")
    assert mesh.vertices[:5, 0].min() == 3
    assert len(mesh.sizes) == 16


def test_nodes_outside_the_scene_are_left_out(gltf, written):
    gltf.content["nodes"].append({"mesh": 0})
    assert len(read_gltf(written("a.glb", gltf.glb())).vertices) == 5
    del gltf.content["scenes"]
    assert len(read_gltf(written("a.glb", gltf.glb())).vertices) == 10


@pytest.mark.parametrize(
    ("mode", "corners", "expected"),
    [
        (5, [0, 1, 3, 2, 4], [[0, 1, 3], [3, 1, 2], [3, 2, 4]]),
        (6, [4, 0, 1, 2], [[4, 0, 1], [4, 1, 2]]),
        (4, [0, 1, 2, 3], [[0, 1, 2]]),
    ],
)
def test_strips_and_fans_become_triangles(gltf, written, mode, corners, expected):
    index = gltf.accessor(np.array(corners, np.uint8), 5121)
    gltf.content["meshes"][0]["primitives"][0].update(mode=mode, indices=index)
    assert read_gltf(written("a.glb", gltf.glb())).triangles.tolist() == expected


def test_quantised_and_interleaved_positions(gltf, written, vertices):
    padded = np.concatenate([np.round(vertices * 32767), np.zeros((5, 1))], axis=1).astype(np.int16)
    gltf.content["accessors"].append(
        {
            "bufferView": gltf.view(padded.tobytes(), byteStride=8),
            "componentType": 5122,
            "normalized": True,
            "count": 5,
            "type": "VEC3",
        }
    )
    gltf.content["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = 2
    gltf.content["nodes"][0]["scale"] = [3, 3, 3]
    gltf.content["extensionsRequired"] = ["KHR_mesh_quantization"]
    assert np.allclose(read_gltf(written("a.glb", gltf.glb())).vertices, 3 * vertices, atol=2e-4)


def test_buffers_lie_in_the_folder_and_nowhere_else(gltf, tmp_path):
    (tmp_path / "secret.bin").write_bytes(gltf.binary)
    folder = tmp_path / "head"
    folder.mkdir()
    (folder / "my data.bin").write_bytes(gltf.binary)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    path = folder / "a.gltf"

    def read(uri):
        gltf.content["buffers"][0]["uri"] = uri
        path.write_text(json.dumps(gltf.content))
        return read_gltf(path)

    assert len(read("my%20data.bin").vertices) == 5
    outside = (
        "../secret.bin",
        str(tmp_path / "secret.bin"),
        "link.bin",
        "%2e%2e/secret.bin",
        "http://localhost/a.bin",
        "a\0b",
    )
    for uri in outside:
        with pytest.raises(Refusal) as refused:
            read(uri)
        assert refused.value.code == "outside-folder", uri
    for uri in ("absent.bin", "."):
        with pytest.raises(Refusal) as refused:
            read(uri)
        assert refused.value.code == "missing-buffer", uri
    with pytest.raises(Refusal):
        read("data:;base64,!!!!")


def test_meshopt_is_refused_with_its_cure(gltf, written):
    gltf.content["bufferViews"][0]["extensions"] = {"EXT_meshopt_compression": {"buffer": 0}}
    with pytest.raises(Refusal) as refused:
        read_gltf(written("a.glb", gltf.glb()))
    assert refused.value.code == "meshopt-compression"
    assert "without compression" in refused.value.cure


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("accessors", 0, "count"), 6),
        (("accessors", 0, "count"), 10**12),
        (("accessors", 0, "count"), -1),
        (("accessors", 0, "byteOffset"), 8),
        (("accessors", 0, "bufferView"), 9),
        (("accessors", 0, "type"), "VEC2"),
        (("accessors", 1, "componentType"), 5126),
        (("accessors", 1, "componentType"), 5125),
        (("bufferViews", 0, "byteLength"), 10**9),
        (("bufferViews", 0, "byteOffset"), 10**9),
        (("bufferViews", 0, "byteStride"), 4),
        (("bufferViews", 0, "buffer"), 3),
        (("buffers", 0, "byteLength"), 10**9),
        (("nodes", 0, "children"), [0]),
        (("nodes", 0, "children"), [7]),
        (("nodes", 0, "mesh"), 7),
        (("nodes", 0, "matrix"), [1, 2, 3]),
        (("nodes", 0, "matrix"), [1e200] * 16),
        (("nodes", 0, "rotation"), ["a", 0, 0, 1]),
        (("scene",), 4),
        (("meshes",), {}),
        (("asset", "version"), "1.0"),
    ],
)
def test_what_contradicts_itself_is_refused(gltf, written, place, value):
    target = gltf.content
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    with pytest.raises(Refusal):
        read_gltf(written("a.glb", gltf.glb()))


def test_instances_count_as_often_as_they_are_placed(gltf, written, monkeypatch):
    monkeypatch.setattr(refusals, "MAX_VERTICES", 1000)
    gltf.content["nodes"] = [{"mesh": 0}] * 201
    gltf.content["scenes"][0]["nodes"] = list(range(200))
    assert len(read_gltf(written("a.glb", gltf.glb())).vertices) == 1000
    gltf.content["scenes"][0]["nodes"] = list(range(201))
    with pytest.raises(Refusal) as refused:
        read_gltf(written("a.glb", gltf.glb()))
    assert refused.value.code == "too-large"


def test_a_description_nested_too_deeply_is_refused(written):
    with pytest.raises(Refusal):
        read_gltf(written("a.gltf", b"[" * 100_000))
