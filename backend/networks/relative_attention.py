"""Transformer blocks that know how far apart two frames are (Shaw et al. 2018), with the weights' names of a published
network of speech."""

import torch
from torch import Tensor, nn

FARTHEST = 16
"""Frames; what is farther apart counts as being so far apart."""


class StyleBlock(nn.Module):
    """Attention of one head and two linear layers, each after a normalisation and added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = RelativeAttention(width)
        self.input_sublayer = Sublayer(width)
        self.feed_forward = FeedForward(width, 4 * width)
        self.output_sublayer = Sublayer(width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width)."""
        hidden = hidden + self.attention(self.input_sublayer.norm(hidden))
        return hidden + self.feed_forward(self.output_sublayer.norm(hidden))


class Sublayer(nn.Module):
    """Holds the normalisation before a layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = UnbiasedNorm(width)


class UnbiasedNorm(nn.Module):
    """Layer normalisation by the unbiased standard deviation, to which epsilon is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(width))
        self.b_2 = nn.Parameter(torch.zeros(width))

    def forward(self, hidden: Tensor) -> Tensor:
        """(..., width)."""
        centred = hidden - hidden.mean(-1, keepdim=True)
        return self.a_2 * centred / (hidden.std(-1, keepdim=True) + 1e-6) + self.b_2


class FeedForward(nn.Module):
    """Two linear layers with GELU, in its approximation by tanh, between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.w_1 = nn.Linear(width, inner)
        self.w_2 = nn.Linear(inner, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(..., width)."""
        return self.w_2(nn.functional.gelu(self.w_1(hidden), approximate="tanh"))


class RelativeAttention(nn.Module):
    """Attention whose keys and values depend on how far apart two frames are, too."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.relative_position_k = Distances(width)
        self.relative_position_v = Distances(width)
        self.fc_q, self.fc_k, self.fc_v, self.fc_o = (nn.Linear(width, width) for _ in range(4))

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width). Neither keys nor values are spread out over pairs of frames: the queries meet the table
        once for every distance, and the weights of a distance are summed before they meet it."""
        query, key, value = self.fc_q(hidden), self.fc_k(hidden), self.fc_v(hidden)
        distance = self._distances(hidden.shape[1], hidden.device).expand(len(hidden), -1, -1)
        by_distance = query @ self.relative_position_k.embeddings_table.T
        scores = query @ key.transpose(1, 2) + by_distance.gather(2, distance)
        shares = (scores / hidden.shape[2] ** 0.5).softmax(-1)
        summed = torch.zeros_like(by_distance).scatter_add(2, distance, shares)
        return self.fc_o(shares @ value + summed @ self.relative_position_v.embeddings_table)

    @staticmethod
    def _distances(count: int, device: torch.device) -> Tensor:
        """(1, T, T) rows of the tables: how many frames the key is behind the query."""
        place = torch.arange(count, device=device)
        return (place - place[:, None]).clamp(-FARTHEST, FARTHEST)[None] + FARTHEST


class Distances(nn.Module):
    """A vector for every distance from -FARTHEST to FARTHEST."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embeddings_table = nn.Parameter(torch.empty(2 * FARTHEST + 1, width))
        nn.init.xavier_uniform_(self.embeddings_table)
