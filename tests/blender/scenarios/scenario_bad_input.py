"""What scenes and files hold that is no head or no capture: keys, or one sentence and the scene as it was."""

import io
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import command_line
from bl_ext.user_default.facsimile.addon.session import SESSION
from bl_ext.user_default.facsimile.backend.live_link import write_live_link
from bl_ext.user_default.facsimile.backend.performance import performance, write_npz
from digest import digest
from fake_backend import NAMES

CAPTURE = performance(("jawOpen", "eyeBlinkLeft"), np.random.default_rng(4).random((90, 2)).astype(np.float32), 60.0)


@pytest.fixture(scope="module", autouse=True)
def backend_stops():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def sentence_of(press: Callable[[], object]) -> str:
    """What an operator that must refuse says: a sentence and a cure. Asserts that the scene stays as it was."""
    before = digest()
    with pytest.raises(RuntimeError) as caught:
        press()
    said = str(caught.value).strip()
    assert "Traceback" not in said and len(said.splitlines()) == 1, said
    assert digest() == before
    return said


def spoilt(item: bpy.types.Object, value: float) -> None:
    spoil_points(item.data.vertices, value)


def spoil_points(items: bpy.types.bpy_prop_collection, value: float) -> None:
    """Set one coordinate as importers do; assigned one by one, infinity would become the largest float."""
    points = np.zeros(3 * len(items), np.float32)
    items.foreach_get("co", points)
    points[22] = value
    items.foreach_set("co", points)


def too_far(item: bpy.types.Object) -> None:
    """Finite as they are, and not where the object puts them."""
    spoilt(item, 3e38)
    item.scale = (1000.0,) * 3
    bpy.context.view_layer.update()


def without_faces(item: bpy.types.Object) -> None:
    edges = [tuple(edge.vertices) for edge in item.data.edges]
    points = [vertex.co.copy() for vertex in item.data.vertices]
    item.data.clear_geometry()
    item.data.from_pydata(points, edges, [])


def loose(item: bpy.types.Object) -> None:
    points = [vertex.co.copy() for vertex in item.data.vertices]
    item.data.clear_geometry()
    item.data.from_pydata(points, [], [])


def spoilt_basis(item: bpy.types.Object) -> None:
    spoil_points(item.shape_key_add(name="Basis").points, float("inf"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda item: spoilt(item, float("nan")), "not numbers"),
        (lambda item: spoilt(item, float("-inf")), "not numbers"),
        (spoilt_basis, "not numbers"),
        (too_far, "lie too far away"),
        (without_faces, "no faces"),
        (loose, "no faces"),
        (lambda item: item.data.clear_geometry(), "no faces"),
    ],
    ids=["nan", "infinite", "infinite key", "too far", "edges", "loose vertices", "empty"],
)
def test_what_is_no_surface_is_refused(spoil, message: str, add_mesh) -> None:
    spoil(add_mesh("Face"))
    assert message in sentence_of(bpy.ops.facsimile.build_shapes)


def degenerate(item: bpy.types.Object) -> None:
    for vertex in item.data.vertices[:20]:
        vertex.co = (0.0, 0.0, 0.0)


def huge(item: bpy.types.Object) -> None:
    item.scale = (1e12,) * 3


def tiny(item: bpy.types.Object) -> None:
    item.scale = (0.01,) * 3


def with_loose_vertices(item: bpy.types.Object) -> None:
    item.data.vertices.add(50)


def six_hundred_shells(item: bpy.types.Object) -> None:
    """Triangles that do not touch."""
    random = np.random.default_rng(1)
    corners = random.normal(size=(600, 1, 3)) * 0.2 + random.normal(size=(600, 3, 3)) * 0.01
    item.data.clear_geometry()
    item.data.from_pydata(corners.reshape(-1, 3).tolist(), [], np.arange(1800).reshape(-1, 3).tolist())


@pytest.mark.parametrize("spoil", [degenerate, huge, tiny, with_loose_vertices, six_hundred_shells])
def test_what_is_odd_but_a_surface_gets_its_keys(spoil, add_mesh, points_of) -> None:
    face = add_mesh("Face")
    spoil(face)
    bpy.context.view_layer.update()
    neutral = points_of(face)
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert list(face.data.shape_keys.key_blocks.keys()) == ["Basis", *NAMES]
    assert np.array_equal(points_of(face, "Basis"), neutral)
    assert all(np.isfinite(points_of(face, name)).all() for name in NAMES)


def two_heads() -> tuple[np.ndarray, np.ndarray]:
    """The open head and a copy beside it: vertices, z up, and faces."""
    with np.load(os.environ["FACSIMILE_TEST_HEAD"]) as head:
        vertices, triangles = head["vertices"][:, [0, 2, 1]] * (1, -1, 1), head["triangles"]
    beside = vertices + np.array([0.4, 0, 0])
    return np.concatenate([vertices, beside]), np.concatenate([triangles, triangles + len(vertices)])


