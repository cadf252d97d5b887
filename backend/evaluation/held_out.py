"""Writes MakeHuman's heads as characters with MakeHuman's own ARKit keys, for a network that never saw those.

    python -m backend train cloning --config CONFIG --out runs/held_out    (makehuman_expressions = false in CONFIG)
    python -m backend.evaluation.held_out --out runs/makehuman
    python -m backend evaluate shapes --corpus runs/makehuman --weights runs/held_out/cloning.safetensors

The keys do not depend on the identity; the identities are drawn with seeds that training does not use.
"""

import argparse
from pathlib import Path

import numpy as np

from backend.evaluation.character import BLENDER_TO_CANONICAL, FILE_NAME
from backend.training.families import MAKEHUMAN_FILE
from backend.training.makehuman import MakeHumanHead, draw_identity, load_makehuman
from backend.verbs.train import DATA

SEED = 2_000_003
"""Apart from the seeds of the training heads and of the held-out ones."""

SHOWN = 1e-4
"""Metres: a key that moves nothing by as much is left out."""


def write_character(folder: Path, head: MakeHumanHead, vertices: np.ndarray) -> Path:
    """A character.npz in a folder of its own. vertices: (5188, 3) metres, y up. Returns its path."""
    names = [name for name, key in head.arkit.items() if np.abs(key).max() > SHOWN and not name.startswith("viseme")]
    triangles = head.triangles
    path = folder / FILE_NAME
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        vertices=(vertices @ BLENDER_TO_CANONICAL).astype(np.float32),
        faces=np.concatenate([triangles, np.full((len(triangles), 1), -1)], axis=1).astype(np.int32),
        object_id=np.zeros(len(vertices), np.int32),
        objects=np.array(["makehuman"]),
        head_objects=np.array([0]),
        key_names=np.array(names),
        key_deltas=np.stack([head.arkit[name] @ BLENDER_TO_CANONICAL for name in names]).astype(np.float32),
    )
    return path


def write_characters(data: Path, out: Path, identities: int) -> list[Path]:
    """The neutral head and random identities, each in a folder of its own below `out`."""
    head = load_makehuman(data / MAKEHUMAN_FILE)
    vertices = {"makehuman": head.neutral}
    for number in range(1, identities + 1):
        random = np.random.default_rng([SEED, number])
        vertices[f"makehuman_{number}"] = head.neutral + draw_identity(head, random)
    return [write_character(out / name, head, points) for name, points in vertices.items()]


def main() -> None:
    """Write them and say where."""
    parser = argparse.ArgumentParser(prog="held_out", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the training data (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the characters")
    parser.add_argument("--identities", type=int, default=2, help="besides the neutral head (%(default)s)")
    options = parser.parse_args()
    for path in write_characters(options.data, options.out, options.identities):
        print(path)


if __name__ == "__main__":
    main()
