"""Which of many controls are enough."""

import numpy as np

from backend.rigs.solve import SMALL, Spans

MOST = 160
"""Controls that are solved for at most."""


def telling(free: Spans, gram: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """(n,) numbers of the free controls, at most MOST, that together come nearest to channels (T, C).

    gram: (K + C, K + C) products of what a unit of each control and channel does. Forward selection: each next one
    takes away most of what those before it leave, counting what it costs to go far (orthogonal least squares, Chen,
    Billings and Luo 1989).
    """
    count = len(gram) - channels.shape[1]
    rows = np.concatenate([free.control, np.arange(count, len(gram))])
    scale = np.concatenate([free.span, np.ones(channels.shape[1])])
    left = gram[np.ix_(rows, rows)] * np.outer(scale, scale)
    covariance = channels.T @ channels / max(len(channels), 1)
    size = len(free.control)
    cost = SMALL**2 * float((covariance * gram[count:, count:]).sum()) + 1e-300
    chosen: list[int] = []
    open_ = np.ones(size, bool)
    for _ in range(min(MOST, size)):
        across = left[:size, size:]
        gain = ((across @ covariance) * across).sum(1) / (np.diag(left)[:size] + cost)
        best = int(np.where(open_, gain, -1.0).argmax())
        if gain[best] <= 0:
            break
        chosen.append(best)
        open_[best] = False
        left = left - np.outer(left[:, best], left[best]) / (left[best, best] + cost)
    return np.array(chosen, np.int64)
