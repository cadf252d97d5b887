"""The cloning network: exact zeros, and the same answer however a head is numbered."""

import numpy as np
import torch
import trimesh

from backend.geometry.operators import operators
from backend.networks.cloning_net import CloningConfig, CloningInput, CloningNet, face_mask
from backend.networks.diffusion_net import surface_tensors

SMALL = CloningConfig(width=16, blocks=2, segments=6, identity=8)


def run(network: CloningNet, scale: float = 1.0):
    mesh = trimesh.creation.icosphere(subdivisions=2, radius=0.1)
    vertices = np.asarray(mesh.vertices, np.float32) * scale
    basis = operators(vertices, np.asarray(mesh.faces), 32)
    given = torch.from_numpy(vertices)
    with torch.no_grad():
        return network(CloningInput(given, given, torch.from_numpy(basis.normals), True), surface_tensors(basis))


def test_the_mask_reaches_both_ends_exactly():
    mask = face_mask(torch.tensor([-9.0, 0.0, 9.0]))
    assert mask[0] == 0.0
    assert 0.4 < mask[1] < 0.6
    assert mask[2] == 1.0


def test_shapes_are_exactly_zero_where_the_face_is_not():
    torch.manual_seed(1)
    network = CloningNet(SMALL).eval()
    output = run(network)
    still = output.face < -3
    with torch.no_grad():
        network.geometry.bias[12] -= 100.0
    assert run(network).shapes.abs().max() == 0.0
    assert output.shapes[still].abs().sum() == 0.0
    assert output.shapes.abs().max() > 0.0


def test_skinning_weights_sum_to_one():
    torch.manual_seed(2)
    output = run(CloningNet(SMALL).eval())
    assert torch.allclose(output.skinning.sum(1), torch.ones(len(output.skinning)), atol=1e-5)
    assert output.shapes.shape == (len(output.skinning), 53, 3)
