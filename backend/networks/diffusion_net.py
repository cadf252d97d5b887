"""DiffusionNet (Sharp, Attaiki, Crane, Ovsjanikov 2022): learning on surfaces, whatever their triangulation."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from backend.geometry.operators import Operators

# Products with CSR matrices are all that is used of them, and these are tested here.
warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta", category=UserWarning)


@dataclass(frozen=True)
class SurfaceTensors:
    """Operators of one mesh as tensors: mass (n,), evals (k,), evecs (n, k), gradient and its transpose as sparse CSR
    (2n, n) and (n, 2n). The sparse ones stay on the CPU where the device has no sparse products."""

    mass: Tensor
    evals: Tensor
    evecs: Tensor
    gradient: Tensor
    gradient_transposed: Tensor


def surface_tensors(operators: Operators, device: torch.device | str = "cpu") -> SurfaceTensors:
    """The tensors of a mesh's operators on a device."""
    device = torch.device(device)
    sparse_device = torch.device("cpu") if device.type == "mps" else device

    def csr(matrix) -> Tensor:
        matrix = matrix.tocsr().sorted_indices()
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        ).to(sparse_device)

    return SurfaceTensors(
        torch.from_numpy(operators.mass).to(device),
        torch.from_numpy(operators.evals).to(device),
        torch.from_numpy(operators.evecs).to(device),
        csr(operators.gradient),
        csr(operators.gradient.T),
    )


class _SparseProduct(torch.autograd.Function):
    """A constant sparse matrix times a dense one. Keeps the transpose, so that backward is a CSR product as well."""

    @staticmethod
    def forward(ctx, dense: Tensor, matrix: Tensor, transposed: Tensor) -> Tensor:
        ctx.transposed = transposed
        return _product(matrix, dense)

    @staticmethod
    def backward(ctx, *grads: Tensor) -> tuple[Tensor, None, None]:
        return _product(ctx.transposed, grads[0]), None, None


def _product(matrix: Tensor, dense: Tensor) -> Tensor:
    return (matrix @ dense.to(matrix.device)).to(dense.device)


class Block(nn.Module):
    """One DiffusionNet block: learned diffusion, gradient features, a per-vertex perceptron, a residual."""

    LENGTH = 0.01
    """Metres: gradients are taken per centimetre, so that features of a face are of order one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.log_time = nn.Parameter(torch.empty(width).uniform_(np.log(1e-5), np.log(3e-2)))
        self.real = nn.Linear(width, width, bias=False)
        self.imaginary = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(3 * width)
        self.mlp = nn.Sequential(nn.Linear(3 * width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        spectrum = surface.evecs.T @ (surface.mass[:, None] * features)
        decay = torch.exp(-surface.evals[:, None] * torch.exp(self.log_time)[None])
        diffused = surface.evecs @ (decay * spectrum)
        product = _SparseProduct.apply(diffused, surface.gradient, surface.gradient_transposed)
        gradient = self.LENGTH * product.view(len(features), 2, -1)
        along, across = gradient[:, 0], gradient[:, 1]
        # <g, A g> with a learned complex A per pair of channels: rotation-invariant features of the gradients
        turned_along = self.real(along) - self.imaginary(across)
        turned_across = self.real(across) + self.imaginary(along)
        dots = torch.tanh(along * turned_along + across * turned_across)
        return features + self.mlp(self.norm(torch.cat([features, diffused, dots], dim=1)))


class DiffusionNet(nn.Module):
    """Features per vertex: (n, inputs) -> (n, outputs). All statistics are per vertex (LayerNorm) or area weighted
    (the spectral projection), so that density anywhere does not leak into the result elsewhere."""

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.last = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, outputs))

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        hidden = self.first(features)
        for block in self.blocks:
            hidden = block(hidden, surface)
        return self.last(hidden)
