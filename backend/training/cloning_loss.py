"""What the cloning network is trained to get right."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from backend.networks.cloning_net import CloningOutput

MOVING = 3e-4
"""Metres: a vertex that some shape moves farther belongs to the face."""
CANONICAL_UNIT = 0.005
FLOOR = 0.05
"""Share of a channel's usual energy below which a head (a crop, say) hardly shows it, so that noise is not
amplified."""


@dataclass(frozen=True)
class Answer:
    """canonical: (n, 3). shapes: (n, 53, 3). parts: (n,) long. skin: (n,) bool. weight: (n,), sums to one: half by
    area, half by vertex, because lips and lids have little area."""

    canonical: Tensor
    shapes: Tensor
    parts: Tensor
    skin: Tensor
    weight: Tensor


def shape_error(predicted: Tensor, wanted: Tensor, weight: Tensor, energy: Tensor) -> Tensor:
    """(53,): per channel the squared error relative to the squared motion. energy: (53,) the usual motion per
    channel."""
    error = (weight[:, None] * (predicted - wanted).square().sum(2)).sum(0)
    motion = (weight[:, None] * wanted.square().sum(2)).sum(0)
    return error / (motion + FLOOR * energy)


def cloning_loss(output: CloningOutput, answer: Answer, energy: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss and its terms: shapes, canonical position (more where the face moves), face mask, parts."""
    motion = answer.shapes.square().sum(2).amax(1).sqrt()
    moving = (motion > MOVING).float()
    shapes = shape_error(output.shapes, answer.shapes, answer.weight, energy).mean()
    attention = answer.weight * answer.skin * (0.2 + moving)
    distance = ((output.canonical - answer.canonical) / CANONICAL_UNIT).square().sum(1)
    canonical = (attention * (torch.sqrt(1.0 + distance) - 1.0)).sum() / attention.sum()
    face = (answer.weight * binary_cross_entropy_with_logits(output.face, moving, reduction="none")).sum()
    parts = (answer.weight * cross_entropy(output.parts, answer.parts, reduction="none")).sum()
    loss = shapes + 0.5 * canonical + 0.3 * face + 0.2 * parts
    terms = {"shapes": shapes, "canonical": canonical, "face": face, "parts": parts}
    return loss, {name: float(value.detach()) for name, value in terms.items()}
