"""A linear-chain conditional random field: probabilities of whole sequences of labels (Lafferty, McCallum & Pereira
2001), over a recurrent network's scores (Lample et al. 2016, "Neural Architectures for Named Entity Recognition").

    s(y) = a[y_1] + sum_t e_t[y_t] + sum_t A[y_{t-1}, y_t] + b[y_T]        p(y) = exp s(y) / Z,  Z = sum_y exp s(y)

Glossary
    B  batch            T  time (tokens)    C  labels
    e  scores (B, T, C) of each token's labels, from the network
    A  transitions (C, C), from a label to the next
    a  start (C,)       b  end (C,)

Labels of some tokens may be unknown, as those of a word's pieces after the first. All that they could be is summed
over (Tsuboi et al. 2008, "Training Conditional Random Fields Using Incomplete Annotations"):

    log p(known labels) = log Z(labels that agree with the known ones) - log Z(all)

A transition joins neighbouring tokens. Where unknown ones stand between two words, less is learnt of which labels of
words follow each other: a CRF does most where each word is one token.

Sums and differences are float32 or float64, whatever the dtype of the model. Padding may be anywhere and has no part.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NO_LABEL = -100
# The scores are this many times the parameters: Adam takes equal steps for all weights, and at the network's own rate
# these few would end far from what the labels say.
STEP = 10.0


class CRF(nn.Module):
    """Scores of the first label, the last one, and of each label after another.

    The parameters are these scores divided by `STEP`. They start at zero: then the labels are independent, with the
    softmax of the network's scores as probabilities.

    In all methods `scores` are (B, T, C), and `mask` (B, T) bool is false at padding; every row needs a token.
    """

    def __init__(self, num_labels: int):
        super().__init__()
        self.start = nn.Parameter(torch.empty(num_labels))
        self.transitions = nn.Parameter(torch.empty(num_labels, num_labels))
        self.end = nn.Parameter(torch.empty(num_labels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def learnt(self, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """a (C,), A (C, C) and b (C,), in the dtype of `scores`."""
        start, transitions, end = (STEP * parameter.to(scores) for parameter in self.parameters())
        return start, transitions, end

    def loss(self, scores: Tensor, mask: Tensor, labels: Tensor, number: Tensor | int | None = None) -> Tensor:
        """The sum of `nats` over `number`, by default the number of known labels."""
        return self.nats(scores, mask, labels).sum() / ((labels != NO_LABEL).sum() if number is None else number)

    # torch.compile would unroll the loops over time, and compile them again for every length.
    @torch.compiler.disable
    def nats(self, scores: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """(B,), the negative log-likelihood of the known labels of each row; 0 if it has none.

        Args:
            labels: (B, T), `NO_LABEL` at tokens whose label is unknown, and at padding.

        Raises:
            IndexError: a label is not below C (on a CPU), as from `cross_entropy`.
        """
        scores = wide(scores)
        unknown = labels == NO_LABEL
        others = scores.new_full((scores.shape[-1],) * 2, float("-inf")).fill_diagonal_(0)
        agree = F.embedding(labels.masked_fill(unknown, 0), others).masked_fill(unknown.unsqueeze(-1), 0)  # (B, T, C)
        every, known = self._log_z(torch.cat([scores, scores + agree]), torch.cat([mask, mask])).chunk(2)
        return every - known

    @torch.compiler.disable
    def log_marginals(self, scores: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C), the log-probability of each label at each token, by the forward-backward algorithm; 0 at
        padding."""
        scores = wide(scores)
        start, transitions, end = self.learnt(scores)
        before = self._arriving(scores, mask, start, transitions, torch.logsumexp)
        after = self._arriving(scores.flip(1), mask.flip(1), end, transitions.T, torch.logsumexp).flip(1)
        return (before + scores + after).log_softmax(-1).masked_fill(~mask.unsqueeze(-1), 0)

    @torch.compiler.disable
    @torch.no_grad()
    def best(self, scores: Tensor, mask: Tensor) -> Tensor:
        """(B, T), the most likely sequence of labels, by the Viterbi algorithm; `NO_LABEL` at padding."""
        scores = wide(scores)
        start, transitions, end = self.learnt(scores)
        here = scores + self._arriving(scores, mask, start, transitions, torch.amax)
        after = end.expand_as(here[:, 0])  # (B, C), of the label that follows
        labels = torch.full(mask.shape, NO_LABEL, device=scores.device)
        for t in reversed(range(mask.shape[1])):
            own = (here[:, t] + after).argmax(-1)
            after = torch.where(mask[:, t, None], transitions.T[own], after)
            labels[:, t] = torch.where(mask[:, t], own, NO_LABEL)
        return labels

    def _log_z(self, scores: Tensor, mask: Tensor) -> Tensor:
        """(B,), the logarithm of the sum over all sequences of labels."""
        start, transitions, end = self.learnt(scores)
        here = scores + self._arriving(scores, mask, start, transitions, torch.logsumexp)
        last = mask.long().cumsum(1).argmax(1)  # (B,), the last token
        return (here[torch.arange(len(last), device=last.device), last] + end).logsumexp(-1)

    @staticmethod
    def _arriving(
        scores: Tensor, mask: Tensor, first: Tensor, transitions: Tensor, reduce: Callable[..., Tensor]
    ) -> Tensor:
        """(B, T, C), the sum or maximum over all that precedes a token with each of its labels, their own scores left
        out."""
        arriving = first.expand_as(scores[:, 0])
        found = []
        for score, valid in zip(scores.unbind(1), mask.unbind(1), strict=True):
            found.append(arriving)
            step = reduce((arriving + score).unsqueeze(-1) + transitions, 1)
            arriving = torch.where(valid.unsqueeze(-1), step, arriving)
        return torch.stack(found, 1)


def wide(scores: Tensor) -> Tensor:
    """At least single precision: a sum over a long sentence would lose the digits of half precision."""
    return scores.to(torch.promote_types(scores.dtype, torch.float32))
