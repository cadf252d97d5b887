"""Modules as commands: each of a package has a SUMMARY, add_arguments(parser) and run(arguments) -> exit status.

One that has commands of its own adds these as its arguments, and has no run.
"""

import argparse
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def add_commands(parser: argparse.ArgumentParser, package: ModuleType, metavar: str) -> None:
    """A subcommand for every module of a package, named like it with hyphens."""
    choices = parser.add_subparsers(metavar=metavar, required=True)
    for found in iter_modules(package.__path__):
        command = import_module(f"{package.__name__}.{found.name}")
        child = choices.add_parser(found.name.replace("_", "-"), help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(child)
        if hasattr(command, "run"):
            child.set_defaults(run=command.run)
