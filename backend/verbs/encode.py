"""The verb encode: the performance of a mesh in motion."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import Progress, Refusal, silent
from backend.output import check_place, terminal_progress, write_whole
from backend.verbs.shapes import write_shapes

if TYPE_CHECKING:
    from backend.frames import Frames
    from backend.geometry.mesh import FaceMesh
    from backend.performance import Performance
    from backend.sources.clip import Clip

SUMMARY = "make a performance of a mesh that moves"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clip, the head at rest, and where the performance goes."""
    parser.add_argument(
        "--frames",
        type=Path,
        required=True,
        metavar="CLIP",
        help="an .npz with frames (T, N, 3) in the head's order and fps, a folder of meshes, .glb, .gltf or .usd",
    )
    parser.add_argument(
        "--fps", type=float, help="frames per second; a folder needs it, glTF and USD are sampled at it"
    )
    parser.add_argument(
        "--neutral",
        type=Path,
        metavar="HEAD",
        help="the head at rest: .obj, .ply, .glb, .gltf, .stl or .npz (default: glTF's and USD's own rest); keys in an "
        ".npz, key_names and key_deltas or a rig's controls and deltas, are recognised by their names or by what they "
        "do, and used if they explain the clip",
    )
    rest = parser.add_mutually_exclusive_group()
    rest.add_argument("--neutral-frame", type=int, metavar="N", help="the head is at rest in this frame, from 0")
    rest.add_argument("--find-neutral", action="store_true", help="look for the frame in which it is most at rest")
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
    """Writes the performance and says in a few lines what it is. Raises Refusal.

    Morph targets of known names are channels already; they are encoded all the same where a neutral, keys or calibrated
    shapes are asked for.
    """
    for path in filter(None, (arguments.out, arguments.csv, arguments.calibrated)):
        check_place(path)
    from backend.sources.read import read_clip

    clip = read_clip(arguments.frames, arguments.fps)
    asked = (arguments.neutral, arguments.neutral_frame, arguments.find_neutral or None, arguments.keys)
    if clip.channels is not None and all(one is None for one in (*asked, arguments.calibrated)):
        _write(arguments, clip.channels)
        print(f"{arguments.out}: {clip.frames.count:,} frames at {clip.frames.fps:g} fps")
        print(f"  {len(clip.channels.names)} channels, read from morph targets of their names")
        if clip.unknown:
            print(f"  not known and left out: {', '.join(clip.unknown)}")
        return 0
    return _encode(arguments, clip)


def _encode(arguments: argparse.Namespace, clip: "Clip") -> int:
    from backend.cloning.calibrate import calibrated_shapes
    from backend.cloning.dialects import dialects
    from backend.cloning.encode import check_frames, encode, encode_by_keys
    from backend.cloning.own_keys import carried_keys, read_keys
    from backend.cloning.recall import head_shapes
    from backend.geometry.read import read_head
    from backend.rigs.key_channels import channels_of_keys

    frames = clip.frames
    mesh = read_head(arguments.neutral) if arguments.neutral else clip.mesh
    if mesh is None:
        raise Refusal("no-head", "The clip has no faces.", "Give a head of the same vertices: --neutral HEAD.")
    check_frames(mesh, frames)
    keys = read_keys(arguments.keys, len(mesh.vertices)) if arguments.keys else None
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    mesh, rest = _at_rest(arguments, mesh, frames, lambda f, text: progress(0.2 * f, text))
    built = head_shapes(mesh, "ict", lambda f, text: progress(0.2 + 0.1 * f, text))
    end = 0.8 if arguments.calibrated else 1.0

    def reading(f: float, text: str) -> None:
        progress(0.4 + (end - 0.4) * f, text)

    if keys:
        shapes = replace(built, names=keys[0], deltas=keys[1])
        encoding = encode(mesh, frames, shapes, (), reading)
    else:
        carried = carried_keys(arguments.neutral, len(mesh.vertices)) if arguments.neutral else None
        own = channels_of_keys(mesh, carried, lambda f, text: progress(0.3 + 0.1 * f, text)) if carried else None
        shapes, encoding = encode_by_keys(mesh, frames, built, own, dialects(), reading)
    _write(arguments, encoding.performance)
    if arguments.calibrated:
        fitted = calibrated_shapes(mesh, frames, shapes, encoding, lambda f, text: progress(end + (1 - end) * f, text))
        write_shapes(arguments.calibrated, replace(shapes, deltas=fitted))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    sure = float(encoding.performance.confidence.mean())
    print(f"{arguments.out}: {frames.count:,} frames at {frames.fps:g} fps, confidence {sure:.2f}")
    if rest is not None:
        print(f"  at rest in frame {rest:,}")
    if shapes is not built:
        print(f"  read with the head's own {len(shapes.names)} keys")
    print(f"  the code explains {encoding.explained:.0%} of the face's motion")
    spoken = [f"{share:.0%} {name}" for name, share in encoding.dialect.items() if share > 0.005]
    if spoken:
        print(f"  it speaks the dialect of {', '.join(spoken)}")
    return 0


def _at_rest(
    arguments: argparse.Namespace, mesh: "FaceMesh", frames: "Frames", progress: Progress
) -> tuple["FaceMesh", int | None]:
    """The neutral, and which frame of the clip it is, None where it is none of them. Raises Refusal."""
    from backend.cloning.recall import head_shapes
    from backend.sources.neutral import find_neutral, frame_as_neutral

    number = arguments.neutral_frame
    if arguments.find_neutral:
        number = find_neutral(mesh, frames, lambda one: head_shapes(one, "ict", silent), progress)
    return (mesh, None) if number is None else (frame_as_neutral(mesh, frames, number), number)


def _write(arguments: argparse.Namespace, motion: "Performance") -> None:
    from backend.live_link import write_live_link
    from backend.performance import write_npz

    write_whole(arguments.out, ".npz", lambda path: write_npz(path, motion))
    if arguments.csv:
        write_whole(arguments.csv, ".csv", lambda path: write_live_link(path, motion))
