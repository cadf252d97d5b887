"""The verb train: make the models that ship."""

import argparse
from pathlib import Path

SUMMARY = "train a model from data on this disk"
DATA = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is trained, on what, and where the run is kept."""
    parser.add_argument("what", choices=["cloning"], help="the model to train")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the training data (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("runs/cloning"), help="folder of the run; resumed if there")
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones")
    parser.add_argument("--config", type=Path, help="another configuration than the committed one")
    parser.add_argument("--steps", type=int, help="another number of steps than the configuration's")


def run(arguments: argparse.Namespace) -> int:
    """Trains, or resumes, until the configured number of steps; prints a line of JSON per report."""
    import torch

    from backend.cloning.landmark_map import canonical_landmarks
    from backend.training.curves import plot_curves
    from backend.training.families import load_families
    from backend.training.train_cloning import CONFIG, Trainer, read_config

    # One head per thread is faster than two threads per matrix product at these sizes.
    torch.set_num_threads(1)
    config = read_config(arguments.config or CONFIG, arguments.steps)
    templates = load_families(arguments.data, config.makehuman_expressions)
    trainer = Trainer(config, templates, canonical_landmarks().astype("float32"), arguments.out)
    if arguments.start:
        trainer.start_from(arguments.start)
    trainer.train()
    plot_curves(arguments.out / "history.json", arguments.out / "curves.png")
    return 0
