"""The FLAME layer against smplx, on a made-up model, and its gradients."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from backend.faces.flame import Flame, FlameModel
from backend.faces.skinning import rotation_matrices
from third_party.flame.read import read_flame


@pytest.fixture(scope="module")
def folder(flame_entries, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("flame")
    (folder / "FLAME_NEUTRAL.pkl").write_bytes(pickle.dumps(flame_entries))
    embedding = {"lmk_face_idx": np.arange(51), "lmk_b_coords": np.full((51, 3), 1 / 3)}
    (folder / "flame_static_embedding.pkl").write_bytes(pickle.dumps(embedding))
    return folder


@pytest.fixture(scope="module")
def model(folder) -> FlameModel:
    return read_flame(folder / "FLAME_NEUTRAL.pkl")


@pytest.fixture
def codes() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    return {
        "identity": torch.randn(4, 300, generator=random),
        "expression": torch.randn(4, 100, generator=random),
        "rotations": 0.5 * torch.randn(4, 5, 3, generator=random),
        "translation": torch.randn(4, 3, generator=random),
    }


def test_it_is_what_smplx_makes_of_the_same_file(folder, model, codes):
    smplx = pytest.importorskip("smplx")
    theirs = smplx.FLAME(str(folder), num_betas=300, num_expression_coeffs=100, batch_size=4)
    names = ("global_orient", "neck_pose", "jaw_pose", "leye_pose", "reye_pose")
    pose = {name: codes["rotations"][:, joint] for joint, name in enumerate(names)}
    with torch.no_grad():
        expected = theirs(betas=codes["identity"], expression=codes["expression"], transl=codes["translation"], **pose)
    ours = Flame(model)(**codes)
    assert (ours.vertices - expected.vertices).abs().max() < 1e-6
    assert (ours.joints - expected.joints[:, :5]).abs().max() < 1e-6


def test_short_codes_are_the_first_components(model, codes):
    layer = Flame(model)
    short = codes | {"identity": codes["identity"][:, :10], "expression": codes["expression"][:, :5]}
    padded = {name: torch.zeros_like(codes[name]) for name in ("identity", "expression")}
    padded["identity"][:, :10], padded["expression"][:, :5] = short["identity"], short["expression"]
    torch.testing.assert_close(layer(**short).vertices, layer(**codes | padded).vertices, atol=1e-6, rtol=0)


def test_nothing_given_is_the_mean_head(model):
    posed = Flame(model)(torch.zeros(1, 0), torch.zeros(1, 0), torch.zeros(1, 5, 3))
    np.testing.assert_allclose(posed.vertices[0], model.vertices, atol=1e-7)


def test_eyelids_turn_with_the_head(model):
    eyelids = np.random.default_rng(5).normal(scale=0.003, size=(2, len(model.vertices), 3))
    layer = Flame(model, eyelids)
    still = torch.zeros(1, 5, 3)
    turned = still.clone()
    turned[0, 0] = torch.tensor([0.3, -1.0, 0.4])
    nothing, shut = torch.zeros(1, 0), torch.tensor([[1.0, 0.5]])
    moved = [
        layer(nothing, nothing, pose, eyelids=shut).vertices - layer(nothing, nothing, pose).vertices
        for pose in (still, turned)
    ]
    np.testing.assert_allclose(moved[0][0], eyelids[0] + 0.5 * eyelids[1], atol=1e-7)
    rotation = torch.tensor(Rotation.from_rotvec(turned[0, 0].numpy()).as_matrix(), dtype=torch.float32)
    torch.testing.assert_close(moved[1][0], moved[0][0] @ rotation.T, atol=1e-7, rtol=0)


def test_gradients_are_those_of_finite_differences(model):
    layer = Flame(model, dtype=torch.float64)
    random = torch.Generator().manual_seed(4)
    identity, expression = (torch.randn(1, 3, generator=random, dtype=torch.float64) for _ in range(2))
    rotations = torch.randn(1, 5, 3, generator=random, dtype=torch.float64)
    rotations[0, 3:] = 0
    inputs = tuple(value.requires_grad_() for value in (identity, expression, rotations))
    assert torch.autograd.gradcheck(lambda *codes: layer(*codes).vertices[:, ::40], inputs, atol=1e-7)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 9.9e-4, 1.1e-3, 0.1, 3.1, 7.0])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_rotations_are_exact_at_every_angle(angle, dtype, tolerance):
    axis = np.array([0.6, -0.48, 0.64])
    ours = rotation_matrices(torch.tensor(angle * axis, dtype=dtype))
    np.testing.assert_allclose(ours, Rotation.from_rotvec(angle * axis).as_matrix(), atol=tolerance)
