"""From sound to FLAME's codes, with an emotion on top (arXiv 2301.02008, the model "tf_emo_4"): the published
architecture, with the names of its weights."""

import torch
from torch import Tensor, nn

from backend.networks.relative_attention import StyleBlock
from backend.networks.wav2vec_front import CHANNELS, Wav2vecFront

EXPRESSION, POSE = 50, 6
"""Numbers of a code, in order: FLAME's expression, the head's rotation, the jaw's rotation."""

CODE = EXPRESSION + POSE
JAW = EXPRESSION + 3
"""How far the jaw opens, radians."""

LABELS = ("NEU", "HAP", "SAD", "SUR", "FEA", "DIS", "ANG")
"""The emotions in the order of the network's seven channels."""

FPS = 30.0
WINDOW = 1066
"""Samples at 16 kHz that a frame hears: its own and those of the frame before it."""

HEARD = 3
"""Features of a window."""

WIDTH, STYLE = 128, 64
STRONGEST = 2.0
"""Of what the network says of an emotion."""


class SpeechCodes(nn.Module):
    """Frames of B recordings: forward does all; its steps, for long recordings, are the other methods."""

    def __init__(self) -> None:
        super().__init__()
        self.fea_extractor = Wav2vecFront()
        self.wav_layer = WindowLayer()
        self.pred_layer = EmotionLayer()
        self.style_layer = StyleLayer()
        self.param_predictor = CodeLayers(STYLE + WIDTH)
        self.param_fixer = EmotionalCodes()
        self.emo_ebd_layer = EmotionTable()

    def forward(self, windows: Tensor, logits: Tensor | None = None, emotional: bool = True) -> tuple[Tensor, Tensor]:
        """Codes (B, T, 56) in -1..1 and the logits (B, T, 7) of LABELS in them, of windows (B, T, 1066).

        logits: instead of what the voice says. emotional: else the codes are neutral, and the logits what was heard.
        """
        heard = self.hear(windows.flatten(0, 1)).unflatten(0, windows.shape[:2])
        felt = self.pred_layer(heard.detach()) if logits is None else logits
        spoken = self.speak(heard, self.style_layer(heard)[:, None].expand(-1, heard.shape[1], -1))
        return (self.act(spoken, felt) if emotional else spoken), felt

    def hear(self, windows: Tensor) -> Tensor:
        """(B, 128) of windows (B, 1066)."""
        return self.wav_layer(self.fea_extractor(windows))

    def speak(self, heard: Tensor, style: Tensor) -> Tensor:
        """Neutral codes (B, T, 56) of what was heard (B, T, 128) in a style (B, T, 64)."""
        return self.param_predictor(torch.cat([heard, style], 2))

    def act(self, spoken: Tensor, logits: Tensor) -> Tensor:
        """Codes (B, T, 56) with the emotion of logits (B, T, 7) added to neutral ones."""
        return self.param_fixer(spoken, self.emo_ebd_layer(logits))


class WindowLayer(nn.Module):
    """A vector of a window's features."""

    def __init__(self) -> None:
        super().__init__()
        self.den1 = nn.Linear(HEARD * CHANNELS, 2 * WIDTH)
        self.norm = nn.LayerNorm(2 * WIDTH)
        self.den2 = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, features: Tensor) -> Tensor:
        """(B, 128) of (B, 3, 512)."""
        return self.den2(self.norm(nn.functional.relu(self.den1(features.flatten(1)))))


class EmotionLayer(nn.Module):
    """What the voice feels: an LSTM in both directions. The one that goes forward counts the more the later it is."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True, proj_size=len(LABELS))

    def forward(self, heard: Tensor) -> Tensor:
        """(B, T, 7) within -2..2 of (B, T, 128)."""
        forward, backward = self.lstm(heard)[0].chunk(2, 2)
        late = torch.linspace(0, 1, heard.shape[1], device=heard.device)[:, None]
        return STRONGEST * (late * forward + (1 - late) * backward)


class StyleLayer(nn.Module):
    """How somebody speaks: a token that has looked at all frames."""

    def __init__(self) -> None:
        super().__init__()
        self.mask_ebd = nn.Parameter(torch.empty(1, 1, WIDTH), requires_grad=False)
        self.blocks = nn.ModuleList(StyleBlock(WIDTH) for _ in range(4))
        self.den = nn.Linear(WIDTH, STYLE)
        nn.init.xavier_uniform_(self.mask_ebd)

    def forward(self, heard: Tensor) -> Tensor:
        """(B, 64) of (B, T, 128)."""
        hidden = torch.cat([self.mask_ebd.expand(len(heard), -1, -1), heard], 1)
        for block in self.blocks:
            hidden = block(hidden)
        return self.den(hidden[:, 0])


class CodeLayers(nn.Module):
    """Codes of frames, each from itself and its two neighbours."""

    def __init__(self, entering: int) -> None:
        super().__init__()
        self.convs = _convolutions(entering)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, 56) of (B, T, entering)."""
        return self.convs(hidden.transpose(1, 2)).transpose(1, 2)


class EmotionalCodes(nn.Module):
    """What an emotion adds to neutral codes."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(CODE + WIDTH)
        self.convs = _convolutions(CODE + WIDTH)

    def forward(self, spoken: Tensor, emotion: Tensor) -> Tensor:
        """(B, T, 56) of codes (B, T, 56) and emotions (B, T, 128)."""
        hidden = self.norm(torch.cat([spoken, emotion], 2))
        return spoken + self.convs(hidden.transpose(1, 2)).transpose(1, 2)


class EmotionTable(nn.Module):
    """A vector for every emotion; logits, which may be negative, say how much of each there is."""

    def __init__(self) -> None:
        super().__init__()
        self.style_embedding = nn.Parameter(torch.empty(1, len(LABELS), WIDTH))
        nn.init.xavier_normal_(self.style_embedding)

    def forward(self, logits: Tensor) -> Tensor:
        """(B, T, 128) of (B, T, 7)."""
        return logits @ self.style_embedding


def _convolutions(entering: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(entering, WIDTH, 1),
        nn.ReLU(),
        nn.Conv1d(WIDTH, WIDTH, 3, padding=1, groups=8),
        nn.ReLU(),
        nn.Conv1d(WIDTH, CODE, 1),
    )
