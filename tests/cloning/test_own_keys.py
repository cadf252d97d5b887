from pathlib import Path

import numpy as np
import pytest

from backend.cloning.own_keys import carried_keys, known_keys, read_keys
from backend.errors import Refusal


def written(path: Path, **changes: np.ndarray) -> Path:
    arrays = {"names": np.array(["jawOpen", "eyeBlink_L"]), "deltas": np.ones((2, 5, 3), np.float32)} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_names_and_deltas_as_they_are(tmp_path):
    deltas = np.random.default_rng(0).random((2, 5, 3))
    names, read = read_keys(written(tmp_path / "keys.npz", deltas=deltas), 5)
    assert names == ("jawOpen", "eyeBlink_L")
    np.testing.assert_array_equal(read, deltas.astype(np.float32))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"deltas": np.ones((2, 6, 3))}, r"keys \(2, 6, 3\) for a head of 5 vertices"),
        ({"deltas": np.ones((3, 5, 3))}, r"keys \(3, 5, 3\)"),
        ({"deltas": np.full((2, 5, 3), np.nan)}, "not numbers"),
        ({"names": np.array(["jawOpen", "tailWag"])}, "tailWag, which is not known"),
        ({"names": np.array(["jawOpen", "jawOpen"])}, "one of them twice"),
        ({"names": np.array([1, 2])}, "keys"),
        ({"names": None}, "no array named names"),
        ({"deltas": np.array([None, None])}, "not an array of plain numbers"),
    ],
)
def test_other_files_are_refused(tmp_path, changes, message):
    with pytest.raises(Refusal, match=message):
        read_keys(written(tmp_path / "keys.npz", **changes), 5)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "keys.npz").write_bytes(b"keys")
    with pytest.raises(Refusal, match="whole"):
        read_keys(tmp_path / "keys.npz", 5)
    with pytest.raises(Refusal, match="no file"):
        read_keys(tmp_path / "absent.npz", 5)


@pytest.mark.parametrize("pair", [("key_names", "key_deltas"), ("controls", "deltas")])
def test_a_head_carries_keys_and_those_whose_names_are_one_channels_are_known(tmp_path, pair):
    deltas = np.random.default_rng(0).random((6, 5, 3))
    names = np.array(["Shapes.eyeBlink_L", "Key.001", "jawOpen", "Blink", "browInnerUp_L", "JawOpen"])
    np.savez(tmp_path / "head.npz", **{pair[0]: names, pair[1]: deltas})
    carried = carried_keys(tmp_path / "head.npz", 5)
    assert carried is not None and carried[0] == tuple(names.tolist())
    np.testing.assert_array_equal(carried[1], deltas.astype(np.float32))
    known = known_keys(*carried)
    assert known is not None and known[0] == ("eyeBlinkLeft", "jawOpen", "browInnerUp_L")
    np.testing.assert_array_equal(known[1], deltas[[0, 2, 4]].astype(np.float32))
    assert known_keys(("bone.x", "Blink"), deltas[:2]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"deltas": np.ones((2, 6, 3))},
        {"deltas": np.full((2, 5, 3), np.nan)},
        {"controls": np.array([], np.str_), "deltas": np.ones((0, 5, 3))},
        {"controls": np.array([1, 2])},
        {"controls": None},
    ],
)
def test_keys_that_are_none_of_the_heads_are_left_out(tmp_path, changes):
    arrays = {"controls": np.array(["jawOpen", "eyeBlink_L"]), "deltas": np.ones((2, 5, 3))} | changes
    np.savez(tmp_path / "head.npz", **{name: array for name, array in arrays.items() if array is not None})
    assert carried_keys(tmp_path / "head.npz", 5) is None
    assert carried_keys(tmp_path / "head.obj", 5) is None
