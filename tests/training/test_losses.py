"""The large softmax: in chunks and at once it is one loss with one gradient."""

from __future__ import annotations

import pytest
import torch

from rnn_models.training.losses import CHUNK, linear_cross_entropy


@pytest.mark.parametrize("rows", [3, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
@pytest.mark.parametrize("vocabulary", [5, 40])
def test_it_is_the_cross_entropy_of_the_logits_with_its_gradients(rows: int, vocabulary: int) -> None:
    torch.manual_seed(0)
    features, weight, bias = (torch.randn(*shape) for shape in ((rows, 8), (vocabulary, 8), (vocabulary,)))
    targets = torch.randint(vocabulary, (rows,))
    targets[0] = -100
    found, expected = ([tensor.clone().requires_grad_() for tensor in (features, weight, bias)] for _ in range(2))
    loss = linear_cross_entropy(*found, targets)
    logits = torch.nn.functional.linear(*expected)
    plain = torch.nn.functional.cross_entropy(logits, targets)
    torch.testing.assert_close(loss, plain)
    (3 * loss).backward()
    (3 * plain).backward()
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_it_is_computed_in_the_precision_of_the_features() -> None:
    torch.manual_seed(0)
    features, weight, bias = torch.randn(600, 8), torch.randn(40, 8), torch.randn(40)
    targets = torch.randint(40, (600,))
    exact = linear_cross_entropy(features, weight, bias, targets)
    rounded = linear_cross_entropy(features.bfloat16(), weight, bias, targets)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), exact, rtol=2e-2, atol=0)
