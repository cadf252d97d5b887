"""A backend that moves vertices by a known rule, or misbehaves in the way that FAKE_BACKEND names.

jawOpen pulls everything below the middle down by 0.1, browInnerUp raises what is above 0.5 of the height by a tenth of
its height, and tongueOut moves nothing; axes are y up, as the add-on sends them. Where correctives are asked for, the
first two get one that pushes what is below the middle forward by 0.02. A clip is read by the same rule: jawOpen is how
far what is below the middle has come down, and all vertices are asked for. For want of a model, hello names the cache
folder. FAKE_FIELDS is JSON that takes the place of fields of the answer. FAKE_SHAPES is an .npz with a head's vertices
and the deltas of ARKit's shapes, which controls are then to follow.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.protocol import VERSION, Reader, Writer

NAMES = ("jawOpen", "browInnerUp", "tongueOut")

SLOW = 1000.0
"""Seconds of a step that is to be cancelled; finding the button for that takes a minute on a busy machine."""


def rule(vertices: np.ndarray) -> np.ndarray:
    """(3, N, 3) float32: the displacements of NAMES for vertices (N, 3)."""
    deltas = np.zeros((len(NAMES), *vertices.shape), np.float32)
    height = vertices[:, 1]
    deltas[0, height < 0, 1] = -0.1
    deltas[1, height > 0.5 * height.max(), 1] = 0.1 * height[height > 0.5 * height.max()]
    deltas[1, height > 0.5 * height.max(), 2] = 0.05
    return deltas


def corrective_rule(vertices: np.ndarray) -> np.ndarray:
    """(1, N, 3) float32: the displacements of the one corrective."""
    deltas = np.zeros((1, *vertices.shape), np.float32)
    deltas[0, vertices[:, 1] < 0, 2] = 0.02
    return deltas


def answer(writer: Writer, frame, behaviour: str) -> None:
    """Serve one request."""
    number = frame.header["id"]
    for step in range(4):
        time.sleep(SLOW if behaviour == "slow" and step == 2 else 0.05)
        writer.write({"type": "progress", "id": number, "fraction": step / 4, "text": f"Step {step + 1} of 4"})
        if behaviour == "die" and step == 2:
            print("the fake backend dies now", file=sys.stderr, flush=True)
            os._exit(3)
    if behaviour == "refuse":
        writer.write(
            {
                "type": "error",
                "id": number,
                "code": "no-face",
                "sentence": "No face was found.",
                "cure": "Select the head.",
            }
        )
        return
    vertices = frame.arrays["vertices"]
    deltas = rule(vertices)
    if behaviour == "lie":
        deltas = deltas[:, 1:]
    if behaviour == "far":
        deltas = deltas * np.float32(3e38)
    names = NAMES if frame.header["params"]["names"] == "arkit" else tuple(f"{name}_ict" for name in NAMES)
    fields, arrays = {}, {"deltas": deltas, "parts": np.minimum(frame.arrays["objects"], 2).astype(np.int8)}
    if frame.header["params"].get("correctives"):
        pair = list(names[:2]) if behaviour != "strange" else [names[0], "unheardOf"]
        fields["correctives"] = [{"name": f"{names[0]}_{names[1]}_corrective", "of": pair}]
        arrays["corrective_deltas"] = corrective_rule(vertices)
    writer.write(
        {
            "type": "result",
            "id": number,
            "names": list(names),
            "part_names": ["skin", "eye_left", "other"],
            "confidence": 0.87,
            "reasons": ["both ways of finding the face agree"],
            "canonical_from_file": np.eye(4).tolist(),
            "version": "fake",
            "seals": [],
            **fields,
            **json.loads(os.environ.get("FAKE_FIELDS", "{}")),
        },
        arrays,
    )


def known_shapes(path: Path, vertices: np.ndarray) -> np.ndarray:
    """(C, N, 3) float32: the deltas of an .npz at those of its vertices that are nearest; those sent are about the
    middle of what was sent, so that the crown is what both have."""
    from scipy.spatial import cKDTree

    kept = np.load(path)
    own = kept["vertices"]
    shift = own[own[:, 1].argmax()] - vertices[vertices[:, 1].argmax()]
    return kept["deltas"][:, cKDTree(own).query(vertices + shift)[1]]


def retarget(writer: Writer, frame) -> None:
    """The real method, on a head whose shapes are the rule's."""
    from backend.channels import ARKIT_NAMES
    from backend.cloning.result import Shapes
    from backend.errors import Refusal, silent
    from backend.service import retarget as service
    from backend.service.call import Call

    def shapes(mesh, progress, guidance):
        deltas = np.zeros((len(ARKIT_NAMES), *mesh.vertices.shape), np.float32)
        for name, moved in zip(NAMES, rule(mesh.vertices), strict=True):
            deltas[ARKIT_NAMES.index(name)] = moved
        if known := os.environ.get("FAKE_SHAPES"):
            deltas = known_shapes(Path(known), mesh.vertices)
        parts = np.zeros(len(mesh.vertices), np.int8)
        return Shapes(mesh.vertices, ARKIT_NAMES, deltas, parts, 1.0, (), np.eye(4), (), "fake")

    service.shapes_if_any = shapes if os.environ.get("FAKE_BACKEND") != "faceless" else lambda *_: None
    number = frame.header["id"]
    time.sleep(SLOW if os.environ.get("FAKE_BACKEND") == "slow" else 0.0)
    try:
        reply = service.retarget(Call(frame.header["params"], frame.arrays, silent))
    except Refusal as refusal:
        told = {"code": refusal.code, "sentence": refusal.sentence, "cure": refusal.cure}
        writer.write({"type": "error", "id": number, **told})
        return
    writer.write({**reply.fields, "type": "result", "id": number}, reply.arrays)


