"""Files of rigs, whole and broken."""

from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.rigs.rig import read_rig


def arrays() -> dict[str, np.ndarray]:
    """A tetrahedron with two controls."""
    return {
        "vertices": np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32),
        "faces": np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]),
        "controls": np.array(["one", "two"]),
        "deltas": np.ones((2, 4, 3)),
        "minimum": np.array([0, -np.inf]),
        "maximum": np.array([1, 3.0]),
    }


def refused(path: Path, **changed: np.ndarray | None) -> str:
    content = {name: array for name, array in (arrays() | changed).items() if array is not None}
    np.savez(path, **content)
    with pytest.raises(Refusal) as refusal:
        read_rig(path)
    return refusal.value.code


def test_a_rig_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "rig.npz", **arrays())
    rig = read_rig(tmp_path / "rig.npz")
    assert rig.controls == ("one", "two") and rig.deltas.dtype == np.float32
    assert rig.rest.tolist() == [0, 0] and rig.minimum[1] == -np.inf


def test_broken_rigs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rig.npz"
    assert refused(path, deltas=None) == "missing-array"
    assert refused(path, vertices=None) == "missing-array"
    assert refused(path, deltas=np.ones((2, 5, 3))) == "bad-rig"
    assert refused(path, minimum=np.zeros(3)) == "bad-rig"
    assert refused(path, controls=np.array(["one", "one"])) == "bad-rig"
    assert refused(path, controls=np.array([1, 2])) == "bad-rig"
    assert refused(path, controls=np.array([], np.str_), deltas=np.ones((0, 4, 3))) == "bad-rig"
    assert refused(path, deltas=np.full((2, 4, 3), np.nan)) == "not-finite"
    assert refused(path, minimum=np.array([2.0, 0.0])) == "bad-bounds"
    assert refused(path, maximum=np.array([np.nan, 0.0])) == "bad-bounds"
    assert refused(path, deltas=np.array([{}, {}], object)) == "damaged-file"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(Refusal):
        read_rig(path)
    with pytest.raises(Refusal) as missing:
        read_rig(tmp_path / "nothing.npz")
    assert missing.value.code == "missing-file"
