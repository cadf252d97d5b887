"""A checkpoint as published, with random weights: written from the description of its layout, not by the reader."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

Shapes = dict[str, tuple[int, ...]]


def encoder_shapes(name: str, inputs: int, outputs: int) -> Shapes:
    """One DiffusionNet under its published names, every block twice."""
    shapes: Shapes = {
        f"{name}.dfn.first_lin.weight": (256, inputs),
        f"{name}.dfn.first_lin.bias": (256,),
        f"{name}.dfn.last_lin.weight": (outputs, 256),
        f"{name}.dfn.last_lin.bias": (outputs,),
    }
    for block in (f"{name}.dfn.{kind}{i}" for kind in ("blocks.", "block_") for i in range(4)):
        shapes[f"{block}.diffusion.diffusion_time"] = (256,)
        shapes[f"{block}.gradient_features.A_re.weight"] = (256, 256)
        shapes[f"{block}.gradient_features.A_im.weight"] = (256, 256)
        for layer, width in enumerate((768, 256, 256)):
            shapes[f"{block}.mlp.miniMLP_mlp_layer_00{layer}.weight"] = (256, width)
            shapes[f"{block}.mlp.miniMLP_mlp_layer_00{layer}.bias"] = (256,)
    return shapes


def decoder_shapes(inputs: int, segments: int, outputs: int) -> Shapes:
    shapes: Shapes = {"mesh_decoder.linear_out.weight": (outputs, 256), "mesh_decoder.linear_out.bias": (outputs,)}
    for layer in range(7):
        shapes[f"mesh_decoder.linears.{layer}.weight"] = (256, 256 if layer else inputs)
        shapes[f"mesh_decoder.gns.{layer}.weight"] = (256,)
        shapes[f"mesh_decoder.gns.{layer}.bias"] = (256,)
    for layer, (rows, columns) in zip((0, 2, 4), ((256, segments), (256, 256), (128, 256)), strict=True):
        shapes[f"mesh_decoder.skinning_layer.{layer}.weight"] = (rows, columns)
    return shapes


def image_shapes() -> Shapes:
    shapes: Shapes = {"img_fc.weight": (128, 128), "img_fc.bias": (128,)}
    channels = (3, 16, 16, 32, 32, 64, 64, 128, 128)
    for number in range(8):
        name = f"img_encoder.downsample.{number // 2}.conv{number % 2 + 1}"
        shapes[f"{name}.weight"] = (channels[number + 1], channels[number], 4, 4)
        shapes[f"{name}.bias"] = (channels[number + 1],)
        shapes[f"{name}.g"] = (channels[number + 1],)
    return shapes


def published_shapes(image: bool = True, segments: int = 20, outputs: int = 3) -> Shapes:
    """The weights of a published checkpoint by name."""
    inputs = 134 if image else 6
    return {
        **(image_shapes() if image else {}),
        **encoder_shapes("mesh_id_encoder", inputs, 128),
        **encoder_shapes("mesh_exp_encoder", inputs, 128),
        **encoder_shapes("mesh_seg_encoder", inputs, segments),
        **decoder_shapes(inputs + 256, segments, outputs),
    }


def random_weights(shapes: Shapes) -> dict[str, torch.Tensor]:
    """Weights whose outputs stay of order one; the second name of a block holds the tensor of the first."""
    random = np.random.default_rng(5)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in shapes.items():
        twin = name.replace("block_", "blocks.")
        spread = 0.02 if name.endswith("diffusion_time") else 1 / np.sqrt(np.prod(shape[1:]) if len(shape) > 1 else 9)
        values = random.standard_normal(shape) * spread + (".gns." in name and name.endswith("weight"))
        if name.endswith(".g"):  # near the norm of its kernel, as in training
            values = (2 + values) * np.sqrt(shape[0])
        weights[name] = weights[twin] if twin in weights else torch.tensor(values, dtype=torch.float32)
    return weights


def operator_entries(vertices: int = 50) -> dict[str, torch.Tensor]:
    """What an encoder keeps of the last mesh of its training."""
    entries = {"mass": torch.ones(vertices), "evals": torch.ones(128), "evecs": torch.ones(vertices, 128)}
    for name in ("L", "grad_X", "grad_Y"):
        entries[f"{name}_ind"] = torch.zeros(2, 7, dtype=torch.int64)
        entries[f"{name}_val"] = torch.ones(7)
    entries["faces"] = torch.zeros(1, 90, 3, dtype=torch.int64)
    return {f"mesh_{kind}_encoder.{name}": value for kind in ("id", "exp", "seg") for name, value in entries.items()}


IMAGE_STATISTICS = {"mean": np.array([0.2, 0.25, 0.3, 1.0]), "std": np.array([0.5, 0.4, 0.3, 2.0])}


@pytest.fixture(scope="session")
def weights() -> dict[str, torch.Tensor]:
    """Random weights of the published design."""
    return random_weights(published_shapes())


@pytest.fixture(scope="session")
def other_weights() -> Callable[..., dict[str, torch.Tensor]]:
    """Random weights of another design: image (bool), segments, outputs."""
    return lambda **design: random_weights(published_shapes(**design))


@pytest.fixture(scope="session")
def other_shapes() -> Callable[..., Shapes]:
    """The shapes of the weights of another design: image (bool), segments, outputs."""
    return published_shapes


@pytest.fixture
def operators_of_last_mesh() -> dict[str, torch.Tensor]:
    """The entries of a checkpoint that are no weights."""
    return operator_entries()


@pytest.fixture
def save(tmp_path: Path) -> Callable[[dict[str, torch.Tensor]], Path]:
    """Writes a checkpoint folder as published, the image statistics beside it, and returns it."""

    def save(content: dict[str, torch.Tensor], name: str = "model_best.pth") -> Path:
        folder = tmp_path / "2024-08-18-23-32-29-all"
        folder.mkdir(exist_ok=True)
        torch.save(content, folder / name)
        (folder / "img_stat.pkl").write_bytes(pickle.dumps(IMAGE_STATISTICS, protocol=4))
        return folder

    return save


@pytest.fixture(scope="session")
def face() -> tuple[np.ndarray, np.ndarray]:
    """A bulging, open patch of 17 x 13 vertices that looks along +z: vertices in NFS's units and triangles."""
    y, x = np.meshgrid(np.linspace(-1.1, 1.1, 17), np.linspace(-0.8, 0.8, 13), indexing="ij")
    z = 0.5 - 0.4 * x**2 - 0.2 * y**2 + 0.1 * np.sin(3 * x + y)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    index = np.arange(17 * 13).reshape(17, 13)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
