"""Word vectors from counts, to start an embedding with: cheap, and most useful if there are few labelled texts.

Two tokens are close if they have the same neighbours. Pointwise mutual information says how much more often a token w
has a neighbour c than by chance. Its positive part, factorised, gives vectors as good as those of word2vec (Levy &
Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization"):

    PMI(w, c) = log( #(w, c) * sum_c' #(c')^a / (#(w) * #(c)^a) )        a = 0.75 (Levy, Goldberg & Dagan 2015)
    max(PMI, 0) ~ U S V^T                                                vectors = U sqrt(S)

#(w, c) counts neighbours at most `WINDOW` tokens apart, each with the weight 1 / distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

WINDOW = 5
CONTEXT_POWER = 0.75
# svd_lowrank finds the leading directions better if it looks for a few more than it returns.
OVERSAMPLING = 16


def neighbour_counts(rows: Sequence[np.ndarray], vocab_size: int) -> Tensor:
    """#(w, c) of all pairs as a sparse, symmetric (V, V) tensor; no window reaches into the next row."""
    ids = torch.from_numpy(np.concatenate(rows))
    row = torch.from_numpy(np.repeat(np.arange(len(rows)), [len(row) for row in rows]))
    counts = _sparse(torch.empty(2, 0, dtype=torch.long), torch.empty(0), vocab_size)
    for distance in range(1, WINDOW + 1):
        same = row[:-distance] == row[distance:]
        pairs = torch.stack([ids[:-distance][same], ids[distance:][same]])
        weights = torch.full((pairs.shape[1],), 1 / distance)
        counts = (counts + _sparse(pairs, weights, vocab_size)).coalesce()
    return (counts + counts.t()).coalesce()


def _sparse(indices: Tensor, values: Tensor, size: int) -> Tensor:
    return torch.sparse_coo_tensor(indices, values, (size, size), check_invariants=True)


def positive_pmi(counts: Tensor) -> Tensor:
    """max(PMI, 0) of sparse counts (V, V), sparse."""
    words = counts.sum(1).to_dense()
    contexts = words**CONTEXT_POWER
    w, c = counts.indices()
    pmi = (counts.values() * contexts.sum() / (words[w] * contexts[c])).log()
    return _sparse(counts.indices(), pmi.clamp(min=0), len(counts)).coalesce()


@torch.no_grad()
def start_embedding(embedding: torch.nn.Embedding, rows: Sequence[np.ndarray]) -> None:
    """Set the vectors of the tokens in `rows`, with the standard deviation of the embedding; the others stay."""
    spread = embedding.weight.std()
    vocab_size, size = embedding.weight.shape
    pmi = positive_pmi(neighbour_counts(rows, vocab_size))
    rank = min(size, vocab_size - OVERSAMPLING)
    u, s, _ = torch.svd_lowrank(pmi, q=min(rank + OVERSAMPLING, vocab_size), niter=3)
    vectors = u[:, :rank] * s[:rank].sqrt()
    seen = torch.from_numpy(np.bincount(np.concatenate(rows), minlength=vocab_size) > 0)
    if embedding.padding_idx is not None:
        seen[embedding.padding_idx] = False
    embedding.weight[seen, :rank] = (vectors / vectors.std() * spread)[seen].to(embedding.weight)
