import numpy as np
import pytest

from backend.errors import Refusal
from backend.geometry.formats.obj import read_obj

SQUARE = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


def test_vertices_keep_the_order_of_their_lines_whatever_faces_do():
    mesh = read_obj(SQUARE + b"v 9 9 9\nf 4 3 1\nf 3 2 1\n")
    assert np.array_equal(mesh.vertices[:, 0], [0, 1, 1, 0, 9])
    assert mesh.corners.tolist() == [3, 2, 0, 2, 1, 0]


def test_negative_numbers_count_back_from_where_they_stand():
    mesh = read_obj(SQUARE[:24] + b"f -3 -2 -1\n" + SQUARE[24:] + b"f -1/-1/-1 -2//-2 -4/1\n")
    assert mesh.corners.tolist() == [0, 1, 2, 3, 2, 0]


def test_lines_may_be_continued_and_end_as_on_windows():
    mesh = read_obj(SQUARE.replace(b"\n", b"\r\n") + b"f 1 2 \\\r\n3 4\r\n# f 9 9 9\r\nl 1 2\r\n")
    assert mesh.sizes.tolist() == [4]


def test_an_object_without_vertices_of_its_own_is_none():
    mesh = read_obj(b"o empty\no square\n" + SQUARE + b"o faces\nf 1 2 3\n")
    assert mesh.object_names == ("square",)
    assert mesh.objects.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "line",
    [
        b"f 1 2",
        b"f 1 2 x",
        b"f 1 2 0",
        b"f 1 2 5",
        b"f 1 2 -5",
        b"f 1 2 99999999999999999999",
        b"v 1 2",
        b"v 1 2 x\nf 1 2 3",
    ],
)
def test_malformed_lines_are_refused(line):
    with pytest.raises(Refusal) as refused:
        read_obj(SQUARE + line + b"\n")
    assert refused.value.code in ("damaged-file", "bad-faces")


@pytest.mark.parametrize(
    ("content", "code"), [(SQUARE, "no-faces"), (b"v nan 0 0\n" + SQUARE + b"f 1 2 3", "not-finite")]
)
def test_points_alone_and_what_is_not_finite_are_refused(content, code):
    with pytest.raises(Refusal) as refused:
        read_obj(content)
    assert refused.value.code == code
