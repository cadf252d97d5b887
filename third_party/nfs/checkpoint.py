"""A published NFS checkpoint: a folder of bare state dicts, read without trusting it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from backend.errors import Refusal
from third_party.nfs.image_statistics import FILE_NAME, ImageStatistics, read_image_statistics
from third_party.nfs.network import CODE, POINT, WIDTH, NfsNetwork
from third_party.torch_file import load_strictly, read_content, tensors

MAX_BYTES = 1 << 30
"""Unpacked. The weights are 27 MB; with them lie the operators of the last mesh of the training, three times."""

OPTIONS = "opts.json"
MAX_OPTIONS_BYTES = 1 << 20

OPERATOR_ENTRIES = frozenset(
    ("mass", "L_ind", "L_val", "evals", "evecs", "grad_X_ind", "grad_X_val", "grad_Y_ind", "grad_Y_val", "faces")
)
"""Of every encoder, and of no use: they belong to a mesh."""

Design = Literal["new2", "new1", "nfr"]
Output = Literal["disp", "vert", "jacob"]

CURE = "Take the folder of an official NFS checkpoint as it was published; see third_party/README.md."


@dataclass(frozen=True)
class Layout:
    """design: new2 is the published one, new1 has no image branch, nfr no segments. output: displacements per vertex,
    positions per vertex, or Jacobians per triangle. segments: classes of skin, 0 for nfr."""

    design: Design
    output: Output
    segments: int


@dataclass(frozen=True)
class Checkpoint:
    """A network ready to evaluate. image: what its pictures are normalised with, None for a design without them."""

    network: NfsNetwork
    layout: Layout
    image: ImageStatistics | None
    path: Path


def read_checkpoint(folder: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """The checkpoint of a folder: model_best.pth, or else the last model_NNN.pth; img_stat.pkl, where the design has an
    image branch; opts.json, where it is there.

    Raises Refusal for a file that is absent, too large, damaged, of another program, or that would run code; for keys
    or shapes that are not those of the published architecture; and for designs that cannot be run here (Jacobians,
    nfr).
    """
    path = checkpoint_file(folder)
    weights = canonical_weights(read_state_dict(path))
    layout = recognise({name: tuple(value.shape) for name, value in weights.items()})
    if layout.output == "disp" and _option(folder / OPTIONS, "dec_type") == "vert":
        layout = replace(layout, output="vert")
    if layout.design == "nfr" or layout.output == "jacob":
        raise Refusal(
            "nfs-design",
            f"{path.name} is of design {layout.design} with output {layout.output}, which cannot be run here.",
            "Take a checkpoint of design new2 or new1 whose decoder makes displacements.",
        )
    image = read_image_statistics(folder / FILE_NAME) if layout.design == "new2" else None
    return Checkpoint(_network(layout, weights).to(device), layout, image, path)


def checkpoint_file(folder: Path) -> Path:
    """Which file of the folder holds the weights. Raises Refusal where none does."""
    best = folder / "model_best.pth"
    if best.is_file():
        return best
    saved = [path for path in folder.glob("model_*.pth") if path.stem.removeprefix("model_").isdecimal()]
    if not saved:
        raise Refusal("nfs-checkpoint", f"{folder} has no model_best.pth and no model_NNN.pth.", CURE)
    return max(saved, key=lambda path: int(path.stem.removeprefix("model_")))


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a .pth by name, on the CPU. Raises Refusal for anything but a zip archive of at most MAX_BYTES,
    unpacked, that holds a dictionary of tensors and names no global beyond what tensors need."""
    content = read_content(path, MAX_BYTES, "nfs", CURE)
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        raise Refusal("nfs-checkpoint", f"{path} wraps its weights as NFR does; it is no checkpoint of NFS.", CURE)
    return tensors(content, path, "nfs", CURE)


def canonical_weights(content: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights alone, each once. Every DiffusionNet block is published under two names (blocks.0 and block_0); the
    operators of the last mesh and an audio encoder of older files are left out. Raises Refusal where the two differ."""
    weights: dict[str, Tensor] = {}
    for name, value in content.items():
        parts = name.split(".")
        if "audio_encoder" in parts or (len(parts) == 2 and parts[1] in OPERATOR_ENTRIES):
            continue
        name = ".".join(f"blocks.{part[6:]}" if part.startswith("block_") else part for part in parts)
        first = weights.setdefault(name, value)
        if first is not value and not torch.equal(first, value):
            raise Refusal("nfs-checkpoint", f"The weight {name} is there twice and differs.", CURE)
    return weights


def recognise(shapes: Mapping[str, tuple[int, ...]]) -> Layout:
    """Which design a state dict has, from the shapes of four weights. Positions per vertex have the shapes of
    displacements; only the options tell them apart. Raises Refusal for what is none of NFS's designs."""
    first = shapes.get("mesh_decoder.linears.0.weight", ())
    last = shapes.get("mesh_decoder.linear_out.weight", ())
    gate = shapes.get("mesh_decoder.skinning_layer.0.weight", ())
    segments = gate[1] if len(gate) == 2 else 0
    outputs: dict[int, Output] = {3: "disp", 9: "jacob"}
    designs: dict[tuple[int, ...], Design] = {
        (WIDTH, POINT + 3 * CODE): "new2",
        (WIDTH, POINT + 2 * CODE): "new1",
    }
    design = designs.get(first) if segments else None
    if design is None and not segments and first[:1] == (CODE,):
        design = "nfr"
    output = outputs.get(last[0]) if len(last) == 2 else None
    if design is None or output is None:
        found = f"decoder {list(first)} to {list(last)}" if first else "no decoder"
        raise Refusal("nfs-design", f"The weights are of no known design of NFS ({found}).", CURE)
    return Layout(design, output, segments)


def _network(layout: Layout, weights: Mapping[str, Tensor]) -> NfsNetwork:
    """The network with these weights and no others. Raises Refusal for missing, unexpected or misshapen ones."""
    with torch.device("meta"):
        network = NfsNetwork(layout.design == "new2", layout.segments)
    load_strictly(network, weights, "nfs", CURE, "The checkpoint")
    return network


def _option(path: Path, name: str) -> object:
    """A training option out of opts.json, None where there is no such file or option. Raises Refusal for a file that is
    no JSON object."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            options = json.loads(stream.read(MAX_OPTIONS_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal("nfs-checkpoint", f"{path} is damaged ({error}).", CURE) from error
    if not isinstance(options, dict):
        raise Refusal("nfs-checkpoint", f"{path} does not hold options by name.", CURE)
    return options.get(name)
