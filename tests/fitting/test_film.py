"""Films of faces to performances: drawn frames with what happens to films in the world."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from backend.errors import Refusal
from backend.fitting.film import Film
from backend.fitting.fit_film import fit_film
from backend.imaging.landmarks import available
from backend.live_link import read_live_link
from backend.performance import read_npz

PHOTO = "smirk_test_image1.png"


def write_film(path: Path, frames: list[np.ndarray], times: list[int] | None = None) -> Path:
    """Frames (H, W, 3) as H.264. times: in ticks of 25 a second; even without them."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = times[number] if times else number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def face(corpus: Path) -> np.ndarray:
    return np.array(Image.open(corpus / "dev" / "faces" / PHOTO).convert("RGB"))


@pytest.fixture(scope="module")
def nothing(face: np.ndarray) -> np.ndarray:
    return np.full_like(face, 90)


def test_times_of_a_variable_rate_are_the_film_s(tmp_path):
    frames = [np.full((64, 96, 3), 20 * number, np.uint8) for number in range(5)]
    with Film(write_film(tmp_path / "vfr.mp4", frames, [0, 1, 5, 6, 12])) as film:
        found = [(round(25 * frame.time), frame.pixels.shape) for frame in film]
    assert [time for time, _ in found] == [0, 1, 5, 6, 12]
    assert {shape for _, shape in found} == {(64, 96, 3)}


def test_a_film_that_is_cut_short_goes_as_far_as_it_goes(tmp_path):
    frames = [np.random.default_rng(n).integers(0, 255, (128, 128, 3)).astype(np.uint8) for n in range(30)]
    whole = tmp_path / "whole.mkv"
    write_film(whole, frames)
    (tmp_path / "short.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with Film(tmp_path / "short.mkv") as film:
        assert 3 < sum(1 for _ in film) < 30


def test_what_is_no_film_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("nothing")
    with pytest.raises(Refusal, match="no film"):
        Film(tmp_path / "text.mp4")
    with pytest.raises(Refusal, match="no file"):
        Film(tmp_path / "absent.mp4")


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_a_film_without_a_face_is_refused(tmp_path, nothing):
    with pytest.raises(Refusal, match="No face"):
        fit_film(write_film(tmp_path / "empty.mp4", [nothing] * 6))


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_frames_without_a_face_are_bridged_or_left_out(tmp_path, face, nothing):
    film = write_film(tmp_path / "gap.mp4", [face] * 6 + [nothing] * 4 + [face] * 6)
    bridged = fit_film(film).performance
    assert len(bridged.weights) == 16
    assert (bridged.confidence[6:10] == 0).all() and (bridged.confidence[[2, 13]] > 0.3).all()
    np.testing.assert_allclose(bridged.weights[8], bridged.weights[2], atol=0.1)
    assert len(fit_film(film, "leave out").performance.weights) == 12


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_of_two_faces_the_larger_is_followed(tmp_path, face):
    small = np.array(Image.fromarray(face).resize([side // 2 // 2 * 2 for side in face.shape[1::-1]]))
    pair = np.full((len(face), len(face[0]) + len(small[0]) // 2 * 2, 3), 90, np.uint8)
    pair[: len(face), : len(face[0])] = face
    pair[: len(small), len(face[0]) :] = small[:, : len(pair[0]) - len(face[0])]
    fit = fit_film(write_film(tmp_path / "two.mp4", [pair] * 4))
    assert fit.found == 4 and fit.poses[0, 0, 3] < 0


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_nothing_is_smoothed_across_a_cut(tmp_path, corpus, face):
    other = Image.open(corpus / "dev" / "faces" / "smirk_test_image2.png").convert("RGB")
    other = np.array(other.resize(face.shape[1::-1]))
    both = fit_film(write_film(tmp_path / "cut.mp4", [face] * 6 + [other] * 6))
    assert both.cuts == (6,) and both.found == 12
    before, after = both.performance.weights[:6], both.performance.weights[6:]
    assert np.abs(before.mean(0) - after.mean(0)).max() > 0.1
    for shot in (before, after):
        assert np.abs(shot - np.median(shot, axis=0)).max() < 0.05
    assert np.linalg.norm(both.performance.head[5, :3] - both.performance.head[6, :3]) > 0.02


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_a_still_face_stays_still(tmp_path, face):
    random = np.random.default_rng(0)
    frames = [np.clip(face + random.normal(0, 4, face.shape), 0, 255).astype(np.uint8) for _ in range(12)]
    motion = fit_film(write_film(tmp_path / "still.mp4", frames)).performance
    assert motion.weights.std(0).max() < 0.06
    assert motion.head[:, :3].std(0).max() < 0.01


@pytest.mark.skipif(not available(), reason="mediapipe is absent")
def test_the_verb_writes_performance_csv_and_film(tmp_path, face):
    film = write_film(tmp_path / "film.mp4", [face] * 5)
    command = [sys.executable, "-m", "backend", "fit", "--video", film, "--out", tmp_path / "p.npz"]
    command += ["--csv", tmp_path / "p.csv", "--overlay", tmp_path / "over.mp4", "--mesh", tmp_path / "head.obj"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "5 frames" in done.stdout
    motion = read_npz(tmp_path / "p.npz")
    assert motion.weights.shape == (5, 52) and len(read_live_link(tmp_path / "p.csv").weights) == 5
    with Film(tmp_path / "over.mp4") as shown:
        drawn = [frame.pixels for frame in shown]
    assert len(drawn) == 5 and drawn[0].shape[1] > 2.9 * drawn[0].shape[0] * len(face[0]) / len(face) * 0.99
