"""The performance that the verb encode writes, and what it refuses. The head's shapes lie in the cache, as if it had
been done before."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.channels import ARKIT_NAMES
from backend.cloning.recall import keep, recall
from backend.geometry.read import read_head
from backend.live_link import read_live_link
from backend.performance import read_npz


@pytest.fixture
def folder(tmp_path, monkeypatch, puppet) -> Path:
    """With head.npz, its shapes kept, a clip of 20 frames, and truth (20, K)."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    np.savez(tmp_path / "head.npz", vertices=puppet.mesh.vertices, faces=puppet.mesh.triangles)
    keep(read_head(tmp_path / "head.npz"), "ict", puppet.shapes)
    truth = np.random.default_rng(0).random((20, len(puppet.shapes.names))).astype(np.float32)
    truth[:, [name.startswith("eyeLook") for name in puppet.shapes.names]] = 0
    np.savez(tmp_path / "clip.npz", frames=puppet.posed(truth), fps=25.0)
    np.save(tmp_path / "truth.npy", truth)
    return tmp_path


def encode(folder: Path, *more: str | Path) -> int:
    arguments = ("--neutral", folder / "head.npz", "--frames", folder / "clip.npz", "--out", folder / "out.npz", *more)
    return main(["encode", *map(str, arguments)])


def test_the_performance_is_written_and_the_csv_can_be_read_back(folder, puppet, capsys):
    assert encode(folder, "--csv", folder / "live.csv") == 0
    said = capsys.readouterr().out
    assert "20 frames at 25 fps, confidence 0.80" in said
    assert "explains 100% of the face's motion" in said
    truth, motion = np.load(folder / "truth.npy"), read_npz(folder / "out.npz")
    assert motion.names == puppet.shapes.names
    assert motion.source == "clip.npz"
    np.testing.assert_allclose(motion.weights, truth, atol=1e-3)
    read = read_live_link(folder / "live.csv")
    assert read.fps == pytest.approx(25)
    np.testing.assert_allclose(read.weights, motion.named(ARKIT_NAMES).weights, atol=1e-6)
    np.testing.assert_allclose(read.gaze, motion.gaze, atol=1e-6)


def test_own_keys_are_read_in_place_of_ours(folder, puppet):
    truth = np.load(folder / "truth.npy")
    keys = {"names": np.array(puppet.shapes.names), "deltas": puppet.shapes.deltas}
    np.savez(folder / "keys.npz", **keys)
    ours = replace(puppet.shapes, deltas=np.roll(puppet.shapes.deltas, 1, axis=0))
    keep(read_head(folder / "head.npz"), "ict", ours)
    assert encode(folder, "--keys", folder / "keys.npz") == 0
    np.testing.assert_allclose(read_npz(folder / "out.npz").weights, truth, atol=1e-3)
    assert encode(folder) == 0
    assert np.abs(read_npz(folder / "out.npz").weights - truth).max() > 0.3


def test_keys_that_the_head_carries_are_used_where_they_made_the_clip(folder, puppet, capsys):
    keys = np.roll(puppet.shapes.deltas[:6], 1, axis=0)
    head = {"vertices": puppet.mesh.vertices, "faces": puppet.mesh.triangles}
    head |= {"key_names": np.array(puppet.shapes.names[:6]), "key_deltas": keys}
    np.savez(folder / "head.npz", **head)
    truth = np.load(folder / "truth.npy")[:, :6]
    assert encode(folder) == 0
    assert "own 6 keys" in capsys.readouterr().out
    motion = read_npz(folder / "out.npz")
    assert motion.names == puppet.shapes.names[:6]
    np.testing.assert_allclose(motion.weights, np.roll(truth, 1, axis=1), atol=1e-3)
    halved = puppet.shapes.deltas[:6] * np.linspace(1, 0, 6)[:, None, None]
    np.savez(folder / "head.npz", **head | {"key_deltas": halved})
    assert encode(folder) == 0
    assert "own" not in capsys.readouterr().out
    np.testing.assert_allclose(read_npz(folder / "out.npz").weights[:, :6], truth, atol=1e-3)


