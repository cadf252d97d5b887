"""Fits between the wire and the solver."""

from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal, silent
from backend.fitting.fit import opened_places
from backend.service.call import Call, Reply
from backend.service.fit import correct_fit, fit_photo, head_basis


@pytest.fixture(scope="module")
def photo(corpus: Path) -> Reply:
    path = corpus / "dev" / "faces" / "smirk_test_image1.png"
    return fit_photo(Call({"paths": [str(path)]}, {}, silent))


def again(photo: Reply, **changed: np.ndarray) -> Reply:
    arrays = {
        "found": photo.arrays["found"],
        "landmarks": np.full((1, 478, 2), np.nan, np.float32),
        "weights": np.ones((1, 478), np.float32),
        "sizes": photo.arrays["picture_sizes"],
        "focals": photo.arrays["focals"],
    }
    return correct_fit(Call({}, arrays | changed, silent))


def test_a_photograph_fitted_again_from_its_landmarks_is_fitted_the_same(photo: Reply) -> None:
    other = again(photo)
    for name in ("identity", "channels", "pose", "intrinsics", "vertices", "deltas", "photo", "seen"):
        np.testing.assert_allclose(other.arrays[name], photo.arrays[name], atol=2e-4, err_msg=name)
    assert photo.fields["people"] == [1] and photo.fields["turns"] == [0] and photo.fields["mirrored"] == [False]
    np.testing.assert_allclose(photo.arrays["opened"], opened_places(), atol=1e-6)


def test_corrections_reach_the_solver(photo: Reply) -> None:
    landmarks = np.full((1, 478, 2), np.nan, np.float32)
    landmarks[0, 152] = photo.arrays["found"][0, 152, :2] + [0, 10]
    light, heavy = (
        again(photo, landmarks=landmarks, weights=np.full((1, 478), weight, np.float32)) for weight in (2, 200)
    )
    before = photo.arrays["photo"][0] * 256
    chin = np.linalg.norm(before - photo.arrays["found"][0, 152, :2], axis=1).argmin()
    moved = [reply.arrays["photo"][0, chin, 1] * 256 - before[chin, 1] for reply in (light, heavy)]
    assert 0 < moved[0] < moved[1] - 1 and moved[1] < 12
    np.testing.assert_array_equal(heavy.arrays["found"], photo.arrays["found"])


@pytest.mark.parametrize(
    "changed",
    [
        {"found": np.zeros((1, 68, 3), np.float32)},
        {"found": np.full((1, 478, 3), np.nan, np.float32)},
        {"found": np.zeros((0, 478, 3), np.float32)},
        {"sizes": np.zeros((1, 2), np.int32)},
        {"focals": np.zeros(3, np.float32)},
        {"weights": np.zeros((1, 478), np.float32)},
        {"landmarks": np.zeros((2, 478, 2), np.float32)},
    ],
)
def test_what_does_not_fit_together_is_refused(photo: Reply, changed: dict[str, np.ndarray]) -> None:
    with pytest.raises(Refusal):
        again(photo, **changed)


def test_the_basis_moves_the_head_as_the_fit_has_it(photo: Reply) -> None:
    basis = head_basis(Call({}, {}, silent))
    modes = basis.arrays["modes"]
    assert (
        len(basis.fields["sliders"]) == len(basis.arrays["directions"]) and basis.arrays["directions"].shape[1] == 100
    )
    code = photo.arrays["identity"]
    other = again(photo, focals=np.array([400], np.float32))
    moved = np.tensordot(other.arrays["identity"] - code, modes, 1)
    np.testing.assert_allclose(photo.arrays["vertices"] + moved, other.arrays["vertices"], atol=1e-6)


def test_pictures_of_the_fit_are_shown(corpus: Path) -> None:
    shown: list[np.ndarray] = []
    path = corpus / "dev" / "faces" / "smirk_test_image1.png"
    fit_photo(Call({"paths": [str(path)]}, {}, silent, lambda draw: shown.append(draw())))
    assert len(shown) == 3 and all(picture.shape == (256, 256, 3) for picture in shown)
