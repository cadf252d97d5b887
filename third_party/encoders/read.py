"""A published encoder out of its checkpoint: recognised by what is in the file, whatever it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from backend.errors import Refusal
from backend.faces.flame_codes import FlameCodes, rotations_of
from third_party.encoders.crop import SIDE, arcface_crop, cut, deca_crop, smirk_crop
from third_party.encoders.deca import DecaEncoder
from third_party.encoders.iresnet import SIDE as ARCFACE_SIDE
from third_party.encoders.mica import MicaEncoder
from third_party.encoders.outputs import Outputs
from third_party.encoders.smirk import EYELIDS, SmirkEncoder
from third_party.encoders.teaser import TeaserEncoder
from third_party.encoders.teaser_renderer import TeaserRenderer
from third_party.torch_file import load_strictly, read_content, tensors

Family = Literal["DECA", "EMOCA", "SMIRK", "TEASER", "MICA"]

Network = DecaEncoder | SmirkEncoder | MicaEncoder

MAX_BYTES = 4 << 30
"""Unpacked. EMOCA's checkpoints carry the networks that it was trained with: about 1.5 GB."""

VERSION = "2020"
"""Of FLAME: all families were trained with it."""

CURE = "Take a checkpoint of DECA, EMOCA, SMIRK, TEASER or MICA as it was published; see third_party/README.md."

EXPRESSION_WIDTHS = (50, 53, 56)
"""EMOCA's second network: the expression alone, with the jaw, with jaw and root."""


@dataclass(frozen=True)
class Encoder:
    """A network ready to evaluate. renderer: TEASER's, where the file holds it."""

    family: Family
    network: Network
    renderer: TeaserRenderer | None
    path: Path

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.network.parameters()).device

    def crop(self, landmarks: np.ndarray) -> np.ndarray:
        """(2, 3) from the photograph's pixels to those that are encoded. landmarks: (478, 2)."""
        crops = {"DECA": deca_crop, "EMOCA": deca_crop, "MICA": arcface_crop}
        return crops.get(self.family, smirk_crop)(landmarks)

    def picture(self, pixels: np.ndarray, crop: np.ndarray) -> Tensor:
        """(1, 3, side, side) in 0..1 of a photograph (H, W, 3) uint8."""
        side = ARCFACE_SIDE if self.family == "MICA" else SIDE
        return cut(pixels, crop, side, self.family in ("SMIRK", "TEASER")).to(self.device)

    def outputs(self, picture: Tensor) -> Outputs:
        """What the network says of pictures (B, 3, side, side) in 0..1."""
        with torch.inference_mode():
            return self.network(picture)

    def encode(self, pixels: np.ndarray, landmarks: np.ndarray) -> FlameCodes:
        """The codes of a photograph (H, W, 3) uint8 with the landmarks (478, 2) of its face, pixels, centres at
        i + 0.5."""
        crop = self.crop(landmarks)
        picture = self.picture(pixels, crop)
        told = self.outputs(picture)
        return FlameCodes(
            identity=_array(told.identity, 0),
            expression=_array(told.expression, 0),
            rotations=rotations_of(_array(told.root, 3), _array(told.jaw, 3)),
            eyelids=_array(told.eyelids, EYELIDS),
            camera=None if told.camera is None else _array(told.camera, 3),
            crop=crop,
            side=picture.shape[-1],
            version=VERSION,
            source=self.family,
        )


def read_encoder(path: Path, device: torch.device | str = "cpu") -> Encoder:
    """The encoder of a checkpoint. Raises Refusal for a file that is absent, too large, damaged or of another program,
    that would run code, and for keys or shapes that are not those of the published network, by their names."""
    content = read_content(path, MAX_BYTES, "encoder", CURE)
    if not isinstance(content, dict):
        raise Refusal("encoder-checkpoint", f"{path.name} holds no weights.", CURE)
    renderer = None
    if "arcface" in content and "flameModel" in content:
        family, network, weights = _mica(content, path)
    elif "E_flame" in content:
        family, network, weights = _deca({f"E_flame.{name}": v for name, v in _part(content["E_flame"], path).items()})
    elif isinstance(content.get("state_dict"), dict):
        named = {name: value for name, value in content["state_dict"].items() if isinstance(value, Tensor)}
        family, network, weights = _deca(_below(_part(named, path), "deca."))
    else:
        named = _part(content, path)
        family, network, weights = _smirk(named)
        renderer = _renderer(named, device) if family == "TEASER" else None
    load_strictly(network, weights, "encoder", CURE, f"The {family} checkpoint")
    return Encoder(family, network.to(device), renderer, path)


