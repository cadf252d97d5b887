"""The network against a second implementation of the published description, in NumPy and loops, on the same weights."""

import numpy as np
import pytest
import torch

from backend.networks.diffusion_net import surface_tensors
from third_party.nfs.checkpoint import read_checkpoint
from third_party.nfs.network import HeadTensors, NfsNetwork
from third_party.nfs.operators import nfs_operators


@pytest.fixture(scope="module")
def arrays(weights) -> dict[str, np.ndarray]:
    return {name: value.numpy().astype(np.float64) for name, value in weights.items()}


@pytest.fixture
def network(weights, save) -> NfsNetwork:
    return read_checkpoint(save(weights)).network


@pytest.fixture(scope="module")
def head(face) -> HeadTensors:
    """The tensors of the face, with a random picture."""
    vertices, triangles = face
    operators = nfs_operators(vertices, triangles)
    points = torch.from_numpy(np.hstack([vertices, operators.normals]))
    picture = torch.from_numpy(np.random.default_rng(2).standard_normal((3, 256, 256), np.float32))
    return HeadTensors(points, surface_tensors(operators), picture)


def relu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0)


def image_feature(arrays: dict[str, np.ndarray], picture: np.ndarray) -> np.ndarray:
    """(128,): each output pixel is the kernel laid over a 4 x 4 window that moves by two, zeros around the picture."""
    hidden = picture
    for number in range(8):
        name = f"img_encoder.downsample.{number // 2}.conv{number % 2 + 1}"
        kernel, gain, bias = (arrays[f"{name}.{part}"] for part in ("weight", "g", "bias"))
        kernel = kernel / np.sqrt(np.square(kernel).sum()) * gain.reshape(-1, 1, 1, 1)
        padded = np.pad(hidden, ((0, 0), (1, 1), (1, 1)))
        size = hidden.shape[1] // 2
        out = np.zeros((len(kernel), size, size))
        for row in range(4):
            for column in range(4):
                window = padded[:, row : row + 2 * size : 2, column : column + 2 * size : 2]
                out += np.einsum("oc,chw->ohw", kernel[:, :, row, column], window)
        out += bias.reshape(-1, 1, 1)
        hidden = np.where(out > 0, out, 0.2 * out)
    return arrays["img_fc.weight"] @ hidden.reshape(-1) + arrays["img_fc.bias"]


def diffusion_net(arrays, name: str, features: np.ndarray, head: HeadTensors) -> np.ndarray:
    """A DiffusionNet with complex gradients."""
    mass, evals, evecs = (getattr(head.surface, part).numpy().astype(np.float64) for part in ("mass", "evals", "evecs"))
    gradient = head.surface.gradient.to_dense().numpy().astype(np.float64)
    hidden = features @ arrays[f"{name}.dfn.first_lin.weight"].T + arrays[f"{name}.dfn.first_lin.bias"]
    for number in range(4):
        block = f"{name}.dfn.block_{number}"
        time = np.maximum(arrays[f"{block}.diffusion.diffusion_time"], 1e-8)
        spectrum = evecs.T @ np.diag(mass) @ hidden
        diffused = evecs @ (np.exp(-np.outer(evals, time)) * spectrum)
        slope = gradient[0::2] @ diffused + 1j * (gradient[1::2] @ diffused)
        matrix = (
            arrays[f"{block}.gradient_features.A_re.weight"] + 1j * arrays[f"{block}.gradient_features.A_im.weight"]
        )
        dots = (slope.conj() * (slope @ matrix.T)).real
        part = np.hstack([hidden, diffused, np.tanh(dots)])
        for layer in range(3):
            mlp = f"{block}.mlp.miniMLP_mlp_layer_00{layer}"
            part = (relu(part) if layer else part) @ arrays[f"{mlp}.weight"].T + arrays[f"{mlp}.bias"]
        hidden = hidden + part
    return hidden @ arrays[f"{name}.dfn.last_lin.weight"].T + arrays[f"{name}.dfn.last_lin.bias"]


