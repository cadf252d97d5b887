"""Trains the published network of speech on recordings with codes: seeded, resumable, saved as its authors save it."""

import time
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, l1_loss

from backend.networks.speech_codes import CODE, JAW, LABELS, SpeechCodes
from backend.output import write_whole
from backend.training.code_clips import CodeClip, code_range
from backend.training.run import Run

CONFIG = Path(__file__).with_name("speech_codes.toml")
SECOND = 31
"""Frames over which the emotion that the voice is compared with is averaged, as the authors do."""

FRONT = 256
"""Windows that wav2vec hears at a time."""

CHECKPOINT = "speech_codes.pth"


@dataclass(frozen=True)
class CodesConfig:
    """See speech_codes.toml."""

    seed: int
    steps: int
    batch: int
    longest: int
    learning_rate: float
    warm_up_steps: int
    gradient_limit: float
    average_decay: float
    jaw: float
    change: float
    emotion: float
    silent_jaw: float
    report_every: int


@dataclass(frozen=True)
class CodesBatch:
    """B crops of T frames. features: (B, T, 3, 512) of wav2vec. codes: (B, T, 56) in -1..1. logits: (B, T, 7), zero
    where not known (B,). silent: (B, T)."""

    features: Tensor
    codes: Tensor
    logits: Tensor
    known: Tensor
    silent: Tensor


def read_config(path: Path = CONFIG, steps: int | None = None) -> CodesConfig:
    """The configuration; `steps` overrides the file's."""
    config = CodesConfig(**tomllib.loads(path.read_text(encoding="utf-8")))
    return config if steps is None else replace(config, steps=steps)


class CodesTrainer(Run[SpeechCodes]):
    """One run. network: with wav2vec's convolutions in place, which stay as they are, and the rest random or of an
    earlier run."""

    def __init__(self, config: CodesConfig, clips: list[CodeClip], network: SpeechCodes, folder: Path) -> None:
        network.requires_grad_(True).train()
        network.fea_extractor.requires_grad_(False)
        network.style_layer.mask_ebd.requires_grad_(False)
        learning = [one for one in network.parameters() if one.requires_grad]
        super().__init__(network, torch.optim.Adam(learning), folder)
        self.config, self.clips = config, clips
        self.low, self.high = code_range(clips)
        self.features = [self._heard(clip.windows) for clip in clips]

    def train(self) -> None:
        """Runs, or goes on, to the configured number of steps; reports and saves on the way."""
        self.resume()
        started, losses = time.monotonic(), []
        while self.step < self.config.steps:
            losses.append(self.one_step(self.batch(self.step)))
            if self.step % self.config.report_every == 0 or self.step == self.config.steps:
                self.note({"step": self.step, "loss": float(np.mean(losses)), "seconds": time.monotonic() - started})
                losses = []
                self.save()

    def batch(self, number: int) -> CodesBatch:
        """The crops of a step: the same in every run of a seed."""
        random = np.random.default_rng([self.config.seed, number])
        chosen = random.integers(0, len(self.clips), self.config.batch)
        count = min(self.config.longest, *(len(self.clips[at].codes) for at in chosen))
        rows = []
        for at in chosen:
            clip = self.clips[at]
            start = int(random.integers(0, len(clip.codes) - count + 1))
            part = slice(start, start + count)
            codes = 2 * (clip.codes[part] - self.low) / (self.high - self.low) - 1
            logits = np.zeros((count, len(LABELS)), np.float32) if clip.logits is None else clip.logits[part]
            told = (codes, logits, np.array(clip.logits is not None), clip.silent[part])
            rows.append((self.features[at][part].float(), *(torch.as_tensor(one) for one in told)))
        features, codes, logits, known, silent = (torch.stack(one) for one in zip(*rows, strict=True))
        return CodesBatch(features, codes.float(), logits, known, silent)

    def one_step(self, batch: CodesBatch) -> float:
        """Learns from a batch; returns its loss."""
        loss = self.loss(batch)
        self.optimiser.zero_grad()
        loss.backward()
        self.advance(self.config)
        return float(loss.detach())

    def loss(self, batch: CodesBatch) -> Tensor:
        """Codes, their change, what is heard of the emotion, and a jaw that is shut in silence. Where the emotion of a
        clip is known, it is given to the network; elsewhere neutral speech is compared."""
        config, network = self.config, self.network
        heard = network.wav_layer(batch.features.flatten(0, 1)).unflatten(0, batch.codes.shape[:2])
        style = network.style_layer(heard)[:, None].expand(-1, heard.shape[1], -1)
        spoken = network.speak(heard, style)
        made = torch.where(batch.known[:, None, None], network.act(spoken, batch.logits), spoken)
        weight = torch.ones(CODE)
        weight[JAW] = config.jaw
        loss = ((made - batch.codes).abs() * weight).mean()
        loss = loss + config.change * ((made.diff(dim=1) - batch.codes.diff(dim=1)).abs() * weight).mean()
        shut = float(2 * (0 - self.low[JAW]) / (self.high[JAW] - self.low[JAW]) - 1)
        quiet = batch.silent.float()
        opening = ((made[..., JAW] - shut).abs() * quiet).sum() / quiet.sum().clamp(min=1)
        loss = loss + config.silent_jaw * opening
        if batch.known.any():
            felt = network.pred_layer(heard.detach())[batch.known]
            loss = loss + config.emotion * l1_loss(felt, averaged(batch.logits[batch.known]))
        return loss

    def save(self) -> None:
        """The checkpoint with the averaged weights, which speak reads, and what a resumed run needs."""
        content = {
            "model": self.average.state_dict(),
            "epoch": self.step,
            "model-config": [len(LABELS), CODE, "", 0.0, None, 0],
            "trainer-config": {"seed": self.config.seed},
            "norm": {"min": torch.as_tensor(self.low), "max": torch.as_tensor(self.high)},
        }
        self.save_state()
        write_whole(self.folder / CHECKPOINT, ".pth", lambda path: torch.save(content, path))

    def _heard(self, windows: np.ndarray) -> Tensor:
        """(T, 3, 512) in half precision: wav2vec does not change, so every clip is heard once."""
        with torch.no_grad():
            parts = torch.as_tensor(windows).split(FRONT)
            return torch.cat([self.network.fea_extractor(part).half() for part in parts])


def averaged(logits: Tensor) -> Tensor:
    """(B, T, 7) each over SECOND frames, fewer at the ends."""
    pooled = avg_pool1d(logits.transpose(1, 2), SECOND, 1, SECOND // 2, count_include_pad=False)
    return pooled.transpose(1, 2)
