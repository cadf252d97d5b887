"""python -m backend VERB: on files what the add-on does on the scene."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from backend import CALM, VERSION

os.environ.update(CALM | os.environ)

from backend import verbs
from backend.commands import add_commands
from backend.errors import Refusal

REFUSED = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb. Returns its exit status; a refusal prints its sentence and cure to stderr and returns 2."""
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold letters that a console's alphabet lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend", description="Facsimile: a face that acts.")
    parser.add_argument("--version", action="version", version=f"facsimile {VERSION}")
    add_commands(parser, verbs, "VERB")
    return parser


if __name__ == "__main__":
    sys.exit(main())