def test_two_heads_in_one_object_give_keys_or_a_sentence(tmp_path, monkeypatch, points_of) -> None:
    vertices, faces = two_heads()
    mesh = bpy.data.meshes.new("Two")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    item = bpy.data.objects.new("Two", mesh)
    bpy.context.collection.objects.link(item)
    item.select_set(True)
    bpy.context.view_layer.objects.active = item
    before = digest()
    SESSION.queue.stop()
    monkeypatch.setenv("FACSIMILE_PYTHON", os.environ["FACSIMILE_TEST_BACKEND"])
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path))
    try:
        bpy.ops.facsimile.build_shapes()
    except RuntimeError as error:
        assert "Traceback" not in str(error) and SESSION.refusal.code not in ("internal", "backend-ended"), str(error)
        assert digest() == before
    else:
        keys = [block.name for block in item.data.shape_keys.key_blocks]
        assert all(np.isfinite(points_of(item, name)).all() for name in keys)
        assert np.array_equal(points_of(item, "Basis"), points_of(item))
    finally:
        SESSION.queue.stop()


def keyed(item: bpy.types.Object) -> bpy.types.Object:
    """With keys to animate, one of them animated already and one driven."""
    for name in ("Basis", "jawOpen", "eyeBlinkLeft", "mouthSmileLeft"):
        item.shape_key_add(name=name, from_mix=False)
    blocks = item.data.shape_keys.key_blocks
    blocks["jawOpen"].keyframe_insert("value", frame=3)
    blocks["mouthSmileLeft"].driver_add("value").driver.expression = "0.5"
    # The driver and the action have set the values before anybody looks.
    bpy.context.scene.frame_set(1)
    return item


def whole(folder: Path, name: str) -> bytes:
    path = folder / name
    if name.endswith(".npz"):
        write_npz(path, CAPTURE)
    else:
        write_live_link(path, CAPTURE)
    return path.read_bytes()


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_a_truncated_npz_is_refused(kept: float, add_mesh, tmp_path) -> None:
    keyed(add_mesh("Face"))
    content = whole(tmp_path, "take.npz")
    (tmp_path / "take.npz").write_bytes(content[: int(kept * len(content))])
    said = sentence_of(lambda: bpy.ops.facsimile.apply_performance(filepath=str(tmp_path / "take.npz")))
    assert "take.npz" in said


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_a_truncated_table_gives_the_frames_that_are_there_or_is_refused(kept: float, add_mesh, tmp_path) -> None:
    face = keyed(add_mesh("Face"))
    path = tmp_path / "take.csv"
    content = whole(tmp_path, path.name)
    path.write_bytes(content[: int(kept * len(content))])
    before = digest()
    try:
        bpy.ops.facsimile.apply_performance(filepath=str(path))
    except RuntimeError as error:
        assert "Traceback" not in str(error) and "take.csv" in str(error)
        assert digest() == before
    else:
        assert kept > 0.1
        assert face.data.shape_keys.animation_data.action.name.startswith("take")


def lying_shape(content: bytes) -> bytes:
    """The header of an array claims more than is there; all checksums are right."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"(90, 2), }      ", b"(90000000, 2), }"))
    return written.getvalue()


def a_number_that_is_none(content: bytes) -> bytes:
    lines = content.decode().splitlines()
    row = lines[40].split(",")
    row[20] = "nan"
    return "\n".join([*lines[:40], ",".join(row), *lines[41:]]).encode()


def a_clock_that_runs_away(content: bytes) -> bytes:
    lines = content.decode().splitlines()
    return "\n".join([*lines[:-1], "99:59:59:59.000," + lines[-1].partition(",")[2]]).encode()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("take.npz", lying_shape),
        ("take.npz", lambda content: b"PK\x03\x04" + bytes(1000)),
        ("take.npz", lambda content: np.random.default_rng(0).bytes(5000)),
        ("take.csv", a_number_that_is_none),
        ("take.csv", a_clock_that_runs_away),
        ("take.csv", lambda content: bytes(100_000)),
        ("take.csv", lambda content: b"\xff\xfe" + content),
        ("take.csv", lambda content: b'"' + b"a" * 1_000_000),
    ],
)
def test_a_file_that_lies_is_refused(name: str, spoil, add_mesh, tmp_path) -> None:
    keyed(add_mesh("Face"))
    content = whole(tmp_path, name)
    assert spoil(content) != content
    (tmp_path / name).write_bytes(spoil(content))
    sentence_of(lambda: bpy.ops.facsimile.apply_performance(filepath=str(tmp_path / name)))


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that nobody can read")
def test_a_file_that_cannot_be_read_is_refused(add_mesh, tmp_path) -> None:
    keyed(add_mesh("Face"))
    for place in (Path("/proc/self/mem"), tmp_path):
        sentence_of(lambda place=place: bpy.ops.facsimile.apply_performance(filepath=str(place)))


def test_a_place_that_cannot_be_written_is_refused(tmp_path, capsys) -> None:
    head, taken = tmp_path / "head.obj", tmp_path / "taken.blend"
    head.write_text("o Face\nv -1 -1 0\nv 1 -1 0\nv 1 1 0\nv -1 1 0\nf 1 2 3 4\n")
    taken.mkdir()
    for out in (taken, Path("/proc/out.blend")) if sys.platform == "linux" else (taken,):
        assert command_line.run(["shapes", str(head), "--out", str(out)]) == 2
        said = capsys.readouterr().err
        assert str(out) in said and "Traceback" not in said and len(said.splitlines()) == 1


def test_a_log_that_cannot_be_written_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr(bpy.utils, "extension_path_user", lambda *_, **__: "/proc")
    assert "cannot be written" in sentence_of(bpy.ops.facsimile.open_log)
