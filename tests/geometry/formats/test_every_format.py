import numpy as np
import pytest

from backend.errors import Refusal
from backend.geometry.mesh import FaceMesh
from backend.geometry.read import read_head


def same_surface(mesh, vertices, triangles):
    found = np.sort(mesh.vertices[mesh.triangles].reshape(-1, 9), axis=0)
    return np.allclose(found, np.sort(vertices[triangles].reshape(-1, 9), axis=0), atol=1e-4)


def test_every_flavour_gives_the_same_head(files, written, vertices, triangles):
    for name, content in files.items():
        mesh = read_head(written(name, content))
        if name == "sparse.glb":
            assert np.array_equal(mesh.vertices[4], [7, 8, 9])
            assert np.array_equal(mesh.vertices[:4], vertices[:4])
            continue
        assert same_surface(mesh, vertices, triangles), name
        if not name.endswith(".stl"):
            assert np.allclose(mesh.vertices, vertices, atol=1e-4), name


def test_quads_stay_quads_and_objects_have_names(files, written):
    for name in ("small.obj", "text.ply", "big.ply", "packed.npz"):
        assert read_head(written(name, files[name])).sizes.tolist() == [4, 3, 3], name
    for name, objects in (("small.obj", [0, 0, 0, 1, 1]), ("packed.npz", [0, 0, 0, 0, 1])):
        mesh = read_head(written(name, files[name]))
        assert mesh.object_names == ("body", "nose")
        assert mesh.objects.tolist() == objects


def test_suffixes_in_capitals_are_known_and_others_are_not(files, written, tmp_path):
    assert len(read_head(written("HEAD.OBJ", files["small.obj"])).vertices) == 5
    for path, code in (
        (written("head.fbx", b"Kaydara"), "unknown-format"),
        (written("head", b"v 0 0 0"), "unknown-format"),
        (tmp_path / "absent.obj", "missing-file"),
        (tmp_path, "unknown-format"),
        *((written(f"empty.{suffix}", b""), "empty-file") for suffix in ("obj", "ply", "stl", "glb", "gltf", "npz")),
    ):
        with pytest.raises(Refusal) as refused:
            read_head(path)
        assert refused.value.code == code
        assert refused.value.cure


def test_a_part_of_a_file_is_refused_or_a_mesh(files, written):
    """Every truncation of every flavour; only text can be cut without noticing."""
    for name, content in files.items():
        for length in range(1, len(content), max(1, len(content) // 25)):
            path = written(f"cut-{name}", content[:length])
            try:
                mesh = read_head(path)
            except Refusal:
                continue
            assert isinstance(mesh, FaceMesh)
            assert name in ("small.obj", "text.ply", "text.stl") or length > len(content) - 8, (name, length)


@pytest.mark.parametrize("seed", range(2))
def test_flipped_bytes_give_a_mesh_or_a_refusal(files, written, seed):
    rng = np.random.default_rng(seed)
    outcomes = {"mesh": 0, "refusal": 0}
    for name, content in files.items():
        for _ in range(25):
            changed = np.frombuffer(content, np.uint8).copy()
            where = rng.integers(0, len(changed), rng.integers(1, 6))
            changed[where] = rng.integers(0, 256, len(where))
            try:
                mesh = read_head(written(f"changed-{name}", changed.tobytes()))
            except Refusal as refusal:
                assert refusal.sentence
                assert refusal.cure
                outcomes["refusal"] += 1
            else:
                assert np.isfinite(mesh.vertices).all()
                assert mesh.corners.max() < len(mesh.vertices)
                outcomes["mesh"] += 1
    assert min(outcomes.values()) > 25


def test_noise_under_every_suffix_is_refused(written):
    rng = np.random.default_rng(0)
    for suffix in ("obj", "ply", "stl", "glb", "gltf", "npz"):
        for length in (1, 4, 90, 3000):
            with pytest.raises(Refusal):
                read_head(written(f"noise.{suffix}", rng.bytes(length)))


def test_every_file_of_the_corpus_is_read_or_refused_with_a_cure(corpus):
    refused, read = {}, []
    for path in sorted((corpus / "dev").glob("*/*")):
        if path.suffix not in (".obj", ".ply", ".glb", ".gltf", ".stl", ".npz"):
            continue
        try:
            mesh = read_head(path)
        except Refusal as refusal:
            refused[path.name] = refusal.code
            continue
        with np.load(path.parent / "character.npz", allow_pickle=False) as data:
            assert len(mesh.vertices) == len(data["vertices"]), path
            assert len(mesh.sizes) == len(data["faces"]), path
        read.append(path.name)
    assert refused == {"facecap.glb": "meshopt-compression", "heads.npz": "missing-array"}
    assert len(read) > 25


@pytest.mark.parametrize(
    "name",
    [
        "nefertiti/nefertiti-lowres.obj",
        "goathead/goathead.obj",
        "sumerian_cristine/cristine.gltf",
        "godette/godette.glb",
        "lee_perry_smith/LeePerrySmith.glb",
        "mozilla_head/head_bald-skin-1.glb",
    ],
)
def test_blender_reads_the_same_places(corpus, name):
    """Blender's import of the same file, turned from z up to y up, has a vertex wherever we have one."""
    mesh = read_head(corpus / "dev" / name)
    with np.load((corpus / "dev" / name).parent / "character.npz", allow_pickle=False) as data:
        x, y, z = data["vertices"].T
    ours = mesh.vertices[np.lexsort(np.round(mesh.vertices, 2).T)]
    blender = np.stack([x, z, -y], axis=1)
    assert np.allclose(ours.min(0), blender.min(0), atol=1e-4)
    assert np.allclose(ours.max(0), blender.max(0), atol=1e-4)
    assert np.allclose(np.sort(ours, axis=0), np.sort(blender, axis=0), atol=1e-4)