def draw(writer: Writer, frame) -> None:
    """A picture in one shade for each shape: what it moves at most, in hundredths of a unit, is its red."""
    deltas, size = frame.arrays["deltas"], frame.header["params"]["size"]
    pictures = np.full((len(deltas), size, size, 4), 255, np.uint8)
    pictures[..., 0] = np.rint(100 * np.abs(deltas).max((1, 2)))[:, None, None]
    pictures[:, : size // 2, :, 1] = 7
    writer.write({"type": "result", "id": frame.header["id"]}, {"pictures": pictures})


class FakeClip:
    """The clip that arrives: its vertices at rest, and its frames so far."""

    rest = np.empty((0, 3), np.float32)
    frames: list[np.ndarray] = []


def answer_clip(writer: Writer, frame, behaviour: str) -> None:
    """Serve one stage of the method encode."""
    params, number = frame.header["params"], frame.header["id"]
    fields, arrays = {"clip": 1}, {}
    writer.write({"type": "progress", "id": number, "fraction": 0.5, "text": f"Stage {params['stage']}"})
    if params["stage"] == "begin":
        if behaviour == "slow":
            time.sleep(SLOW)
        FakeClip.rest, FakeClip.frames = frame.arrays["vertices"], []
        fields["keys"] = params.get("key_names", [])
        arrays["numbers"] = np.arange(len(FakeClip.rest), dtype=np.int32)
    elif params["stage"] == "add":
        if behaviour == "die":
            os._exit(3)
        FakeClip.frames.append(frame.arrays["places"])
    else:
        below = FakeClip.rest[:, 1] < 0
        fall = (FakeClip.rest - np.concatenate(FakeClip.frames))[:, below, 1].mean(1) / 0.1
        fields |= {"names": ["jawOpen"], "fps": 24.0, "source": "Actor", "explained": 1.0, "dialect": {}}
        arrays["weights"] = fall[:, None].astype(np.float32)
    writer.write({"type": "result", "id": number, **fields}, arrays)


def main() -> None:
    """Say hello, then serve until the stream ends."""
    behaviour = os.environ.get("FAKE_BACKEND", "")
    reader, writer = Reader(sys.stdin.buffer), Writer(sys.stdout.buffer)
    writer.write(
        {
            "type": "hello",
            "protocol": VERSION,
            "version": "fake",
            "python": sys.version.split()[0],
            "torch": "none",
            "device": "cpu",
            "models": [os.environ.get("FACSIMILE_CACHE", "")],
        }
    )
    while (frame := reader.read()) is not None:
        if frame.type == "request" and frame.header["method"] == "shapes":
            if behaviour == "hang":
                continue
            answer(writer, frame, behaviour)
        elif frame.type == "request" and frame.header["method"] == "retarget":
            retarget(writer, frame)
        elif frame.type == "request" and frame.header["method"] == "thumbnails":
            draw(writer, frame)
        elif frame.type == "request" and frame.header["method"] == "encode":
            answer_clip(writer, frame, behaviour)
        elif frame.type == "cancel":
            writer.write({"type": "cancelled", "id": frame.header["id"]})


if __name__ == "__main__":
    main()
