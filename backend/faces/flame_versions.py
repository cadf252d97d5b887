"""Codes of one release of FLAME on another: refused, or carried over by least squares; never taken as they are."""

from dataclasses import replace

import numpy as np

from backend.errors import Refusal
from backend.faces.flame import FlameModel
from backend.faces.flame_codes import FlameCodes

PRIOR = 1e-4
"""What a standard deviation costs in the conversion, in the mean component's squared displacement."""

UNKNOWN = "unrecognised"


def check_version(codes: str, model: FlameModel, source: str) -> str | None:
    """A sentence to tell the user where it is not known whether a model is the release that codes belong to; None where
    it is. source: whose codes they are. Raises Refusal where it is another release."""
    if model.version == codes:
        return None
    if model.version.startswith(UNKNOWN):
        return (
            f"The FLAME file is of no release that is known here ({model.version}); it is taken for FLAME {codes}, "
            f"which {source} was trained with."
        )
    raise Refusal(
        "flame-version",
        f"{source} was trained with FLAME {codes}, whose codes mean something else in FLAME {model.version}.",
        f"Choose the file of FLAME {codes}, or give that as --encoder-model as well: the codes are then converted.",
    )


def converted(codes: FlameCodes, source: FlameModel, target: FlameModel) -> tuple[FlameCodes, float]:
    """The codes of the target model whose head is nearest to that of codes of the source model, and the distance that
    remains, metres (root mean square). Identity and expression keep apart; the difference between the mean heads goes
    to the identity. Raises Refusal for models of different triangles."""
    if source.faces.shape != target.faces.shape or (source.faces != target.faces).any():
        raise Refusal(
            "flame-topology", "The two FLAME files have different triangles.", "Choose files as they were published."
        )
    who = np.tensordot(codes.identity, source.identity[: len(codes.identity)], 1).ravel()
    who = who + (source.vertices - target.vertices).ravel()
    face = np.tensordot(codes.expression, source.expression[: len(codes.expression)], 1).ravel()
    identity, left = _nearest(target.identity, who)
    expression, still_left = _nearest(target.expression, face)
    error = float(np.sqrt(np.square(left + still_left).reshape(-1, 3).sum(1).mean()))
    return replace(codes, identity=identity, expression=expression, version=target.version), error


def _nearest(modes: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) float32 the code of modes (K, V, 3) that comes nearest to displacements (3 V,), and what is left of
    these."""
    rows = modes.reshape(len(modes), -1).astype(np.float64)
    gram = rows @ rows.T
    code = np.linalg.solve(gram + PRIOR * np.diag(gram).mean() * np.eye(len(gram)), rows @ wanted)
    return code.astype(np.float32), wanted - code @ rows
