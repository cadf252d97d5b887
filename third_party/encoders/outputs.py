"""What all encoders say, whatever they are."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Outputs:
    """Of B pictures; None where an encoder says nothing of it. identity: (B, I), expression: (B, E) in standard
    deviations. root, jaw: (B, 3) axis times angle. eyelids: (B, 2) left, right, 1 shut. camera: (B, 3) scale and, in
    metres before it is applied, translation to the right and upwards."""

    identity: Tensor | None = None
    expression: Tensor | None = None
    root: Tensor | None = None
    jaw: Tensor | None = None
    eyelids: Tensor | None = None
    camera: Tensor | None = None
