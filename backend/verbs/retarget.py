"""The verb retarget: a performance onto a character's own controls."""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.curve_flags import add_curve_options, add_reduction, checked_error, curve_options
from backend.output import check_place, terminal_progress, write_whole

if TYPE_CHECKING:
    import numpy as np

    from backend.rigs.retarget import Curves

SUMMARY = "put a performance onto a character's own controls, whatever their names"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The performance, the rig, and where its curves go."""
    parser.add_argument(
        "--performance",
        type=Path,
        required=True,
        metavar="P",
        help="a Performance .npz, a Live Link Face .csv, a Face Cap .txt, or .glb, .gltf or .usd with known targets",
    )
    parser.add_argument(
        "--rig",
        type=Path,
        required=True,
        metavar="RIG.npz",
        help="vertices (N, 3), faces, controls (K,) names, deltas (K, N, 3), minimum and maximum (K,)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="CURVES.npz", help="where the curves go")
    parser.add_argument("--mapping", type=Path, metavar="MAPPING.json", help="which control follows which channels")
    parser.add_argument("--mapping-out", type=Path, metavar="MAPPING.json", help="also the mapping that was used")
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")
    add_reduction(parser)
    add_curve_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the curves and says what they can and cannot do. Raises Refusal."""
    for path in filter(None, (arguments.out, arguments.mapping_out)):
        check_place(path)
    from backend.curve_options import AS_IT_IS, adjusted
    from backend.key_reduction import keys_within
    from backend.rigs.known import known_rig
    from backend.rigs.mapping import read_mapping, write_mapping
    from backend.rigs.traced import retarget_traced
    from backend.sources.read import read_motion

    options, error = curve_options(arguments), None if arguments.reduce is None else checked_error(arguments.reduce)
    performance = adjusted(read_motion(arguments.performance), options)
    if replace(options, rate=None) != AS_IT_IS:
        # What the options change are channels.
        performance = replace(performance, trace=None)
    given = read_mapping(arguments.mapping) if arguments.mapping else {}
    progress = terminal_progress(sys.stderr.isatty(), arguments.progress)
    known = known_rig(arguments.rig, lambda f, text: progress(0.9 * f, text))
    shapes = None if known.face is None else known.face.shapes
    curves = retarget_traced(known.rig, performance, shapes, given, known.face)
    progress(1.0, "Writing the curves")
    keys = None if error is None else keys_within(curves.values, error)
    write_whole(arguments.out, ".npz", lambda path: _write_curves(path, curves, keys))
    if arguments.mapping_out:
        write_whole(arguments.mapping_out, ".json", lambda path: write_mapping(path, curves.mapping))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{arguments.out}: {len(curves.values):,} frames at {curves.fps:g} fps for {len(curves.names)} controls")
    if keys is not None:
        print(f"  {keys.mean():.0%} of the frames are enough as keys, to within {error:g}")
    uses = Counter(entry.use for entry in curves.mapping.values())
    print(f"  {uses['follow']} follow channels, {uses['solve']} are solved for, {uses['rest']} stay at rest")
    for region, residual in {"the whole": curves.residual, **curves.regions}.items():
        wanted = curves.regions_wanted.get(region, curves.wanted)
        print(f"  {region}: misses {_mean_square(residual):.4g} of {_mean_square(wanted):.4g} (root mean square)")
    for note in curves.notes:
        print(f"  {note}")
    return 0


def _write_curves(path: Path, curves: "Curves", keys: "np.ndarray | None") -> None:
    """An .npz of names (K,), values (T, K), fps, residual (T,) and wanted (T,) in the rig's units, and residual_REGION
    (T,) for each region of the face; and keys (T, K) bool, which frames are enough, where that was asked for."""
    import numpy as np

    from backend.archives import write_arrays

    write_arrays(
        path,
        names=np.array(curves.names, np.str_),
        values=curves.values,
        fps=np.float64(curves.fps),
        residual=curves.residual,
        wanted=curves.wanted,
        **{f"residual_{region}": values for region, values in curves.regions.items()},
        **({} if keys is None else {"keys": keys}),
    )


def _mean_square(values: "np.ndarray") -> float:
    return float((values.astype("float64") ** 2).mean() ** 0.5)
