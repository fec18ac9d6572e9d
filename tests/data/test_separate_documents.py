import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_models import RNNConfig, RNNForCausalLM
from rnn_models.data.streams import SeparateDocuments
from rnn_models.metrics.measures import evaluate_language_model

DOCUMENTS = st.lists(st.lists(st.integers(4, 30), max_size=9), min_size=1, max_size=12)


def with_ends(texts):
    return [np.array([2, *text, 3]) for text in texts]


@given(texts=DOCUMENTS, batch_size=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_every_token_but_the_beginning_is_a_target_once_and_every_batch_begins_from_zero(texts, batch_size):
    documents = with_ends(texts)
    seen = []
    data = SeparateDocuments(documents, batch_size=batch_size, pad_token_id=0)
    for index in range(len(data)):
        batch = data[index]
        assert batch["begins"]
        for inputs, targets in zip(batch["input_ids"], batch["shift_labels"], strict=True):
            kept = targets[targets >= 0]
            assert torch.equal(inputs[1 : len(kept)], kept[:-1])
            seen.append([int(inputs[0]), *kept.tolist()])
    assert sorted(seen) == sorted(document.tolist() for document in documents)


def test_separate_evaluation_is_the_mean_over_documents_read_separately():
    torch.manual_seed(0)
    model = RNNForCausalLM(RNNConfig(vocab_size=31, hidden_size=7, embedding_size=5, initializer_range=1.0)).eval()
    documents = with_ends([[4, 5, 6], [7], [8, 9, 10, 11, 12]])
    nats = tokens = 0.0
    for document in documents:
        ids = torch.from_numpy(document)[None]
        nats += model(ids, labels=ids).loss.item() * (len(document) - 1)
        tokens += len(document) - 1
    metrics = evaluate_language_model(model, documents, 9, streams=2, separate=True)
    assert abs(metrics["loss"] - nats / tokens) < 1e-6
    together = evaluate_language_model(model, documents, 9)
    assert abs(together["loss"] - metrics["loss"]) > 1e-4
