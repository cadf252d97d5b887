"""Landmarks put right by hand: the fit follows them, and heads that are known are met better."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.archives import write_arrays
from backend.errors import Refusal
from backend.faces.open_head import load_open_head
from backend.fitting.basis import open_head_basis, open_head_fitted
from backend.fitting.corrections import (
    CORRECTED,
    REACH,
    Corrections,
    check_corrections,
    corrected,
    counting,
    no_corrections,
    read_corrections,
)
from backend.fitting.fit import FaceFit, fit_to_landmarks, opened_places
from backend.fitting.pinhole import Pinhole

SIZE, CAMERA = (600, 800), Pinhole(1300.0, (400.0, 300.0))
MISTAKES = {
    "mouth corner": (291, 0.012, (12, -6)),
    "chin": (152, 0.02, (3, 14)),
    "brow": (105, 0.015, (0, -12)),
    "nose": (4, 0.015, (8, 4)),
}
"""A landmark, how far around it the detector is wrong, metres, and by how many pixels."""


@cache
def known(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a head that is known: its landmarks as they are, and as a detector sees them (478, 3), pixels; where all of
    its vertices are seen (V, 2)."""
    random, basis = np.random.default_rng(seed), open_head_basis()
    identity, weights = random.normal(0, 0.7, 100), np.zeros(len(basis.names))
    weights[random.choice(len(weights), 5, replace=False)] = random.uniform(0.2, 0.8, 5)
    turn = Rotation.from_euler("YX", [random.uniform(-25, 25), random.uniform(-8, 8)], degrees=True).as_matrix()
    there = basis.places(identity, weights)[0] @ turn.T + [0, 0, -0.8]
    pixels = CAMERA.project(there)
    seen = np.column_stack([pixels + random.normal(0, 0.8, pixels.shape), -(there[:, 2] + 0.8) * 1300 / 0.8])
    return pixels, seen, CAMERA.project(open_head_fitted(identity, weights) @ turn.T + [0, 0, -0.8])


def fitted(found: np.ndarray, corrections: Corrections | None = None) -> FaceFit:
    return fit_to_landmarks([found], [SIZE], [1300.0], corrections=None if corrections is None else [corrections])


def put_right(numbers: list[int], places: np.ndarray, weight: float = CORRECTED) -> Corrections:
    made = no_corrections()
    made.landmarks[numbers], made.weights[numbers] = places, weight
    return made


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_a_detector_got_wrong_is_met_better_when_it_is_put_right(mistake: str) -> None:
    middle, reach, move = MISTAKES[mistake]
    around = np.linalg.norm(opened_places() - opened_places()[middle], axis=1)
    wrong = np.exp(-0.5 * (around / reach) ** 2)
    head = load_open_head()
    near = (head.parts == 0) & (np.linalg.norm(head.vertices - opened_places()[middle], axis=1) < 0.03)
    errors = []
    for seed in range(4):
        truth, seen, vertices = known(seed)
        found = seen.copy()
        found[:, :2] += wrong[:, None] * move
        others = np.flatnonzero((wrong > 0.3) & (np.arange(478) < 468) & (np.arange(478) != middle))
        few = [middle, *np.random.default_rng(seed).choice(others, 2, replace=False).tolist()]
        row = []
        for fix in (None, put_right([middle], truth[[middle]]), put_right(few, truth[few])):
            fit = fitted(found, fix)
            places = fit.vertices[0] @ fit.pose[0, :3, :3].T + fit.pose[0, :3, 3]
            row.append(np.linalg.norm(CAMERA.project(places) - vertices, axis=1)[near].mean())
        errors.append(row)
    before, one, three = np.mean(errors, axis=0)
    assert one < 0.8 * before
    assert three < 0.8 * before


