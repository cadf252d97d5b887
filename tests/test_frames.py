"""Clips of vertices from files that nobody vouches for."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.frames import frames_from_array, frames_from_file, frames_per_chunk

HUGE = "{{'descr': '<f4', 'fortran_order': False, 'shape': ({frames}, {vertices}, 3), }}"


@pytest.fixture
def clip() -> np.ndarray:
    return np.random.default_rng(0).random((7, 11, 3), np.float32)


def header(text: str) -> bytes:
    """A .npy that claims what the text says."""
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def archive(path: Path, frames: bytes, fps: float = 30.0) -> Path:
    rate = io.BytesIO()
    np.save(rate, np.float64(fps))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("fps.npy", rate.getvalue())
        file.writestr("frames.npy", frames)
    return path


def refused(read: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read()
    return caught.value


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_frames_come_back_as_they_were_saved(tmp_path, clip, save, dtype):
    clip = (100 * clip).astype(dtype)
    save(tmp_path / "clip.npz", frames=clip, fps=24)
    frames = frames_from_file(tmp_path / "clip.npz")
    assert (frames.count, frames.vertices, frames.fps, frames.source) == (7, 11, 24.0, "clip.npz")
    for _ in range(2):
        chunks = list(frames.chunks())
        assert all(chunk.dtype == np.float32 for chunk in chunks)
        np.testing.assert_array_equal(np.concatenate(chunks), clip.astype(np.float32))


def test_a_long_clip_is_read_in_pieces(tmp_path, monkeypatch, clip):
    monkeypatch.setattr("backend.frames.CHUNK_BYTES", 2 * clip[0].nbytes)
    np.savez(tmp_path / "clip.npz", frames=clip, fps=24)
    for frames in (frames_from_file(tmp_path / "clip.npz"), frames_from_array(clip, 24)):
        chunks = list(frames.chunks())
        assert [len(chunk) for chunk in chunks] == [2, 2, 2, 1]
        np.testing.assert_array_equal(np.concatenate(chunks), clip)
    assert frames_per_chunk(10**9) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_with_its_frame(tmp_path, clip, value):
    clip[4, 3, 1] = value
    np.savez(tmp_path / "clip.npz", frames=clip, fps=24)
    for frames in (frames_from_file(tmp_path / "clip.npz"), frames_from_array(clip, 24)):
        refusal = refused(lambda frames=frames: list(frames.chunks()))
        assert refusal.code == "not-finite"
        assert "Frame 4" in refusal.sentence


def test_numbers_too_large_for_us_are_no_numbers(tmp_path, clip):
    np.savez(tmp_path / "clip.npz", frames=clip.astype(np.float64) * 1e300, fps=24)
    assert refused(lambda: list(frames_from_file(tmp_path / "clip.npz").chunks())).code == "not-finite"


def test_a_truncated_file_is_refused(tmp_path, clip):
    np.savez(tmp_path / "clip.npz", frames=clip, fps=24)
    content = (tmp_path / "clip.npz").read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        (tmp_path / "clip.npz").write_bytes(content[:length])
        assert refused(lambda: frames_from_file(tmp_path / "clip.npz")).code == "damaged-file"


def test_a_flipped_bit_is_found(tmp_path, clip):
    np.savez(tmp_path / "clip.npz", frames=clip, fps=24)
    content = bytearray((tmp_path / "clip.npz").read_bytes())
    content[content.index(clip.tobytes()) + 5] ^= 64
    (tmp_path / "clip.npz").write_bytes(content)
    assert refused(lambda: list(frames_from_file(tmp_path / "clip.npz").chunks())).code == "damaged-file"


@pytest.mark.parametrize(("frames", "vertices"), [(8, 11), (1_000_000, 5_000_000), (10**12, 11), (6, 11)])
def test_a_header_that_lies_is_refused_before_anything_is_allocated(tmp_path, clip, frames, vertices):
    content = header(HUGE.format(frames=frames, vertices=vertices)) + clip.tobytes()
    path = archive(tmp_path / "clip.npz", content)
    tracemalloc.start()
    refusal = refused(lambda: frames_from_file(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.code in ("damaged-file", "too-large")
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"frames": np.zeros((2, 5, 3))}, "missing-array"),
        ({"fps": 30.0}, "missing-array"),
        ({"frames": np.zeros((2, 5, 2)), "fps": 30.0}, "bad-frames"),
        ({"frames": np.zeros((0, 5, 3)), "fps": 30.0}, "bad-frames"),
        ({"frames": np.zeros((5, 3)), "fps": 30.0}, "bad-frames"),
        ({"frames": np.asfortranarray(np.ones((2, 5, 3))), "fps": 30.0}, "bad-frames"),
        ({"frames": np.full((2, 5, 3), "a"), "fps": 30.0}, "bad-frames"),
        ({"frames": np.array([None, {}]), "fps": 30.0}, "damaged-file"),
        ({"frames": np.zeros((2, 5, 3)), "fps": 0.0}, "bad-rate"),
        ({"frames": np.zeros((2, 5, 3)), "fps": np.nan}, "bad-rate"),
        ({"frames": np.zeros((2, 5, 3)), "fps": np.array([24, 25])}, "bad-rate"),
        ({"frames": np.zeros((2, 5, 3)), "fps": "fast"}, "bad-rate"),
    ],
)
def test_other_files_are_refused(tmp_path, arrays, code):
    np.savez(tmp_path / "clip.npz", **arrays)
    assert refused(lambda: frames_from_file(tmp_path / "clip.npz")).code == code


def test_what_is_no_archive_and_what_is_not_there(tmp_path):
    (tmp_path / "clip.npz").write_text("frames")
    assert refused(lambda: frames_from_file(tmp_path / "clip.npz")).code == "damaged-file"
    assert refused(lambda: frames_from_file(tmp_path / "absent.npz")).code == "missing-file"


def test_arrays_in_memory_are_checked_too(clip):
    assert refused(lambda: frames_from_array(clip[0], 30)).code == "bad-frames"
    assert refused(lambda: frames_from_array(clip.astype(str), 30)).code == "bad-frames"
    assert refused(lambda: frames_from_array(clip, -1)).code == "bad-rate"
