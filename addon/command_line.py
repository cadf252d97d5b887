"""blender --command facsimile ...: what the operators do, without a window, on files."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import bpy

from ..backend.errors import Refusal
from .session import SESSION

if TYPE_CHECKING:
    from argparse import ArgumentParser

NAME = "facsimile"
VERBS = ("shapes", "bake", "clone", "retarget", "fit-photo", "fit-video", "speak")
REFUSED, INTERRUPTED = 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run a verb and return the exit status: 0 done, 2 refused with a sentence on standard error, 130 interrupted."""
    parsed = parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        SESSION.forget()
        SESSION.queue.stop()


def parser() -> "ArgumentParser":
    """The verbs and their options."""
    # Here and not above: a window needs neither, and waits for the imports when the extension is switched on.
    from argparse import ArgumentParser

    main = ArgumentParser(prog=f"blender --command {NAME}", description="Facsimile without a window.")
    verbs = main.add_subparsers(metavar="VERB", required=True)
    for name in VERBS:
        module = import_module(f".commands.{name.replace('-', '_')}", __package__)
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return main


HANDLES: list[object] = []


def register() -> None:
    HANDLES.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    bpy.utils.unregister_cli_command(HANDLES.pop())