def _part(content: Any, path: Path) -> dict[str, Tensor]:
    """A state dict, its names without the prefix of models that were spread over several cards."""
    weights = tensors(content, path, "encoder", CURE)
    return {name.removeprefix("module."): value for name, value in weights.items()}


def _below(weights: Mapping[str, Tensor], *prefixes: str) -> dict[str, Tensor]:
    """The weights whose names begin with one of the prefixes, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        for prefix in prefixes
        if name.startswith(prefix)
    }


def _width(weights: Mapping[str, Tensor], name: str) -> int:
    """Outputs of the linear layer of that name. Raises Refusal where it is not there."""
    if name not in weights or weights[name].ndim != 2:
        raise Refusal("encoder-checkpoint", f"The checkpoint lacks {name}.", CURE)
    return len(weights[name])


def _mica(content: Mapping[str, Any], path: Path) -> tuple[Family, Network, dict[str, Tensor]]:
    head = {n: value for n, value in _part(content["flameModel"], path).items() if not n.startswith("generator.")}
    seeing = {f"arcface.{name}": value for name, value in _part(content["arcface"], path).items()}
    with torch.device("meta"):
        return "MICA", MicaEncoder(), seeing | head


def _deca(weights: Mapping[str, Tensor]) -> tuple[Family, Network, dict[str, Tensor]]:
    """DECA's, and EMOCA's that has a second network. What they know of details, light and emotions is left out."""
    used = {name: value for name, value in weights.items() if name.startswith(("E_flame.", "E_expression."))}
    if not used:
        raise Refusal("encoder-checkpoint", "The checkpoint lacks E_flame.", CURE)
    width = None
    if any(name.startswith("E_expression.") for name in used):
        width = _width(used, "E_expression.layers.2.weight")
        if width not in EXPRESSION_WIDTHS:
            raise Refusal("encoder-checkpoint", f"EMOCA's expression network gives {width} numbers.", CURE)
    with torch.device("meta"):
        return "DECA" if width is None else "EMOCA", DecaEncoder(width), used


def _smirk(weights: Mapping[str, Tensor]) -> tuple[Family, Network, dict[str, Tensor]]:
    """SMIRK's, and TEASER's that has tokens; early files of TEASER call it SMIRK."""
    used = _below(weights, "smirk_encoder.", "teaser_encoder.")
    if not used:
        some = ", ".join(list(weights)[:3]) or "nothing"
        raise Refusal("encoder-checkpoint", f"The checkpoint is of no encoder that is known here ({some}).", CURE)
    shapes = _width(used, "shape_encoder.shape_layers.0.weight")
    expressions = _width(used, "expression_encoder.expression_layers.0.weight") - EYELIDS - 3
    if expressions < 1:
        raise Refusal("encoder-checkpoint", f"Its expression network gives {expressions + EYELIDS + 3} numbers.", CURE)
    teaser = any(name.startswith("token_encoder.") for name in used)
    with torch.device("meta"):
        network = TeaserEncoder(shapes, expressions) if teaser else SmirkEncoder(shapes, expressions)
    return "TEASER" if teaser else "SMIRK", network, used


def _renderer(weights: Mapping[str, Tensor], device: torch.device | str) -> TeaserRenderer | None:
    """TEASER's renderer, None where the file has none."""
    used = _below(weights, "smirk_generator.", "teaser_generator.")
    if not used:
        return None
    with torch.device("meta"):
        network = TeaserRenderer()
    load_strictly(network, used, "encoder", CURE, "TEASER's renderer")
    return network.to(device)


def _array(values: Tensor | None, count: int) -> np.ndarray:
    """(n,) of the first row; zeros where there is nothing."""
    return np.zeros(count, np.float32) if values is None else values[0].float().cpu().numpy()
