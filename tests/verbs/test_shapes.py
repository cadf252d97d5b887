"""The file that the verb shapes writes, and what it refuses."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.cloning.recall import keep
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS
from backend.geometry.read import read_head
from backend.output import check_place, terminal_progress
from backend.verbs.shapes import write_shapes

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Built:
    """What write_shapes needs of Shapes."""

    vertices: np.ndarray
    names: tuple[str, ...]
    deltas: np.ndarray
    parts: np.ndarray
    confidence: float
    reasons: tuple[str, ...]
    canonical_from_file: np.ndarray
    version: str


@pytest.fixture
def built() -> Built:
    chance = np.random.default_rng(2)
    return Built(
        chance.random((5, 3), np.float32),
        ("jawOpen", "eyeBlinkLeft"),
        chance.random((2, 5, 3), np.float32),
        np.array([0, 1, 2, 8, 0], np.int8),
        0.625,
        ("Seen from the front.",),
        np.diag([2.0, 2.0, 2.0, 1.0]),
        "0.1.0",
    )


def backend(*arguments: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_the_file_has_every_key_with_its_numbers(tmp_path, built) -> None:
    write_shapes(tmp_path / "shapes.npz", built)
    with np.load(tmp_path / "shapes.npz", allow_pickle=False) as file:
        for name in ("vertices", "deltas", "parts", "canonical_from_file"):
            np.testing.assert_array_equal(file[name], getattr(built, name))
            assert file[name].dtype == getattr(built, name).dtype
        assert tuple(file["names"]) == built.names
        assert tuple(file["part_names"]) == PARTS
        assert tuple(file["reasons"]) == built.reasons
        assert file["confidence"].shape == () and float(file["confidence"]) == 0.625
        assert str(file["version"]) == "0.1.0"


def test_the_same_shapes_give_the_same_bytes_under_any_name(tmp_path, built) -> None:
    write_shapes(tmp_path / "a.npz", built)
    write_shapes(tmp_path / "without suffix", built)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "without suffix").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, built, monkeypatch) -> None:
    out = tmp_path / "shapes.npz"
    out.write_bytes(b"old")

    def full(member, values, **options) -> None:
        member.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.lib.format.write_array", full)
    with pytest.raises(Refusal, match="No space left on device"):
        write_shapes(out, built)
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_places_that_cannot_be_written_to(tmp_path) -> None:
    check_place(tmp_path / "new.npz")
    with pytest.raises(Refusal, match="There is no folder"):
        check_place(tmp_path / "absent" / "new.npz")
    with pytest.raises(Refusal, match="is a folder"):
        check_place(tmp_path)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_where_somebody_looks_or_asks(capsys, terminal) -> None:
    terminal_progress(terminal, False)(0.25, "Aligning")
    terminal_progress(terminal, True)(0.5, "Sealing")
    assert capsys.readouterr().err == ("\r\x1b[K 25% Aligning\r\x1b[K 50% Sealing" if terminal else " 50% Sealing\n")


def test_a_refusal_is_one_line_and_status_2(tmp_path) -> None:
    done = backend("shapes", tmp_path / "head.obj", "--out", tmp_path / "absent" / "shapes.npz")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"There is no folder {tmp_path / 'absent'}. Make it first.\n"


def test_a_head_that_is_not_there(tmp_path) -> None:
    done = backend("shapes", tmp_path / "head.obj", "--out", tmp_path / "shapes.npz")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "head.obj" in done.stderr
    assert not (tmp_path / "shapes.npz").exists()


def test_a_head_that_was_done_before_is_written_from_the_cache(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    points = np.random.default_rng(5).random((30, 3), np.float32)
    np.savez(tmp_path / "head.npz", vertices=points, faces=np.arange(30).reshape(-1, 3))
    deltas = np.random.default_rng(6).random((1, 30, 3), np.float32)
    frame, parts = np.eye(4), np.zeros(30, np.int8)
    shapes = Shapes(points, ("jawOpen",), deltas, parts, 0.25, ("drawn by hand",), frame, (), "0.1.0")
    keep(read_head(tmp_path / "head.npz"), "arkit", shapes)
    assert main(["shapes", str(tmp_path / "head.npz"), "--out", str(tmp_path / "shapes.npz")]) == 0
    assert "1 shapes, confidence 0.25" in capsys.readouterr().out
    with np.load(tmp_path / "shapes.npz") as file:
        np.testing.assert_array_equal(file["deltas"], deltas)
        np.testing.assert_array_equal(file["vertices"], points)


@pytest.fixture
def kept_head(tmp_path, monkeypatch, open_head_shapes) -> Path:
    """The file of a head whose shapes an earlier command has built: the open head with its own."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    mesh, head = open_head_mesh(), tmp_path / "head.npz"
    names = np.array(mesh.object_names)
    np.savez(head, vertices=mesh.vertices, faces=load_open_head().quads, object_id=mesh.objects, objects=names)
    keep(read_head(head), "arkit", open_head_shapes)
    return head


def test_correctives_are_written_beside_the_shapes_that_they_belong_to(tmp_path, kept_head, capsys) -> None:
    assert main(["shapes", str(kept_head), "--out", str(tmp_path / "shapes.npz"), "--correctives"]) == 0
    said = capsys.readouterr().out
    with np.load(tmp_path / "shapes.npz", allow_pickle=False) as file:
        names, pairs, deltas = (file[f"corrective_{key}"] for key in ("names", "of", "deltas"))
        assert "jawOpen_corrective" in str(names[0])
        assert set(pairs.ravel()) <= set(file["names"])
        assert pairs.shape == (len(names), 2)
        assert deltas.shape == (len(names), *file["vertices"].shape)
        assert deltas.dtype == np.float32
    assert (np.abs(deltas).max((1, 2)) > 0.0003).all()
    for name, (first, second) in zip(names, pairs, strict=True):
        assert f"{name} is for {first} and {second} together" in said


def test_without_being_asked_for_there_are_no_correctives(tmp_path, kept_head) -> None:
    assert main(["shapes", str(kept_head), "--out", str(tmp_path / "shapes.npz")]) == 0
    with np.load(tmp_path / "shapes.npz", allow_pickle=False) as file:
        assert not [name for name in file.files if name.startswith("corrective")]


def test_a_face_that_needs_no_correctives_says_so_in_the_file(tmp_path, built) -> None:
    write_shapes(tmp_path / "shapes.npz", built, ())
    with np.load(tmp_path / "shapes.npz", allow_pickle=False) as file:
        assert file["corrective_names"].shape == (0,)
        assert file["corrective_of"].shape == (0, 2)
        assert file["corrective_deltas"].shape == (0, 5, 3)
