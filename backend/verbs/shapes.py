"""The verb shapes: face shapes for the head in a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.output import check_place, terminal_progress, write_whole

if TYPE_CHECKING:
    from backend.cloning.correctives import Corrective
    from backend.cloning.result import Shapes

SUMMARY = "build the face shapes of a head"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The head, where the shapes go, and what they are called."""
    parser.add_argument("head", type=Path, metavar="HEAD", help="a neutral head: .obj, .ply, .glb, .gltf, .stl or .npz")
    parser.add_argument("--out", type=Path, required=True, metavar="SHAPES.npz", help="where the shapes go")
    parser.add_argument("--names", choices=("arkit", "ict"), default="arkit", help="names of the shapes (arkit)")
    parser.add_argument(
        "--correctives", action="store_true", help="also shapes that repair what two of them do together"
    )
    parser.add_argument(
        "--front",
        choices=("+x", "-x", "+y", "-y", "+z", "-z"),
        default="",
        help="where the face looks, as --front=-y (looked for)",
    )
    parser.add_argument("--no-seals", action="store_true", help="do not make eyes and lips close")
    parser.add_argument("--report", type=Path, metavar="REPORT.html", help="also a page with a picture of every shape")
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Writes the shapes and says in one line what they are. Raises Refusal."""
    for path in filter(None, (arguments.out, arguments.report)):
        check_place(path)
    from backend.cloning.guidance import Guidance
    from backend.cloning.recall import head_shapes
    from backend.geometry.read import read_head

    mesh = read_head(arguments.head)
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    guidance = Guidance(front=arguments.front, seals=not arguments.no_seals)
    shapes = head_shapes(mesh, arguments.names, progress, guidance)
    correctives = None
    if arguments.correctives:
        from backend.cloning.correctives import find_correctives

        progress(1.0, "Looking for shapes that collide together")
        correctives = find_correctives(mesh, shapes)
    write_shapes(arguments.out, shapes, correctives)
    if arguments.report:
        from backend.report import write_report

        progress(1.0, "Drawing the report")
        write_report(arguments.report, mesh, shapes)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{arguments.out}: {len(shapes.names)} shapes, confidence {shapes.confidence:.2f}")
    for reason in shapes.reasons:
        print(f"  {reason}")
    for one in correctives or ():
        print(f"  {one.name} is for {' and '.join(one.of)} together")
    return 0


def write_shapes(path: Path, shapes: "Shapes", correctives: "tuple[Corrective, ...] | None" = None) -> None:
    """Writes an .npz of vertices (N, 3), names (K,), deltas (K, N, 3), parts (N,), part_names, confidence, reasons,
    canonical_from_file (4, 4) and version; with correctives, perhaps none, also corrective_names (C,), corrective_of
    (C, 2), the names whose lower weight is theirs, and corrective_deltas (C, N, 3). A file that is there is replaced at
    once and whole. Raises Refusal."""
    import numpy as np

    from backend.archives import write_arrays
    from backend.geometry.mesh import PARTS

    added = {}
    if correctives is not None:
        added["corrective_names"] = np.array([one.name for one in correctives], np.str_)
        added["corrective_of"] = np.array([one.of for one in correctives], np.str_).reshape(-1, 2)
        added["corrective_deltas"] = np.array([one.deltas for one in correctives], np.float32).reshape(
            -1, *shapes.vertices.shape
        )
    content = {
        "vertices": shapes.vertices,
        "names": np.array(shapes.names, np.str_),
        "deltas": shapes.deltas,
        "parts": shapes.parts,
        "part_names": np.array(PARTS, np.str_),
        "confidence": np.float64(shapes.confidence),
        "reasons": np.array(shapes.reasons, np.str_),
        "canonical_from_file": shapes.canonical_from_file,
        "version": np.str_(shapes.version),
        **added,
    }

    write_whole(path, ".npz", lambda partial: write_arrays(partial, False, **content))
