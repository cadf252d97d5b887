"""What trainers share: a network with an exponential average of its weights, a schedule, and a state to resume from."""

import copy
import json
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch

Network = TypeVar("Network", bound=torch.nn.Module)


class Schedule(Protocol):
    """What a configuration says of the steps."""

    @property
    def steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def warm_up_steps(self) -> int: ...
    @property
    def gradient_limit(self) -> float: ...
    @property
    def average_decay(self) -> float: ...


def learning_rate(schedule: Schedule, step: int) -> float:
    """Linear warm-up, then a cosine to one hundredth."""
    warm = min(1.0, (step + 1) / schedule.warm_up_steps)
    turn = 0.5 * (1 + np.cos(np.pi * step / schedule.steps))
    return float(schedule.learning_rate * warm * (0.01 + 0.99 * turn))


class Run(Generic[Network]):
    """The state of one run: network, its average, optimiser, history of what was measured."""

    def __init__(self, network: Network, optimiser: torch.optim.Optimizer, folder: Path) -> None:
        self.network, self.optimiser, self.folder = network, optimiser, folder
        self.average = copy.deepcopy(network)
        self.step = 0
        self.history: list[dict[str, float]] = []

    def advance(self, schedule: Schedule) -> None:
        """One step along the gradients that the network has."""
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), schedule.gradient_limit)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(schedule, self.step)
        self.optimiser.step()
        self.step += 1
        decay = min(schedule.average_decay, self.step / (self.step + 10))
        with torch.no_grad():
            for mean, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(parameter, 1 - decay)

    def note(self, row: dict[str, float]) -> None:
        """Keep and print what was measured."""
        self.history.append(row)
        print(json.dumps({name: round(value, 4) for name, value in row.items()}), flush=True)

    def save_state(self) -> None:
        """To resume from, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "history": self.history,
        }
        torch.save(state, self.folder / "state.partial")
        (self.folder / "state.partial").replace(self.folder / "state.pt")
        (self.folder / "history.json").write_text(json.dumps(self.history, indent=1), encoding="utf-8")

    def resume(self) -> None:
        """Go on from the state in the folder, where there is one."""
        path = self.folder / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history = state["step"], state["history"]
