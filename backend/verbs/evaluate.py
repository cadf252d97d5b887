"""The verb evaluate: measure the product on characters, one subcommand for each thing measured."""

import argparse

from backend.commands import add_commands
from backend.evaluation import commands

SUMMARY = "measure the product on characters, against artists' keys and simpler methods"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand for everything that can be measured; each sets what runs."""
    add_commands(parser, commands, "WHAT")
