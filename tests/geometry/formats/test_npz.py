import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from backend.errors import Refusal
from backend.geometry.formats.npz import read_npz


def archive(path, compression=zipfile.ZIP_STORED, **members):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def npy(array):
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=True)
    return content.getvalue()


def header(text):
    text = text.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def test_orders_and_widths_of_numpy_are_read(tmp_path, vertices, triangles):
    for dtype in ("<f8", ">f4", "<f2"):
        path = archive(
            tmp_path / "a.npz",
            vertices=npy(np.asfortranarray(vertices.astype(dtype))),
            faces=npy(triangles.astype(">i8")),
        )
        mesh = read_npz(path)
        assert np.array_equal(mesh.vertices, vertices)
        assert np.array_equal(mesh.triangles, triangles)


def test_giant_claims_take_no_memory(tmp_path, triangles):
    claims = (
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 3), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 99999999999999999999), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (30000000, 3), }\n"),
        header("{'descr': '<U9999', 'fortran_order': False, 'shape': (10000, 3), }\n"),
    )
    tracemalloc.start()
    for claim in claims:
        with pytest.raises(Refusal):
            read_npz(archive(tmp_path / "a.npz", vertices=claim, faces=npy(triangles)))
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_a_bomb_of_zeros_is_refused_before_it_goes_off(tmp_path, triangles):
    body = header("{'descr': '<f4', 'fortran_order': False, 'shape': (50000000, 3), }\n") + bytes(50_000_000)
    path = archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, vertices=body, faces=npy(triangles))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(Refusal) as refused:
        read_npz(path)
    assert refused.value.code == "too-large"
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_pickles_are_never_opened(tmp_path, triangles):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = archive(tmp_path / "a.npz", vertices=npy(np.array([Trap()], dtype=object)), faces=npy(triangles))
    with pytest.raises(Refusal):
        read_npz(path)


@pytest.mark.parametrize(
    "change",
    [
        {"vertices": np.zeros((5, 2))},
        {"vertices": np.zeros(15)},
        {"vertices": np.zeros((5, 3), complex)},
        {"vertices": np.full((5, 3), np.inf)},
        {"faces": np.zeros((2, 5), int)},
        {"faces": np.zeros((2, 3))},
        {"faces": np.array([[0, 1, 9]])},
        {"faces": np.array([[0, -1, 2]])},
        {"object_id": np.zeros(4, int)},
        {"object_id": np.zeros(5)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, vertices, triangles, change):
    arrays = {"vertices": vertices, "faces": triangles.astype(np.int32), **change}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(Refusal):
        read_npz(tmp_path / "a.npz")


def test_objects_without_names_are_numbered(tmp_path, vertices, triangles):
    np.savez(tmp_path / "a.npz", vertices=vertices, faces=triangles, object_id=np.array([4, 4, 4, 4, -7]))
    mesh = read_npz(tmp_path / "a.npz")
    assert mesh.objects.tolist() == [1, 1, 1, 1, 0]
    assert mesh.object_names == ("object -7", "object 4")
