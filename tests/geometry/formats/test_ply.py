import struct

import numpy as np
import pytest
import trimesh

from backend.errors import Refusal
from backend.geometry.formats.ply import read_ply


def test_another_programs_files_are_read(sphere, tmp_path):
    vertices, triangles = sphere(6, 9)
    mesh = trimesh.Trimesh(vertices, triangles, process=False)
    for encoding in ("ascii", "binary_little_endian"):
        ours = read_ply(mesh.export(file_type="ply", encoding=encoding.split("_")[0]))
        assert np.allclose(ours.vertices, vertices, atol=1e-6)
        assert np.array_equal(ours.triangles, triangles)


def test_more_lists_and_elements_than_we_need_are_passed_over():
    header = (
        b"ply\nformat binary_little_endian 1.0\nelement camera 1\nproperty double f\nelement vertex 3\n"
        b"property double z\nproperty short x\nproperty float y\nelement face 2\nproperty uchar flag\n"
        b"property list uchar uint vertex_index\nproperty list ushort float texcoord\nend_header\n"
    )
    body = struct.pack("<d", 1.5) + b"".join(
        struct.pack("<dhf", z, x, y) for x, y, z in ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    )
    body += struct.pack("<BB3IH6f", 0, 3, 0, 1, 2, 6, *range(6)) + struct.pack("<BB3IH", 0, 3, 2, 1, 0, 0)
    mesh = read_ply(header + body)
    assert np.array_equal(mesh.vertices, [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert mesh.corners.tolist() == [0, 1, 2, 2, 1, 0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"vertex 5", b"vertex 4999999"), "damaged-file"),
        ((b"vertex 5", b"vertex 99999999"), "too-large"),
        ((b"vertex 5", b"vertex 9999999999999"), "damaged-file"),
        ((b"face 3", b"face 4"), "damaged-file"),
        ((b"face 3", b"face 99999999999"), "damaged-file"),
        ((b"face 3", b"face 0"), "no-faces"),
        ((b"property float x", b"property float a"), "damaged-file"),
        ((b"property float y", b"property float x"), "damaged-file"),
        ((b"property float x", b"property list uchar float x"), "damaged-file"),
        ((b"list uchar int", b"list float int"), "damaged-file"),
        ((b"list uchar int", b"list uchar double"), "damaged-file"),
        ((b"format", b"formal"), "damaged-file"),
        ((b"end_header", b"end_hurry"), "damaged-file"),
    ],
)
def test_headers_that_lie_are_refused(files, change, code):
    with pytest.raises(Refusal) as refused:
        read_ply(files["little.ply"].replace(*change))
    assert refused.value.code == code


def test_lists_that_claim_too_much_are_refused(files):
    header = b"ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty list uint float x\nend_header\n"
    with pytest.raises(Refusal):
        read_ply(header + struct.pack("<I", 0xFFFFFFFF))
    for bad in (b"-3 0 1 2", b"2.5 0 1 2", b"nan 0 1 2", b"3 0 1 1e18", b"3 0 1 nan", b"3 0 1 0.5", b"3 0 1 x"):
        with pytest.raises(Refusal):
            read_ply(files["text.ply"].replace(b"3 0 1 4", bad))


def test_one_long_word_does_not_give_every_number_its_room(files: dict[str, bytes]) -> None:
    with pytest.raises(Refusal, match="not a number"):
        read_ply(files["text.ply"] + b"0" * 500)
