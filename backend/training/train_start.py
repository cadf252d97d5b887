"""Trains the learned start of fits: seeded, resumable, with an exponential average of the weights.

    python -m backend.training.train_start --faces runs/faces --out runs/start [--steps 900]

runs/faces: as backend.training.face_pictures wrote it; the last tenth of the people is held out.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from backend.channels import ARKIT_NAMES
from backend.fitting.basis import LandmarkBasis, open_head_basis
from backend.fitting.learned_start import placed
from backend.geometry.similarity import apply_transform, fit_similarity
from backend.training.face_pictures import load_shards

SEED = 7
FEATURES, REST, HIDDEN = 120, 24, 256
RATE, DECAY, AVERAGE, BATCH = 1e-3, 5e-2, 0.99, 256
HELD_OUT = 0.1
CODE_SPREAD = 0.0015
"""Metres: how exactly identity codes follow the landmarks of a true neutral."""

FLOOR = 3.0
"""Millimetres over all landmarks: what varies less than this among people who were drawn may vary more among people."""

NOISE = 0.25
"""Standard deviation added to features, of their own."""

SAVE_EVERY = 300


@dataclass(frozen=True)
class Faces:
    """Rows of pictures. seen: (P, 1437) of placed(). people: (P,). weights: (P, 52). codes: (P, I). rest: (P, 1437) the
    person's placed() at rest, from the front; NaN where it was not found."""

    seen: np.ndarray
    people: np.ndarray
    weights: np.ndarray
    codes: np.ndarray
    rest: np.ndarray


