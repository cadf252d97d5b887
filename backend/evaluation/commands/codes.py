"""evaluate codes: performances read from meshes in motion, against the codes that moved them."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.evaluation.selection import add_selection, names

SUMMARY = "codes read from clips: their errors, what they bring back, and NFS's protocol"

RECORDINGS = ("alex_rom_3.csv", "angry_MySlate_164.csv", "sad_MySlate_167.csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, and where else the figures go."""
    add_selection(parser)
    parser.add_argument("--data", type=Path, help="ICT-FaceKit and MakeHuman (default: beside the corpus)")
    parser.add_argument("--identities", type=int, default=4, help="of ICT-FaceKit and MakeHuman each (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints the name of each head before its work, then the tables. --only: of the characters."""
    from backend.evaluation.character import corpus_characters
    from backend.evaluation.codes import measure_head
    from backend.evaluation.codes_table import codes_table, nfs_table
    from backend.evaluation.keyed_heads import character_head, ict_head, makehuman_head, wholly_keyed
    from backend.evaluation.nfs_protocol import measure_nfs_protocol
    from backend.training.families import ICT_FILE, MAKEHUMAN_FILE
    from backend.training.ict import load_ict
    from backend.training.makehuman import load_makehuman

    data = arguments.data or arguments.corpus.resolve().parent
    recordings = [arguments.corpus / "motion" / name for name in RECORDINGS]
    paths = corpus_characters(arguments.corpus, names(arguments.only) or wholly_keyed(arguments.corpus))
    ict, makehuman = load_ict(data / ICT_FILE), load_makehuman(data / MAKEHUMAN_FILE)
    numbers = range(1, arguments.identities + 1)
    heads = [
        *(ict_head(ict, number) for number in numbers),
        *(makehuman_head(makehuman, number) for number in numbers),
        *(character_head(path) for path in paths),
    ]
    figures = []
    for at, head in enumerate(heads, start=1):
        print(f"{at}/{len(heads)} {head.name}", flush=True)
        figures.append(measure_head(head, recordings))
    print(f"\n{codes_table(figures)}\n")
    protocol = measure_nfs_protocol(ict, recordings, arguments.identities)
    print(nfs_table(protocol))
    if arguments.json:
        measured = {"heads": [asdict(one) for one in figures], "nfs_protocol": asdict(protocol)}
        arguments.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return 0