def test_calibrated_shapes_bring_the_clip_back(folder, puppet):
    weak = replace(puppet.shapes, deltas=1.4 * puppet.shapes.deltas)
    keep(read_head(folder / "head.npz"), "ict", weak)
    assert encode(folder, "--calibrated", folder / "shapes.npz") == 0
    weights = read_npz(folder / "out.npz").weights
    with np.load(folder / "shapes.npz") as fitted, np.load(folder / "clip.npz") as clip:
        wanted = clip["frames"] - puppet.mesh.vertices
        again = np.tensordot(weights, fitted["deltas"], axes=1)
        assert tuple(fitted["names"]) == puppet.shapes.names
    assert np.linalg.norm(again - wanted) < 0.02 * np.linalg.norm(wanted)


def test_a_clip_of_another_head_is_refused_before_any_work(folder, capsys):
    np.savez(folder / "clip.npz", frames=np.zeros((3, 8, 3)), fps=25)
    assert encode(folder) == 2
    assert "The clip has 8 vertices in a frame, the head" in capsys.readouterr().err
    assert not (folder / "out.npz").exists()


def test_a_broken_frame_leaves_the_old_performance(folder, puppet, capsys):
    (folder / "out.npz").write_bytes(b"old")
    frames = puppet.posed(np.load(folder / "truth.npy"))
    frames[13, 5] = np.nan
    np.savez(folder / "clip.npz", frames=frames, fps=25)
    assert encode(folder) == 2
    assert "Frame 13 has coordinates that are not numbers" in capsys.readouterr().err
    assert (folder / "out.npz").read_bytes() == b"old"


def test_places_are_checked_before_any_work(folder, capsys):
    assert encode(folder, "--csv", folder / "absent" / "live.csv") == 2
    assert "There is no folder" in capsys.readouterr().err


def test_where_the_skin_lies_is_kept_with_the_shapes(folder, puppet):
    mesh = read_head(folder / "head.npz")
    canonical = np.where(puppet.shapes.parts[:, None] == 0, mesh.vertices, np.nan).astype(np.float32)
    keep(mesh, "ict", replace(puppet.shapes, canonical=canonical))
    recalled = recall(mesh, "ict")
    assert recalled is not None
    np.testing.assert_array_equal(recalled.canonical, canonical)


def test_the_neutral_can_be_a_frame_or_be_found(folder, puppet, capsys, monkeypatch):
    monkeypatch.setattr("backend.sources.neutral.find_neutral", lambda mesh, frames, shapes_of, progress: 7)
    truth = np.load(folder / "truth.npy")
    truth[7] = 0
    np.savez(folder / "clip.npz", frames=puppet.posed(truth), fps=25.0)
    np.savez(folder / "head.npz", vertices=puppet.posed(truth)[3], faces=puppet.mesh.triangles)
    resting = replace(read_head(folder / "head.npz"), vertices=puppet.posed(truth)[7])
    keep(resting, "ict", puppet.shapes)
    for how in (("--neutral-frame", "7"), ("--find-neutral",)):
        assert encode(folder, *how) == 0
        assert "at rest in frame 7" in capsys.readouterr().out
        np.testing.assert_allclose(read_npz(folder / "out.npz").weights, truth, atol=2e-3)
    assert encode(folder, "--neutral-frame", "20") == 2
    assert "there is no frame 20" in capsys.readouterr().err


def test_frames_alone_need_a_head(folder, capsys):
    assert main(["encode", "--frames", str(folder / "clip.npz"), "--out", str(folder / "out.npz")]) == 2
    assert "Give a head of the same vertices: --neutral HEAD." in capsys.readouterr().err


def test_morph_targets_of_known_names_need_no_head_and_no_model(tmp_path, capsys, animated):
    times, weights = np.arange(13) / 24, np.stack([np.linspace(0, 1, 13), np.linspace(1, 0.25, 13)], axis=1)
    clip = animated(["jawOpen", "Smile_L"], times, weights).write(tmp_path / "clip.glb")
    assert main(["encode", "--frames", str(clip), "--out", str(tmp_path / "p.npz")]) == 0
    said = capsys.readouterr().out
    motion = read_npz(tmp_path / "p.npz")
    np.testing.assert_allclose(motion.weights[:, motion.names.index("jawOpen")], weights[:, 0], atol=1e-6)
    assert "read from morph targets of their names" in said