def read_faces(folder: Path) -> Faces:
    """All shards of a folder."""
    basis, parts = open_head_basis(), []
    for number, shard in enumerate(load_shards(folder)):
        seen, people = placed(shard["seen"]), shard["people"]
        count = len(shard["neutrals"])
        codes = np.stack([identity_code(basis, neutral) for neutral in shard["neutrals"]])
        first = people.min() // count * count
        rest = np.full((count, seen.shape[1]), np.nan)
        frontal = ~shard["weights"].any(1)
        rest[people[frontal] - first] = seen[frontal]
        parts.append((seen, people, shard["weights"], codes[people - first], rest[people - first]))
        del number
    return Faces(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def unseen_directions(basis: LandmarkBasis) -> np.ndarray:
    """(1404, 7) orthonormal: moves of all landmarks together, turns and growth, of which a photograph says nothing."""
    mean = basis.mean[:468]
    moves = [np.tile(axis, (468, 1)).ravel() for axis in np.eye(3)]
    turns = [np.cross(np.tile(axis, (468, 1)), mean).ravel() for axis in np.eye(3)]
    return np.linalg.qr(np.stack([*moves, *turns, (mean - mean.mean(0)).ravel()], 1))[0]


def identity_code(basis: LandmarkBasis, neutral: np.ndarray) -> np.ndarray:
    """(I,) the open head's nearest to landmarks (478, 3) of a neutral, up to a similarity."""
    mean, away = basis.mean[:468], unseen_directions(basis)
    modes = basis.identity[:, :468].reshape(len(basis.identity), -1).T
    modes = modes - away @ (away.T @ modes)
    points = neutral[:468].astype(np.float64)
    moved = (apply_transform(fit_similarity(points, mean), points) - mean).ravel()
    moved -= away @ (away.T @ moved)
    return np.linalg.solve(modes.T @ modes + CODE_SPREAD**2 * np.eye(modes.shape[1]), modes.T @ moved)


class Net(nn.Module):
    """Two hidden layers beside a linear way."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        last = nn.Linear(HIDDEN, outputs)
        nn.init.zeros_(last.weight)
        self.layers = nn.ModuleList([nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, HIDDEN), last])
        self.skip = nn.Linear(inputs, outputs, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, outputs)."""
        hidden = inputs
        for layer in self.layers[:2]:
            hidden = nn.functional.dropout(nn.functional.leaky_relu(layer(hidden), 0.1), 0.1, self.training)
        return self.layers[2](hidden) + self.skip(inputs)


class Training:
    """The networks, what they are trained on, and how far they are."""

    def __init__(self, faces: Faces, steps: int) -> None:
        """Splits by person and whitens."""
        self.faces, self.steps, self.step = faces, steps, 0
        people = np.unique(faces.people)
        self.held = faces.people >= people[int(len(people) * (1 - HELD_OUT))]
        train = faces.seen[~self.held]
        self.middle = train.mean(0)
        _, strengths, axes = np.linalg.svd(train - self.middle, full_matrices=False)
        spread = np.hypot(strengths[:FEATURES] / np.sqrt(len(train)), FLOOR)
        self.basis = axes[:FEATURES].T / spread
        features = self.featured(faces.seen)
        rests = self.featured(np.where(np.isfinite(faces.rest), faces.rest, self.middle))[:, :REST]
        tensors = (features, faces.weights, faces.codes, rests)
        self.features, self.weights, self.codes, self.rests = (
            torch.tensor(one, dtype=torch.float32) for one in tensors
        )
        self.known_rest = torch.tensor(np.isfinite(faces.rest[:, 0]))
        torch.manual_seed(SEED)
        self.who = Net(FEATURES, faces.codes.shape[1] + REST)
        self.what = Net(FEATURES + REST, len(ARKIT_NAMES))
        parameters = [*self.who.parameters(), *self.what.parameters()]
        self.optimiser = torch.optim.AdamW(parameters, RATE, weight_decay=DECAY)
        self.average = {key: value.clone() for key, value in self.state().items()}
        basis, away = open_head_basis(), unseen_directions(open_head_basis())
        modes = basis.identity[:, :468].reshape(len(basis.identity), -1).T
        self.modes = torch.tensor((modes - away @ (away.T @ modes)) * 1e3 / np.sqrt(468), dtype=torch.float32)
        self.loudness = torch.tensor(1 / np.maximum(faces.weights[~self.held].std(0), 0.1), dtype=torch.float32)

    def featured(self, seen: np.ndarray) -> np.ndarray:
        """(P, FEATURES) whitened."""
        return np.clip((seen - self.middle) @ self.basis, -5, 5)

    def state(self) -> dict[str, Tensor]:
        """All weights by name."""
        both = (("who", self.who), ("what", self.what))
        return {f"{name}.{key}": value.detach() for name, net in both for key, value in net.state_dict().items()}

    def loss(self, rows: Tensor, random: torch.Generator) -> Tensor:
        """Of pictures: landmarks of the neutral in millimetres, the face at rest, the weights."""
        features = self.features[rows] + NOISE * torch.randn((len(rows), FEATURES), generator=random)
        answer = self.who(features)
        count = self.codes.shape[1]
        missed = (answer[:, :count] - self.codes[rows]) @ self.modes.T
        identity = missed.square().sum(1).mean() + 0.02 * (answer[:, :count] - self.codes[rows]).square().mean()
        rest = ((answer[:, count:] - self.rests[rows]).square().mean(1) * self.known_rest[rows]).mean()
        # at work the face at rest is a mean of guesses: between the truth and one guess
        share = torch.rand((len(rows), 1), generator=random)
        given = share * self.rests[rows] + (1 - share) * answer[:, count:].detach()
        shown = self.what(torch.cat([features, given], 1))
        expression = ((shown - self.weights[rows]) * self.loudness).square().mean()
        return 0.3 * identity + 0.5 * rest + expression

    def train(self, place: Path) -> None:
        """On to the last step; the state is kept in place."""
        rows = torch.tensor(np.flatnonzero(~self.held))
        while self.step < self.steps:
            random = torch.Generator().manual_seed(SEED * 1_000_003 + self.step)
            for group in self.optimiser.param_groups:
                group["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * self.step / self.steps))
            batch = rows[torch.randint(len(rows), (BATCH,), generator=random)]
            self.who.train()
            self.what.train()
            loss = self.loss(batch, random)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.step += 1
            decay = min(AVERAGE, self.step / (self.step + 10))
            for key, value in self.state().items():
                self.average[key].lerp_(value, 1 - decay)
            if self.step % SAVE_EVERY == 0 or self.step == self.steps:
                print(self.step, f"{loss.item():.3f}", json.dumps(self.measure()), flush=True)
                torch.save(self.checkpoint(), place)

    def checkpoint(self) -> dict[str, object]:
        """What a run goes on from."""
        return {
            "step": self.step, "who": self.who.state_dict(), "what": self.what.state_dict(),
            "optimiser": self.optimiser.state_dict(), "average": self.average,
        }  # fmt: skip

    def resume(self, place: Path) -> None:
        """From a checkpoint."""
        kept = torch.load(place, weights_only=True)
        self.step, self.average = kept["step"], kept["average"]
        self.who.load_state_dict(kept["who"])
        self.what.load_state_dict(kept["what"])
        self.optimiser.load_state_dict(kept["optimiser"])

    def arrays(self) -> dict[str, np.ndarray]:
        """The averaged networks as learned_start reads them, in half precision but for the whitening."""
        named = {
            key.replace(".layers", ""): np.ascontiguousarray(value.numpy(), np.float16)
            for key, value in self.average.items()
        }
        return named | {
            "middle": self.middle.astype(np.float32),
            "basis": np.ascontiguousarray(self.basis, np.float16),
            "modes": np.array([self.codes.shape[1]], np.int32),
        }

    def measure(self) -> dict[str, float]:
        """On the held-out people: millimetres of the neutral's landmarks (root mean square) beside the mean face's, by
        family and over a person's pictures; mean correlation of the channels."""
        from backend.fitting.learned_start import LearnedStart

        arrays = {key: value.astype(np.float32) for key, value in self.arrays().items()}
        start, faces, held = LearnedStart(arrays), self.faces, self.held
        codes, rest = start.neutral(faces.seen[held])
        people = faces.people[held]
        modes = self.modes.numpy()
        result = {}
        mean_codes, shown = np.zeros_like(codes), np.zeros((len(codes), len(ARKIT_NAMES)))
        for person in np.unique(people):
            own = people == person
            mean_codes[own] = codes[own].mean(0)
            shown[own] = start.expression(faces.seen[held][own], rest[own].mean(0))
        for family, name in enumerate(("ict", "makehuman")):
            own = people % 2 == family
            true = faces.codes[held][own]
            for label, guess in (("mean", 0 * true), ("one", codes[own]), ("all", mean_codes[own])):
                result[f"{name} {label}"] = round(float(np.sqrt((((guess - true) @ modes.T) ** 2).sum(1)).mean()), 3)
        single = np.concatenate([start.expression(faces.seen[held][k : k + 1], rest[k]) for k in range(len(rest))])
        for label, guess in (("channels", shown), ("channels, one", single)):
            pairs = [np.corrcoef(guess[:, k], faces.weights[held][:, k])[0, 1] for k in range(guess.shape[1])]
            result[label] = round(float(np.nanmean(pairs)), 3)
        return result


def main() -> None:
    """Trains, from where a run in --out ended, and writes the weights there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=900)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    training = Training(read_faces(options.faces), options.steps)
    print(f"{len(training.features)} pictures, {int(training.held.sum())} held out", flush=True)
    if (options.out / "state.pt").exists():
        training.resume(options.out / "state.pt")
    training.train(options.out / "state.pt")
    save_file(training.arrays(), options.out / "face_start.safetensors")
    figures = training.measure() | {"pictures": len(training.features), "people": len(np.unique(training.faces.people))}
    (options.out / "measured.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
