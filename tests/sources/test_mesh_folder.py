"""A folder of meshes as a clip."""

from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.sources.mesh_folder import natural
from backend.sources.read import read_clip

WEIGHTS = np.stack([np.linspace(0, 1, 12), np.zeros(12)], axis=1)
FACES = ((1, 2, 5), (2, 3, 5), (3, 4, 5), (4, 1, 5))


def write_obj(path: Path, points: np.ndarray, faces: tuple[tuple[int, ...], ...] = FACES) -> None:
    lines = ["v {:.6f} {:.6f} {:.6f}".format(*point) for point in points]
    path.write_text("\n".join([*lines, *("f " + " ".join(map(str, face)) for face in faces)]) + "\n")


@pytest.fixture
def folder(tmp_path: Path, posed) -> Path:
    """face1.obj to face12.obj, and files that are none of its frames."""
    for number, points in enumerate(posed(WEIGHTS), start=1):
        write_obj(tmp_path / f"face{number}.obj", points)
    (tmp_path / "notes.txt").write_text("take 3")
    (tmp_path / ".face0.obj").write_text("hidden")
    return tmp_path


def test_frames_are_in_natural_order(folder: Path, posed) -> None:
    clip = read_clip(folder, fps=25)
    assert clip.frames.count == 12 and clip.frames.fps == 25 and clip.mesh is not None
    assert np.allclose(np.concatenate(list(clip.frames.chunks())), posed(WEIGHTS), atol=1e-6)
    assert sorted(["a10", "a9", "A1.5", "b", "a"], key=natural) == ["a", "A1.5", "a9", "a10", "b"]


def test_a_folder_does_not_say_its_rate(folder: Path) -> None:
    for fps, code in ((None, "no-rate"), (0.0, "bad-rate")):
        with pytest.raises(Refusal) as refusal:
            read_clip(folder, fps)
        assert refusal.value.code == code


def test_faces_that_change_midway_are_named(folder: Path, posed) -> None:
    write_obj(folder / "face7.obj", posed(WEIGHTS)[6][:4], ((1, 2, 3), (1, 3, 4)))
    with pytest.raises(Refusal) as fewer:
        list(read_clip(folder, 25).frames.chunks())
    assert fewer.value.sentence == "face7.obj has 4 vertices, face1.obj has 5."
    write_obj(folder / "face7.obj", posed(WEIGHTS)[6], FACES[::-1])
    with pytest.raises(Refusal) as other:
        list(read_clip(folder, 25).frames.chunks())
    assert other.value.sentence == "face7.obj has other faces than face1.obj."


def test_a_broken_mesh_among_many_is_named(folder: Path) -> None:
    for content in ("", "v 0 0\n", "v nan 0 0\n" * 5 + "f 1 2 3\n"):
        (folder / "face7.obj").write_text(content)
        with pytest.raises(Refusal, match=r"^face7\.obj: "):
            list(read_clip(folder, 25).frames.chunks())


def test_folders_without_one_kind_of_mesh_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "face1.ply").write_text("ply\n")
    (tmp_path / "empty").mkdir()
    for place, code in ((folder, "mixed-folder"), (tmp_path / "empty", "no-frames")):
        with pytest.raises(Refusal) as refusal:
            read_clip(place, 25)
        assert refusal.value.code == code
