"""The verb encode: the performance of a mesh in motion."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.output import check_place, terminal_progress, write_whole
from backend.verbs.shapes import write_shapes

if TYPE_CHECKING:
    from backend.cloning.encode import Encoding

SUMMARY = "make a performance of a mesh that moves"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The head at rest, its frames, and where the performance goes."""
    parser.add_argument(
        "--neutral",
        type=Path,
        required=True,
        metavar="HEAD",
        help="the head at rest: .obj, .ply, .glb, .gltf, .stl or .npz",
    )
    parser.add_argument(
        "--frames", type=Path, required=True, metavar="F.npz", help="frames (T, N, 3) in the head's order, and fps"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="P.npz", help="where the performance goes")
    parser.add_argument("--csv", type=Path, metavar="LIVE_LINK.csv", help="also as Live Link Face writes it")
    parser.add_argument(
        "--keys", type=Path, metavar="KEYS.npz", help="the head's own keys instead of ours: names and deltas (K, N, 3)"
    )
    parser.add_argument(
        "--calibrated", type=Path, metavar="SHAPES.npz", help="also the head's shapes, fitted to this clip"
    )
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Writes the performance and says in a few lines what it is. Raises Refusal."""
    for path in filter(None, (arguments.out, arguments.csv, arguments.calibrated)):
        check_place(path)
    from backend.frames import frames_from_file
    from backend.geometry.read import read_head

    mesh, frames = read_head(arguments.neutral), frames_from_file(arguments.frames)
    from backend.cloning.calibrate import calibrated_shapes
    from backend.cloning.dialects import dialects
    from backend.cloning.encode import check_frames, encode
    from backend.cloning.own_keys import read_keys
    from backend.cloning.recall import head_shapes
    from backend.live_link import write_live_link
    from backend.performance import write_npz

    check_frames(mesh, frames)
    keys = read_keys(arguments.keys, len(mesh.vertices)) if arguments.keys else None
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    shapes = head_shapes(mesh, "ict", lambda f, text: progress(0.4 * f, text))
    if keys:
        shapes = replace(shapes, names=keys[0], deltas=keys[1])
    end = 0.8 if arguments.calibrated else 1.0
    artists = () if keys else dialects()
    encoding = encode(mesh, frames, shapes, artists, lambda f, text: progress(0.4 + (end - 0.4) * f, text))
    write_whole(arguments.out, ".npz", lambda path: write_npz(path, encoding.performance))
    if arguments.csv:
        write_whole(arguments.csv, ".csv", lambda path: write_live_link(path, encoding.performance))
    if arguments.calibrated:
        fitted = calibrated_shapes(mesh, frames, shapes, encoding, lambda f, text: progress(end + (1 - end) * f, text))
        write_shapes(arguments.calibrated, replace(shapes, deltas=fitted))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{arguments.out}: {frames.count:,} frames at {frames.fps:g} fps, confidence {_sure(encoding):.2f}")
    print(f"  the code explains {encoding.explained:.0%} of the face's motion")
    spoken = [f"{share:.0%} {name}" for name, share in encoding.dialect.items() if share > 0.005]
    if spoken:
        print(f"  it speaks the dialect of {', '.join(spoken)}")
    return 0


def _sure(encoding: "Encoding") -> float:
    return float(encoding.performance.confidence.mean())
