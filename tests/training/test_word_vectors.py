import numpy as np
import torch

from rnn_models.training.word_vectors import WINDOW, neighbour_counts, positive_pmi, start_embedding


def test_neighbours_count_by_their_nearness_and_never_across_rows():
    counts = neighbour_counts([np.array([0, 1, 2]), np.array([3])], 4).to_dense()
    expected = torch.zeros(4, 4)
    expected[0, 1] = expected[1, 0] = expected[1, 2] = expected[2, 1] = 1.0
    expected[0, 2] = expected[2, 0] = 0.5
    torch.testing.assert_close(counts, expected)


def test_tokens_outside_the_window_are_no_neighbours():
    counts = neighbour_counts([np.arange(WINDOW + 2)], WINDOW + 2).to_dense()
    assert counts[0, WINDOW] > 0
    assert counts[0, WINDOW + 1] == 0


def test_pmi_is_the_log_of_how_much_more_often_than_by_chance():
    counts = torch.tensor([[0.0, 3.0], [3.0, 1.0]]).to_sparse()
    words = np.array([3.0, 4.0])
    contexts = words**0.75
    expected = np.log(np.array([3.0, 1.0]) * contexts.sum() / (words[[0, 1]] * contexts[1]))
    pmi = positive_pmi(counts.coalesce()).to_dense()
    np.testing.assert_allclose(pmi[[0, 1], [1, 1]].numpy(), np.maximum(expected, 0), rtol=1e-5)


def test_tokens_in_the_same_company_start_close_together():
    rng = np.random.default_rng(0)
    # Tokens 4 and 5 stand among 10 to 19, tokens 6 and 7 among 20 to 29.
    rows = [
        np.array([word, *rng.integers(low, low + 10, 4)])
        for word, low in ((4, 10), (5, 10), (6, 20), (7, 20))
        for _ in range(100)
    ]
    torch.manual_seed(0)
    embedding = torch.nn.Embedding(60, 16, padding_idx=0)
    unseen, spread = embedding.weight[50].clone(), embedding.weight.std()
    start_embedding(embedding, rows)
    vectors = torch.nn.functional.normalize(embedding.weight, dim=1)
    assert vectors[4] @ vectors[5] > 0.8 > 0.3 > (vectors[4] @ vectors[6]).abs()
    assert torch.equal(embedding.weight[50], unseen)
    assert embedding.weight[0].eq(0).all()
    assert 0.3 < embedding.weight.std() / spread < 3