@pytest.mark.parametrize("number", [291, 152, 105, 13])
def test_a_landmark_moved_by_ten_pixels_takes_the_fit_along(number: int) -> None:
    _, found, _ = known(1)
    wanted = found[number, :2] + [6, 8]
    before = np.linalg.norm(fitted(found).landmarks[0, number] - wanted)
    fit = fitted(found, put_right([number], wanted[None]))
    assert before == pytest.approx(10, abs=1e-3)
    np.testing.assert_allclose(fit.landmarks[0, number], wanted, atol=1e-3)
    # Residuals are the distance of the fitted head to what was put right.
    assert fit.residuals[0, number] < 3
    far = np.linalg.norm(opened_places() - opened_places()[number], axis=1) > 2 * REACH
    np.testing.assert_allclose(fit.landmarks[0, far], found[far, :2], atol=1e-3)


def test_a_landmark_that_was_moved_counts_and_one_that_a_file_repeats_does_not() -> None:
    _, found, _ = known(2)
    same = put_right([4], found[[4], :2])
    assert counting(same, found)[4] == 1
    assert counting(put_right([4], found[[4], :2] + 0.5), found)[4] == CORRECTED
    np.testing.assert_array_equal(fitted(found, same).vertices, fitted(found).vertices)


def test_corrections_are_met_and_lips_do_not_take_each_other_along() -> None:
    _, found, _ = known(3)
    places = opened_places()
    lower, upper = 14, 13
    moved = corrected(found, put_right([lower, 17], found[[lower, 17], :2] + [[0, 12], [0, 6]]), places)
    np.testing.assert_allclose(moved[[lower, 17]] - found[[lower, 17], :2], [[0, 12], [0, 6]], atol=1e-9)
    assert np.abs(moved[upper] - found[upper, :2]).max() < 0.5
    assert moved[87, 1] - found[87, 1] > 4
    np.testing.assert_array_equal(corrected(found, no_corrections(), places), found[:, :2])


@pytest.mark.parametrize(
    ("landmarks", "weights"),
    [
        (np.zeros((1, 68, 2)), None),
        (np.zeros((2, 478, 2)), None),
        (np.zeros((1, 478, 2), int), None),
        (np.zeros((1, 478, 2)), np.zeros((1, 478))),
        (np.zeros((1, 478, 2)), np.full((1, 478), np.nan)),
        (np.zeros((1, 478, 2)), np.ones(478)),
    ],
)
def test_what_is_no_correction_is_refused(landmarks: np.ndarray, weights: np.ndarray | None) -> None:
    with pytest.raises(Refusal):
        check_corrections(landmarks, weights, 1)


def test_files_that_hold_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    write_arrays(tmp_path / "empty.npz", other=np.zeros(3))
    write_arrays(tmp_path / "huge.npz", landmarks=np.zeros((300, 478, 2)))
    for name in ("bad", "empty", "huge"):
        with pytest.raises(Refusal):
            read_corrections(tmp_path / f"{name}.npz", 1)
    with pytest.raises(Refusal):
        read_corrections(tmp_path / "missing.npz", 1)


def test_the_verb_takes_a_fit_whose_landmarks_were_changed(corpus: Path, tmp_path: Path) -> None:
    photo = corpus / "dev" / "faces" / "smirk_test_image1.png"

    def run(out: str, *more: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend", "fit", "--image", photo, "--out", tmp_path / out, *more]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)

    assert run("first.npz").returncode == 0
    with np.load(tmp_path / "first.npz") as arrays:
        landmarks, vertices = arrays["landmarks"].copy(), arrays["vertices"]
        assert arrays["people"].tolist() == [1] and arrays["found"].shape == (1, 478, 3)
    landmarks[0, 61] += [10, 0]
    write_arrays(tmp_path / "changed.npz", landmarks=landmarks)
    assert run("second.npz", "--landmarks", tmp_path / "changed.npz").returncode == 0
    with np.load(tmp_path / "second.npz") as arrays:
        np.testing.assert_allclose(arrays["landmarks"][0, 61], landmarks[0, 61], atol=1e-3)
        assert arrays["residuals"][0, 61] < 4
        assert np.abs(arrays["vertices"] - vertices).max() > 0.001
    write_arrays(tmp_path / "wrong.npz", landmarks=landmarks[:, :68])
    refused = run("third.npz", "--landmarks", tmp_path / "wrong.npz")
    assert refused.returncode == 2 and "Traceback" not in refused.stderr and "landmarks" in refused.stderr
