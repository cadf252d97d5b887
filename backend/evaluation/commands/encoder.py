"""evaluate encoder: the golden check of a published checkpoint that a user owns, against its authors' own program."""

import argparse
from pathlib import Path

SUMMARY = (
    "a published encoder's checkpoint: what is in it, its codes of a photograph, and how far they are from others'"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The checkpoint, photographs, and codes to compare with."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="DECA, EMOCA, SMIRK, TEASER or MICA")
    parser.add_argument("--image", type=Path, nargs="*", default=[], metavar="PHOTO", help="photographs of faces")
    parser.add_argument(
        "--crops", action="store_true", help="the photographs are what the authors' program feeds its network: no crop"
    )
    parser.add_argument(
        "--expected",
        type=Path,
        metavar="CODES.npz",
        help="codes by the authors' program, one row a photograph: identity, expression, root, jaw, eyelids, camera",
    )
    parser.add_argument("--out", type=Path, metavar="CODES.npz", help="also write the codes there, under these names")


def run(arguments: argparse.Namespace) -> int:
    """Prints what the checkpoint is and, for every kind of code, its size and how far it is from what was expected.
    Returns 1 where that is further than TOLERANCE. Raises Refusal."""
    from backend.device import choose_device, pin_threads
    from backend.evaluation.encoder import TOLERANCE, compare, encode_all, read_expected
    from backend.output import write_whole
    from third_party.encoders.read import read_encoder

    pin_threads()
    encoder = read_encoder(arguments.checkpoint, choose_device())
    count = sum(value.numel() for value in encoder.network.parameters())
    renderer = "with" if encoder.renderer is not None else "without"
    print(f"{arguments.checkpoint.name}: {encoder.family}, {count:,} parameters, {renderer} a renderer, every key met")
    if not arguments.image:
        return 0
    found = encode_all(encoder, arguments.image, arguments.crops)
    for name, rows in found.items():
        print(f"{name:11} {rows.shape[1]:4} numbers, root mean square {float((rows**2).mean() ** 0.5):.4f}")
    if arguments.out:
        from backend.archives import write_arrays

        write_whole(arguments.out, ".npz", lambda path: write_arrays(path, **found))
    if not arguments.expected:
        return 0
    apart = compare(found, read_expected(arguments.expected))
    for name, difference in apart.items():
        print(f"{name:11} differs by {difference:.2e} at most: {'met' if difference <= TOLERANCE else 'MISSED'}")
    return int(max(apart.values()) > TOLERANCE)
