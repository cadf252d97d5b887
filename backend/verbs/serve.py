"""The verb serve: the add-on's child process."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.errors import Refusal

if TYPE_CHECKING:
    from backend.service.call import Method

SUMMARY = "answer the add-on's requests over stdin and stdout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(arguments: argparse.Namespace) -> int:
    """Does not return; the process ends when stdin closes."""
    from backend.service.serve import serve

    serve(_prepare)


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
