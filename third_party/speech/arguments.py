"""The arguments of speak that belong to the published network; light, so that the help is instant."""

import argparse
from pathlib import Path

from backend.errors import Refusal

OWN = ("wav2vec", "flame", "mode", "frames", "codes")
"""Without use unless a checkpoint is given."""

OTHERS = {"emotion": "off", "style": "", "tables": None}
"""What speak knows and the network does not, and what it is where nobody asked for it."""

MODE = "audio"


def add_published_arguments(parser: argparse.ArgumentParser) -> None:
    """The files that the user owns, how the network is to act, and what it can write besides."""
    group = parser.add_argument_group("the published network of speech, by files that you own")
    group.add_argument("--checkpoint", type=Path, metavar="CHECKPOINT.pth", help="the network moves the mouth")
    group.add_argument(
        "--wav2vec", type=Path, metavar="FOLDER", help="wav2vec2-base, where the checkpoint does not hold its layers"
    )
    group.add_argument("--flame", type=Path, metavar="FLAME_FILE", help="FLAME 2020 as you downloaded it")
    group.add_argument(
        "--mode",
        metavar="audio|none|emo-cls|emo-ist|aud-cls=HAP",
        help="the emotion that is heard, none, six emotions or six intensities in a file each, or one emotion "
        f"that leaves the lips to the speech, as in aud-cls=ANG-0.5 (default: {MODE})",
    )
    group.add_argument("--frames", type=Path, metavar="FRAMES.npz", help="also the FLAME head's meshes")
    group.add_argument("--codes", type=Path, metavar="CODES.npz", help="also FLAME's codes, frame by frame")


def check_published_arguments(arguments: argparse.Namespace) -> None:
    """Raises Refusal for arguments that do not go together."""
    if arguments.checkpoint is None:
        idle = [name for name in OWN if getattr(arguments, name) is not None]
        if idle:
            raise Refusal("no-checkpoint", f"--{idle[0]} is of no use without a network.", "Add --checkpoint FILE.")
        return
    foreign = [name for name, usual in OTHERS.items() if getattr(arguments, name) != usual]
    if foreign:
        raise Refusal(
            "bad-option",
            f"The published network does not know --{foreign[0]}.",
            "Leave it out: --mode says how it acts.",
        )
    if arguments.flame is None:
        raise Refusal(
            "no-flame", "The network speaks of FLAME heads, and no FLAME file was given.", "Add --flame FLAME_FILE."
        )
