"""evaluate fitting: heads from pictures, and a performance from a film, against what was rendered."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.errors import Refusal

SUMMARY = "heads and performances from rendered pictures and films of known truth, and from photographs"
ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "corpus"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the pictures are, and whether to render them."""
    parser.add_argument("--set", type=Path, metavar="FOLDER", help="rendered pictures, by --render")
    parser.add_argument(
        "--render", type=Path, metavar="FOLDER", help="render the set there first; needs bpy; half an hour"
    )
    parser.add_argument("--corpus", type=Path, default=SHARED / "dev", help="the test corpus: motion/ and faces/")
    parser.add_argument("--data", type=Path, default=SHARED, help="the training families, for --render")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints the tables and what is wanted."""
    from backend.evaluation.fitting import Judge, measure_film, measure_jitter, measure_shape, people, photograph_errors
    from backend.evaluation.fitting_table import film_table, fitting_targets, shapes_table
    from backend.evaluation.targets import targets_table
    from backend.evaluation.truth.render import render_set
    from backend.imaging.landmarks import LandmarkDetector

    def say(text: str) -> None:
        print(text, flush=True)

    folder = arguments.render or arguments.set
    if folder is None:
        raise Refusal("no-pictures", "There is nothing to measure.", "Render pictures first: --render FOLDER.")
    if arguments.render:
        render_set(folder, arguments.corpus, arguments.data, say)
    judge, shapes, films = Judge(), [], []
    with LandmarkDetector(faces=5) as detector:
        found = people(folder)
        for name, pictures in found.items():
            shapes.append(measure_shape(name, pictures, judge, detector))
            say(name)
        for truth in sorted(folder.glob("film_*.npz")):
            if truth.with_name(f"{truth.stem}_000.png").exists():
                films.append(measure_film(truth.stem, folder, judge, detector)[0])
        jitter = measure_jitter(next(iter(found.values()))[0], detector)
    faces = arguments.corpus / "faces"
    photographs = photograph_errors(faces, say) if faces.is_dir() else []
    print(f"\n{shapes_table(shapes)}")
    for film in films:
        print(f"\n{film_table(film)}")
    print(f"\n{targets_table(fitting_targets(shapes, films, jitter, photographs))}")
    if arguments.json:
        measured = {"shapes": [asdict(one) for one in shapes], "films": [asdict(one) for one in films]}
        measured |= {"jitter": jitter, "photographs": photographs}
        arguments.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return 0
