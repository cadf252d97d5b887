"""Trains the network of speech: seeded, resumable, with an exponential average of the weights."""

import time
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.networks.phone_layout import LABELS, PhoneConfig, describe
from backend.networks.phone_net import PhoneNet
from backend.speech.visemes import VISEME, VISEMES
from backend.training.run import Run
from backend.training.speech_batches import Batch, batch_stream, make_batch
from backend.training.spoken_clips import Shard

CONFIG = Path(__file__).with_name("speech.toml")
HELD_OUT_SEED, HELD_OUT_BATCHES = 1_000_003, 2


@dataclass(frozen=True)
class SpeechTrainingConfig:
    """See speech.toml."""

    seed: int
    steps: int
    batch: int
    learning_rate: float
    warm_up_steps: int
    weight_decay: float
    gradient_limit: float
    average_decay: float
    visemes: float
    smoothing: float
    report_every: int
    network: PhoneConfig


def read_config(path: Path = CONFIG, steps: int | None = None) -> SpeechTrainingConfig:
    """The configuration; `steps` overrides the file's, for a short or a long run."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    network = PhoneConfig(**{**data["network"], "dilations": tuple(data["network"]["dilations"])})
    config = SpeechTrainingConfig(**{**data, "network": network})
    return config if steps is None else replace(config, steps=steps)


def viseme_sums() -> Tensor:
    """(phones, visemes) of 0 and 1: which phones look alike."""
    names = list(VISEMES)
    return torch.eye(len(names))[[names.index(VISEME[label]) for label in LABELS]]


def what_follows(shards: dict[str, Shard]) -> Tensor:
    """(K, K): how often a phone (row) is followed by another; each voice counts the same."""
    follows = np.zeros((len(LABELS), len(LABELS)))
    for one in shards.values():
        at = np.flatnonzero(np.diff(one.labels))
        pairs = np.zeros_like(follows)
        np.add.at(pairs, (one.labels[at], one.labels[at + 1]), 1)
        follows += pairs / max(pairs.sum(), 1)
    return torch.from_numpy(follows / max(len(shards), 1)).float()


class SpeechTrainer(Run[PhoneNet]):
    """A run, with the clips that it hears."""

    def __init__(
        self, config: SpeechTrainingConfig, shards: dict[str, Shard], held_out: dict[str, Shard], folder: Path
    ) -> None:
        torch.manual_seed(config.seed)
        network = PhoneNet(config.network)
        matrices = [one for one in network.parameters() if one.ndim > 1]
        others = [one for one in network.parameters() if one.ndim == 1]
        groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
        super().__init__(network, torch.optim.AdamW(groups, betas=(0.9, 0.98)), folder)
        self.config, self.shards = config, shards
        self.sums = viseme_sums()
        self.follows = what_follows(shards)
        self.held_out = {
            name: [make_batch({name: one}, 16, HELD_OUT_SEED, at, at > 0) for at in range(HELD_OUT_BATCHES)]
            for name, one in held_out.items()
        }

    def start_from(self, weights: Path) -> None:
        """Weights of the same sizes from an earlier run; a run that is resumed goes on from its own. Raises OSError or
        RuntimeError where they do not fit."""
        known = load_file(weights)
        for network in (self.network, self.average):
            network.load_state_dict({name: known[name].float() for name in network.state_dict()})

    def train(self) -> None:
        """Runs to the configured number of steps, reporting and saving on the way."""
        self.resume()
        stream = batch_stream(self.shards, self.config.batch, self.config.seed, self.step)
        started, losses = time.monotonic(), []
        while self.step < self.config.steps:
            losses.append(self.one_step(next(stream)))
            if self.step % self.config.report_every == 0 or self.step == self.config.steps:
                self.report(losses, time.monotonic() - started)
                losses = []

    def loss(self, batch: Batch) -> Tensor:
        """Cross entropy of the phones and, with its weight, of what they look like."""
        delay = self.config.network.delay
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(torch.from_numpy(batch.bands))
        logits = logits.float()[:, delay:].flatten(0, 1)
        labels = torch.from_numpy(batch.labels).long()[:, :-delay].flatten()
        phones = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=self.config.smoothing)
        shown = torch.log(torch.softmax(logits, 1) @ self.sums + 1e-8)
        return phones + self.config.visemes * torch.nn.functional.nll_loss(shown, self.sums.argmax(1)[labels])

    def one_step(self, batch: Batch) -> float:
        """One optimiser step."""
        loss = self.loss(batch)
        self.optimiser.zero_grad()
        loss.backward()
        self.advance(self.config)
        return float(loss.detach())

    def report(self, losses: list[float], seconds: float) -> None:
        """Measures the averaged network on held-out voices, prints and saves."""
        row = {"step": self.step, "seconds": round(seconds, 1), "loss": float(np.mean(losses))}
        row |= {name: self.right(batches) for name, batches in self.held_out.items()}
        self.note(row)
        self.save()

    def right(self, batches: list[Batch]) -> float:
        """Share of frames, those that are silent and thought so aside, with the right viseme."""
        delay, shown, wanted = self.config.network.delay, [], []
        seen = self.sums.argmax(1)
        for batch in batches:
            with torch.no_grad():
                logits = self.average(torch.from_numpy(batch.bands))[:, delay:]
            shown.append((torch.softmax(logits, 2) @ self.sums).argmax(2).flatten())
            wanted.append(seen[torch.from_numpy(batch.labels).long()[:, :-delay]].flatten())
        found, true = torch.cat(shown), torch.cat(wanted)
        spoken = (found != 0) | (true != 0)
        return float((found == true)[spoken].float().mean())

    def save(self) -> None:
        """The run's state, to resume from, and the averaged weights as they would ship."""
        self.save_state()
        weights = {name: value.half().contiguous() for name, value in self.average.state_dict().items()}
        weights["follows"] = self.follows
        metadata = describe(self.config.network) | {"step": str(self.step)}
        save_file(weights, self.folder / "speech.safetensors", metadata=metadata)
