"""Trains the cloning network: seeded, resumable, with an exponential average of the weights."""

import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.networks.cloning_net import CloningConfig, CloningInput, CloningNet, describe
from backend.networks.diffusion_net import SurfaceTensors, surface_tensors
from backend.training.cloning_loss import Answer, cloning_loss
from backend.training.placement import place
from backend.training.run import Run
from backend.training.stream import head_stream, training_head
from backend.training.synthesise import TrainingHead
from backend.training.template import Template

CONFIG = Path(__file__).with_name("cloning.toml")
HELD_OUT_SEED = 1_000_003
SKIN = 0


@dataclass(frozen=True)
class Example:
    """A head ready for the network."""

    surface: SurfaceTensors
    answer: Answer
    head: TrainingHead


@dataclass(frozen=True)
class TrainingConfig:
    """See cloning.toml."""

    seed: int
    steps: int
    heads_per_step: int
    learning_rate: float
    warm_up_steps: int
    weight_decay: float
    gradient_limit: float
    average_decay: float
    pool: int
    steps_per_new_head: int
    held_out_heads: int
    makehuman_expressions: bool
    report_every: int
    network: CloningConfig


def read_config(path: Path = CONFIG, steps: int | None = None) -> TrainingConfig:
    """The configuration; `steps` overrides the file's, for a short or a long run."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    config = TrainingConfig(**{**data, "network": CloningConfig(**data["network"])})
    return config if steps is None else replace(config, steps=steps)


def prepare_example(head: TrainingHead) -> Example:
    """The head's tensors; see Answer for the weights."""
    mass = torch.from_numpy(head.operators.mass)
    answer = Answer(
        canonical=torch.from_numpy(head.canonical),
        shapes=torch.from_numpy(head.shapes).permute(1, 0, 2).contiguous(),
        parts=torch.from_numpy(head.parts),
        skin=torch.from_numpy(head.parts == SKIN),
        weight=0.5 * mass / mass.sum() + 0.5 / len(mass),
    )
    return Example(surface_tensors(head.operators), answer, head)


def usual_energy(templates: list[Template]) -> Tensor:
    """(53,): per channel the mean squared motion over a whole template, the scale of the shape error."""
    energies = [np.square(template.shapes).sum(2).mean(1) for template in templates]
    return torch.from_numpy(np.mean(energies, axis=0).astype(np.float32))


class Trainer(Run[CloningNet]):
    """A run, and its pool of heads."""

    def __init__(
        self, config: TrainingConfig, templates: list[Template], canonical_landmarks: np.ndarray, folder: Path
    ) -> None:
        torch.manual_seed(config.seed)
        network = CloningNet(config.network)
        optimiser = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
        super().__init__(network, optimiser, folder)
        self.config = config
        self.landmarks = canonical_landmarks
        self.templates = templates
        self.energy = usual_energy(templates)
        self.held_out = [
            prepare_example(training_head(templates, HELD_OUT_SEED, index)) for index in range(config.held_out_heads)
        ]
        self.pool: list[Example] = []

    def start_from(self, weights: Path) -> None:
        """Weights of the same sizes from an earlier run; a run that is resumed goes on from its own. Raises OSError or
        RuntimeError where they do not fit."""
        for network in (self.network, self.average):
            network.load_state_dict(load_file(weights))

    def train(self) -> None:
        """Runs to the configured number of steps, reporting and saving on the way."""
        self.resume()
        stream = self.fill_pool()
        started, terms = time.monotonic(), []
        with ThreadPoolExecutor(self.config.heads_per_step) as threads:
            while self.step < self.config.steps:
                terms.append(self.one_step(stream, threads))
                if self.step % self.config.report_every == 0:
                    self.report(terms, time.monotonic() - started)
                    terms = []

    def fill_pool(self) -> Iterator[TrainingHead]:
        """Fills the pool as it is at this step of an uninterrupted run, head h in place h modulo its size; returns the
        stream of the heads to come."""
        size = self.config.pool
        first = -(-self.step // self.config.steps_per_new_head)
        stream = head_stream(self.templates, self.config.seed, first, workers=2)
        filled = {(first + number) % size: prepare_example(next(stream)) for number in range(size)}
        self.pool = [filled[place_in_pool] for place_in_pool in range(size)]
        return stream

    def one_step(self, stream: Iterator[TrainingHead], threads: ThreadPoolExecutor) -> dict[str, float]:
        """One optimiser step on a few heads of the pool, one thread each."""
        random = np.random.default_rng([self.config.seed, 1, self.step])
        if self.step % self.config.steps_per_new_head == 0:
            self.pool[(self.step // self.config.steps_per_new_head) % len(self.pool)] = prepare_example(next(stream))
        chosen = random.choice(len(self.pool), self.config.heads_per_step, replace=False)
        inputs = [place(self.pool[i].head, self.landmarks, random) for i in chosen]
        results = list(threads.map(self._gradient, (self.pool[i] for i in chosen), inputs))
        for parameter, *grads in zip(self.network.parameters(), *(r[0] for r in results), strict=True):
            parameter.grad = torch.stack(grads).mean(0)
        self.advance(self.config)
        return {name: float(np.mean([r[1][name] for r in results])) for name in results[0][1]}

    def _gradient(self, example: Example, given: CloningInput) -> tuple[tuple[Tensor, ...], dict[str, float]]:
        loss, terms = cloning_loss(self.network(given, example.surface), example.answer, self.energy)
        return torch.autograd.grad(loss, list(self.network.parameters())), terms

    def report(self, terms: list[dict[str, float]], seconds: float) -> None:
        """Measures the averaged network on held-out heads, prints and saves."""
        row: dict[str, float] = {"step": self.step, "seconds": round(seconds, 1)}
        row |= {name: float(np.mean([t[name] for t in terms])) for name in terms[0]}
        row |= measure(self.average, self.held_out, self.templates, self.landmarks, self.energy)
        self.note(row)
        self.save()

    def save(self) -> None:
        """The run's state, to resume from, and the averaged weights as they would ship."""
        self.save_state()
        metadata = {name: str(value) for name, value in describe(self.config.network).items()}
        weights = {name: value.contiguous() for name, value in self.average.state_dict().items()}
        save_file(weights, self.folder / "cloning.safetensors", metadata={**metadata, "step": str(self.step)})


def measure(
    network: CloningNet, held_out: list[Example], templates: list[Template], landmarks: np.ndarray, energy: Tensor
) -> dict[str, float]:
    """On held-out heads, per family: mean cosine of the shapes and median error in millimetres of the canonical
    position."""
    figures: dict[str, list[float]] = {}
    for index, example in enumerate(held_out):
        family = templates[index % len(templates)].name
        given = place(example.head, landmarks, np.random.default_rng([HELD_OUT_SEED, index]))
        with torch.no_grad():
            output = network(given, example.surface)
        wanted, weight = example.answer.shapes, example.answer.weight[:, None]
        dot = (weight * (output.shapes * wanted).sum(2)).sum(0)
        size = [(weight * field.square().sum(2)).sum(0) for field in (output.shapes, wanted)]
        shown = size[1] > 0.1 * energy
        cosine = dot / torch.sqrt(size[0] * size[1]).clamp(min=1e-12)
        distance = (output.canonical - example.answer.canonical).norm(dim=1)[example.answer.skin]
        figures.setdefault(f"{family}_cosine", []).append(float(cosine[shown].mean()))
        figures.setdefault(f"{family}_mm", []).append(1000 * float(distance.median()))
    return {name: float(np.mean(values)) for name, values in figures.items()}
