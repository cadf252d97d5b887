"""The verb serve: the add-on's child process."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.errors import Refusal

if TYPE_CHECKING:
    from backend.service.call import Method

SUMMARY = "answer the add-on's requests over stdin and stdout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--worker is for the process itself: it starts itself again to compute."""
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Does not return; the process ends when stdin closes."""
    if arguments.worker:
        from backend.service.loop import serve_jobs

        serve_jobs(_prepare)
    from backend.service.front import front

    front([sys.executable, "-m", "backend", "serve", "--worker"])


def _prepare() -> tuple[Mapping[str, Any], Mapping[str, "Method"]]:
    """What hello says of the environment, and the methods. Raises Refusal if torch cannot be imported."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise Refusal(
            "no-torch",
            f"PyTorch cannot be loaded in the backend's Python ({error}).",
            "Set up the backend again, or point the preferences at another Python.",
        ) from error
    from backend.device import choose_device, describe_device, pin_threads
    from backend.models import models
    from backend.service.methods import METHODS

    pin_threads()
    about = {
        "torch": torch.__version__,
        "device": describe_device(choose_device()),
        "models": [model.name for model in models()],
    }
    return about, METHODS