def decoder(arrays, features, expression, logits, identity) -> np.ndarray:
    """Gate and decoder, channel group by channel group."""
    gate = logits @ arrays["mesh_decoder.skinning_layer.0.weight"].T
    gate = relu(gate) @ arrays["mesh_decoder.skinning_layer.2.weight"].T
    gate = relu(gate) @ arrays["mesh_decoder.skinning_layer.4.weight"].T
    hidden = np.array([[*point, *row * expression, *identity] for point, row in zip(features, gate, strict=True)])
    for layer in range(7):
        hidden = hidden @ arrays[f"mesh_decoder.linears.{layer}.weight"].T
        for group in range(32):
            channels = hidden[:, 8 * group : 8 * group + 8]
            hidden[:, 8 * group : 8 * group + 8] = (channels - channels.mean()) / np.sqrt(channels.var() + 1e-5)
        hidden = relu(hidden * arrays[f"mesh_decoder.gns.{layer}.weight"] + arrays[f"mesh_decoder.gns.{layer}.bias"])
    return hidden @ arrays["mesh_decoder.linear_out.weight"].T + arrays["mesh_decoder.linear_out.bias"]


def difference(found: torch.Tensor, expected: np.ndarray) -> float:
    """The largest difference, as a share of the expected values' spread."""
    assert tuple(found.shape) == expected.shape
    return float(np.abs(found.numpy() - expected).max() / np.abs(expected).max())


def test_the_texture_encoder_divides_by_the_norm_of_the_whole_kernel(network, arrays, head):
    features = network.features(head.points, head.picture)
    assert features.shape == (len(head.points), 134)
    assert torch.equal(features[:, :6], head.points)
    assert torch.equal(features[0, 6:], features[-1, 6:])
    assert difference(features[0, 6:], image_feature(arrays, head.picture.numpy().astype(np.float64))) < 1e-4


@pytest.mark.parametrize("name", ["mesh_id_encoder", "mesh_exp_encoder"])
def test_a_global_code_is_the_mean_by_area(network, arrays, head, name):
    features = network.features(head.points, head.picture)
    expected = diffusion_net(arrays, name, features.numpy().astype(np.float64), head)
    mass = head.surface.mass.numpy()
    found = network.get_submodule(name)(features, head.surface)
    assert difference(found, np.average(expected, axis=0, weights=mass)) < 2e-4


def test_logits_stay_at_the_vertices(network, arrays, head):
    features = network.features(head.points, head.picture)
    expected = diffusion_net(arrays, "mesh_seg_encoder", features.numpy().astype(np.float64), head)
    assert difference(network.mesh_seg_encoder(features, head.surface), expected) < 2e-4


def test_gate_and_decoder(network, arrays, head):
    random = np.random.default_rng(3)
    features, logits = random.standard_normal((40, 134)), random.standard_normal((40, 20))
    expression, identity = random.standard_normal(128), random.standard_normal(128)
    given = [torch.from_numpy(values.astype(np.float32)) for values in (features, expression, logits, identity)]
    gate = network.mesh_decoder.skinning_layer(given[2])
    found = network.mesh_decoder(given[0], given[1], gate, given[3])
    assert difference(found, decoder(arrays, features, expression, logits, identity)) < 1e-4
    doubled = network.mesh_decoder.skinning_layer(2 * given[2])
    assert torch.allclose(doubled, 2 * gate, rtol=1e-4)


def test_the_whole_way_from_a_neutral_head_to_displacements(network, arrays, head):
    features = network.features(head.points, head.picture).numpy().astype(np.float64)
    logits = diffusion_net(arrays, "mesh_seg_encoder", features, head)
    mass = head.surface.mass.numpy()
    identity = np.average(diffusion_net(arrays, "mesh_id_encoder", features, head), axis=0, weights=mass)
    expression = np.eye(128)[26]
    found = network.decode(network.encode_target(head), torch.from_numpy(expression.astype(np.float32)))
    assert difference(found, decoder(arrays, features, expression, logits, identity)) < 1e-3
