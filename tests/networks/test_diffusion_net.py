"""DiffusionNet: what it promises about surfaces."""

import numpy as np
import pytest
import torch
import trimesh

from backend.geometry.operators import operators
from backend.networks.diffusion_net import DiffusionNet, surface_tensors

EIGENPAIRS = 48


def ball(subdivisions: int) -> tuple[np.ndarray, np.ndarray]:
    """A bumpy ball of a head's size, so that no two eigenvalues coincide."""
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=1.0)
    points = np.asarray(mesh.vertices) * [0.09, 0.12, 0.1]
    bump = 1 + 0.1 * np.sin(3 * np.asarray(mesh.vertices)[:, :1] + 1)
    return (points * bump).astype(np.float32), np.asarray(mesh.faces, np.int32)


def outputs(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    torch.manual_seed(0)
    network = DiffusionNet(3, 5, 16, 3).eval()
    basis = operators(vertices, triangles, EIGENPAIRS)
    with torch.no_grad():
        return network(torch.from_numpy(vertices * 10), surface_tensors(basis)).numpy()


def test_gradient_through_the_sparse_product_matches_finite_differences():
    torch.manual_seed(0)
    vertices, triangles = ball(1)
    surface = surface_tensors(operators(vertices, triangles, 12))
    network = DiffusionNet(3, 2, 8, 2)
    features = torch.from_numpy(vertices * 10).requires_grad_(True)
    network(features, surface).square().sum().backward()
    step, index = 1e-2, (7, 1)
    moved = [features.detach().clone() for _ in range(2)]
    moved[0][index] += step
    moved[1][index] -= step
    with torch.no_grad():
        values = [network(m, surface).square().sum().double().item() for m in moved]
    assert features.grad is not None
    assert features.grad[index].item() == pytest.approx((values[0] - values[1]) / (2 * step), rel=2e-2, abs=1e-3)


def test_renumbering_the_vertices_renumbers_the_outputs():
    vertices, triangles = ball(2)
    order = np.random.default_rng(3).permutation(len(vertices))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    straight = outputs(vertices, triangles)
    renumbered = outputs(vertices[order], number[triangles].astype(np.int32))
    assert np.abs(renumbered - straight[order]).max() < 2e-3 * np.abs(straight).max()


def test_a_finer_triangulation_changes_little():
    coarse, fine = ball(3), ball(4)
    values, finer = outputs(*coarse), outputs(*fine)
    # an icosphere's subdivision keeps its vertices first
    difference = np.abs(finer[: len(coarse[0])] - values)
    assert difference.mean() < 0.05 * values.std()
