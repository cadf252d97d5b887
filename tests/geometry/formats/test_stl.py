import numpy as np
import pytest
import trimesh

from backend.errors import Refusal
from backend.geometry.formats.stl import read_stl


def test_another_programs_files_are_read_in_their_order(sphere):
    vertices, triangles = sphere(6, 9)
    mesh = trimesh.Trimesh(vertices, triangles, process=False)
    for kind in ("stl", "stl_ascii"):
        content = mesh.export(file_type=kind)
        ours = read_stl(content if isinstance(content, bytes) else content.encode())
        assert np.allclose(ours.vertices, vertices[triangles.ravel()], atol=1e-6)
        assert np.array_equal(ours.corners, np.arange(triangles.size))


def test_a_binary_file_that_begins_like_text_is_binary(files, vertices, triangles):
    content = b"solid".ljust(80) + files["binary.stl"][80:]
    assert np.array_equal(read_stl(content).vertices, vertices[triangles.ravel()])


@pytest.mark.parametrize("count", [0, 5, 1_000_000, 0xFFFFFFFF])
def test_counts_that_lie_are_refused(files, count):
    content = files["binary.stl"]
    with pytest.raises(Refusal):
        read_stl(content[:80] + count.to_bytes(4, "little") + content[84:])


@pytest.mark.parametrize(
    "change", [(b"vertex 0.0", b"vertex x"), (b"vertex 0.0", b"vortex 0.0"), (b"endfacet", b"end")]
)
def test_malformed_text_is_refused(files, change):
    with pytest.raises(Refusal):
        read_stl(files["text.stl"].replace(*change, 1))
