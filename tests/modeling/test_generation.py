import pytest
import torch

MODES = {
    "greedy": {},
    "sampling": {"do_sample": True, "top_k": 0},
    "beams": {"num_beams": 4},
    "sampled beams": {"num_beams": 3, "do_sample": True},
    "several a prompt": {"num_beams": 4, "num_return_sequences": 3},
}


def generate(model, ids, **options):
    torch.manual_seed(3)
    return model.generate(ids, max_new_tokens=12, eos_token_id=None, pad_token_id=0, **options)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padded", [False, True], ids=["full", "left padded"])
def test_generation_with_the_state_equals_generation_that_reads_the_prefix_again(
    cell, layers, mode, padded, make_language_model, ids
):
    # In double precision, so that no two beams tie.
    model = make_language_model(**cell, **layers).double()
    mask = torch.ones_like(ids)
    if padded:
        mask[0, :6] = 0
    options = {"attention_mask": mask, **MODES[mode]}
    with_state = generate(model, ids, **options)
    assert torch.equal(with_state, generate(model, ids, use_cache=False, **options))


def test_each_beam_carries_its_own_state(cell, make_language_model, ids):
    model = make_language_model(**cell).double()
    out = model.generate(
        ids[:1],
        max_new_tokens=8,
        eos_token_id=None,
        pad_token_id=0,
        num_beams=5,
        num_return_sequences=5,
        length_penalty=0.0,
        return_dict_in_generate=True,
        output_scores=True,
    )
    assert len({tuple(row.tolist()) for row in out.sequences}) == 5
    for sequence, score in zip(out.sequences, out.sequences_scores, strict=True):
        log_probabilities = model(sequence[None, :-1]).logits.log_softmax(-1)[0]
        chosen = log_probabilities.gather(1, sequence[1:, None])[ids.shape[1] - 1 :]
        # transformers adds up the scores of beams in single precision.
        torch.testing.assert_close(chosen.sum().float(), score, rtol=1e-5, atol=1e-5)


def test_a_batch_of_padded_prompts_gives_what_each_prompt_gives_alone(cell, make_language_model, ids):
    model = make_language_model(**cell).double()
    lengths = [11, 4, 1]
    batch, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        batch[row, -length:] = ids[row, :length]
        mask[row, -length:] = 1
    together = generate(model, batch, attention_mask=mask)[:, ids.shape[1] :]
    for row, length in enumerate(lengths):
        assert torch.equal(together[row], generate(model, ids[row : row + 1, :length])[0, length:])


def test_generation_continues_from_a_given_state_and_leaves_it_unchanged(cell, make_language_model, ids):
    model = make_language_model(**cell).double()
    state = model(ids[:, :6]).state
    before = state.clone()
    for options in ({}, {"num_beams": 3}):
        continued = generate(model, ids[:, 6:], state=state, **options)
        assert torch.equal(continued[:, 5:], generate(model, ids, **options)[:, 11:])
        assert all(torch.equal(state.tensors[name], before.tensors[name]) for name in before.tensors)


def test_every_step_reads_one_token(make_language_model, ids):
    model = make_language_model()
    read = []
    model.rnn.register_forward_pre_hook(lambda _, args: read.append(args[0].shape[1]))
    generate(model, ids)
    assert read == [11] + [1] * 11


def test_modes_that_must_undo_a_step_are_refused(make_language_model, ids):
    model = make_language_model()
    with pytest.raises(ValueError, match="stateful"):
        generate(model, ids[:1], assistant_model=make_language_model())


def test_text_streams_out_as_it_is_generated(make_language_model, ids):
    class Collector:
        def __init__(self):
            self.pieces, self.ended = [], False

        def put(self, value):
            self.pieces.append(value.flatten())

        def end(self):
            self.ended = True

    collector = Collector()
    model = make_language_model()
    whole = generate(model, ids[:1], streamer=collector)
    assert collector.ended
    assert torch.equal(torch.cat(collector.pieces), whole[0])
