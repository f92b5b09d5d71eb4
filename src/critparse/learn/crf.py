"""A linear-chain conditional random field over tags, to train; decoding needs no torch: ``nlp.encoder.crf``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from critparse.nlp.encoder.tags import TagSet

_NEVER = -1e4


class ConditionalRandomField(nn.Module):
    """Scores of tag sequences: what the words say, and which tag follows which. Impossible steps stay impossible."""

    def __init__(self, tags: TagSet) -> None:
        super().__init__()
        count = len(tags)
        self.transitions = nn.Parameter(torch.zeros(count, count))
        self.starts = nn.Parameter(torch.zeros(count))
        self.ends = nn.Parameter(torch.zeros(count))
        follows = [[0.0 if tags.may_follow(a, b) else _NEVER for b in range(count)] for a in range(count)]
        self.register_buffer("never_follows", torch.tensor(follows))
        self.register_buffer("never_starts", torch.tensor([0.0 if tags.may_start(t) else _NEVER for t in range(count)]))
        self.register_buffer("never_ends", torch.tensor([0.0 if tags.may_end(t) else _NEVER for t in range(count)]))

    def scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions, starts and ends with the impossible ones ruled out."""
        return (
            self.transitions + self.never_follows,
            self.starts + self.never_starts,
            self.ends + self.never_ends,
        )

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """The negative log-likelihood of the batch's tags, summed. Shapes: (B, W, tags), (B, W), (B, W)."""
        return (self._total(emissions, mask) - self._score(emissions, tags, mask)).sum()

    def _total(self, emissions: Tensor, mask: Tensor) -> Tensor:
        transitions, starts, ends = self.scores()
        alpha = starts + emissions[:, 0]
        for place in range(1, emissions.shape[1]):
            further = torch.logsumexp(alpha.unsqueeze(2) + transitions, dim=1) + emissions[:, place]
            alpha = torch.where(mask[:, place, None], further, alpha)
        return torch.logsumexp(alpha + ends, dim=1)

    def _score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        transitions, starts, ends = self.scores()
        said = emissions.gather(2, tags.unsqueeze(2)).squeeze(2) * mask
        steps = transitions[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]
        last = tags.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)
        return said.sum(1) + steps.sum(1) + starts[tags[:, 0]] + ends[last]
