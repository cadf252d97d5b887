"""The verb train: make the models that ship."""

import argparse
from pathlib import Path

from backend.errors import Refusal

SUMMARY = "train a model from data on this disk"
DATA = Path(__file__).resolve().parents[3] / "shared" / "corpus"
CLIPS = Path("runs/clips")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is trained, on what, and where the run is kept."""
    parser.add_argument("what", choices=["cloning", "speech", "emotion", "speech-codes"], help="the model to train")
    parser.add_argument(
        "--data",
        type=Path,
        help=f"folder of the training data (default: {DATA}; for speech {CLIPS}, of backend.training.spoken_clips; for "
        "emotion the corpus' train/emodb; speech-codes has none)",
    )
    parser.add_argument("--out", type=Path, help="folder of the run; resumed if there (default: runs/WHAT)")
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones")
    parser.add_argument("--config", type=Path, help="another configuration than the committed one")
    parser.add_argument("--steps", type=int, help="another number of steps than the configuration's")
    parser.add_argument(
        "--wav2vec", type=Path, metavar="FOLDER", help="wav2vec2-base, for speech-codes without --start CHECKPOINT"
    )


def run(arguments: argparse.Namespace) -> int:
    """Trains, or resumes, until the configured number of steps; prints a line of JSON per report. Raises Refusal."""
    import torch

    # One head per thread is faster than two threads per matrix product at these sizes.
    torch.set_num_threads(1)
    out = arguments.out or Path("runs") / arguments.what.replace("-", "_")
    if arguments.wav2vec and arguments.what != "speech-codes":
        raise Refusal("bad-option", "Only speech-codes hears with wav2vec 2.0.", "Leave --wav2vec out.")
    if arguments.what == "cloning":
        _cloning(arguments, arguments.data or DATA, out)
    elif arguments.what == "speech":
        _speech(arguments, arguments.data or CLIPS, out)
    elif arguments.what == "speech-codes":
        _speech_codes(arguments, out)
    else:
        from backend.training.train_emotion import train_emotion

        if arguments.start or arguments.config or arguments.steps:
            raise Refusal("bad-option", "The model of emotion has no start, configuration or steps.", "Leave them out.")
        train_emotion(arguments.data or DATA / "train" / "emodb", out)
    return 0


def _cloning(arguments: argparse.Namespace, data: Path, out: Path) -> None:
    from backend.cloning.landmark_map import canonical_landmarks
    from backend.training.curves import CLONING, plot_curves
    from backend.training.families import load_families
    from backend.training.train_cloning import CONFIG, Trainer, read_config

    config = read_config(arguments.config or CONFIG, arguments.steps)
    templates = load_families(data, config.makehuman_expressions)
    trainer = Trainer(config, templates, canonical_landmarks().astype("float32"), out)
    if arguments.start:
        trainer.start_from(arguments.start)
    trainer.train()
    plot_curves(out / "history.json", out / "curves.png", CLONING)


def _speech(arguments: argparse.Namespace, data: Path, out: Path) -> None:
    from backend.training.curves import SPEECH, plot_curves
    from backend.training.speech_batches import load_shards
    from backend.training.train_speech import CONFIG, SpeechTrainer, read_config

    config = read_config(arguments.config or CONFIG, arguments.steps)
    trainer = SpeechTrainer(config, load_shards(data, False), load_shards(data, True), out)
    if arguments.start:
        trainer.start_from(arguments.start)
    trainer.train()
    plot_curves(out / "history.json", out / "curves.png", SPEECH)


def _speech_codes(arguments: argparse.Namespace, out: Path) -> None:
    from backend.training.code_clips import CURE, read_clips
    from backend.training.train_speech_codes import CONFIG, CodesTrainer, read_config
    from third_party.speech.checkpoint import new_network, read_talker

    if arguments.data is None:
        raise Refusal("no-clips", "No recordings with codes were given.", f"Add --data FOLDER. {CURE}")
    config = read_config(arguments.config or CONFIG, arguments.steps)
    if arguments.start:
        network = read_talker(arguments.start, arguments.wav2vec).network
    elif arguments.wav2vec:
        network = new_network(arguments.wav2vec, config.seed)
    else:
        raise Refusal(
            "no-wav2vec",
            "The network hears with wav2vec 2.0, which was not given.",
            "Add --wav2vec FOLDER, or --start CHECKPOINT.",
        )
    CodesTrainer(config, read_clips(arguments.data), network, out).train()
