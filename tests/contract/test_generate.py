"""`generate`: its modes and outputs, long and short prompts, processors and criteria, conversations, refusals."""

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from rnn_models import RNNForCausalLM, RNNState
from rnn_models.tokenization import train_tokenizer

ENDLESS = {"eos_token_id": None, "pad_token_id": 0}


def kept(output) -> RNNState:
    """The state that `generate` returns: `cache` since transformers 5.24, `past_key_values` before."""
    return output["cache" if "cache" in output else "past_key_values"]


@pytest.mark.parametrize(
    "mode",
    [
        {},
        {"do_sample": True, "num_return_sequences": 2},
        {"num_beams": 3, "num_return_sequences": 2},
        {"num_beams": 3, "do_sample": True},
    ],
    ids=["greedy", "sampling", "beams", "sampled beams"],
)
def test_everything_that_can_be_asked_for_comes_out_with_the_text(make, ids, mask, mode):
    model = make(RNNForCausalLM)
    asked = dict.fromkeys(("return_dict_in_generate", "output_scores", "output_logits", "output_hidden_states"), True)
    output = model.generate(ids, attention_mask=mask, max_new_tokens=5, **asked, **mode, **ENDLESS)
    rows = 3 * mode.get("num_return_sequences", 1)
    read = 3 * max(mode.get("num_beams", 1), mode.get("num_return_sequences", 1))
    assert output.sequences.shape == (rows, 16)
    assert [scores.shape for scores in output.scores] == [(read, 23)] * 5
    assert [logits.shape for logits in output.logits] == [(read, 23)] * 5
    lengths = [[states.shape[:2] for states in step] for step in output.hidden_states]
    assert lengths == [[(read, 11)] * 3] + [[(read, 1)] * 3] * 4
    assert kept(output).batch_size == read
    if "num_beams" in mode:
        assert output.sequences_scores.shape == (rows,)
    else:
        whole = model(output.sequences[:, :-1], attention_mask=_extended(mask, rows, 4)).logits[:, -5:]
        torch.testing.assert_close(torch.stack(output.logits, 1), whole)


def _extended(mask, rows, steps):
    mask = mask.repeat_interleave(rows // len(mask), dim=0)
    return torch.cat([mask, mask.new_ones(rows, steps)], 1)


@pytest.mark.parametrize("length", [1, 10_000])
def test_a_prompt_may_be_one_token_or_ten_thousand(make, length):
    model = make(RNNForCausalLM)
    prompt = torch.randint(4, 23, (1, length), generator=torch.Generator().manual_seed(0))
    output = model.generate(prompt, max_new_tokens=3, return_dict_in_generate=True, **ENDLESS)
    assert torch.equal(output.sequences[:, :length], prompt)
    assert sum(part.numel() for part in kept(output).tensors.values()) <= 2 * 2 * 8
    logits = model(prompt).logits[:, -1]
    assert output.sequences[0, length] == logits.argmax()


@pytest.mark.parametrize("mode", [{}, {"num_beams": 3}], ids=["greedy", "beams"])
def test_a_conversation_goes_on_from_the_state_that_comes_out(make, ids, mode):
    """The state has not read the last token: a token is drawn first, and read in the next step."""
    model = make(RNNForCausalLM).double()
    question, more = ids[:1, :6], ids[:1, 6:]
    answer = model.generate(question, max_new_tokens=5, return_dict_in_generate=True, **ENDLESS)
    state = kept(answer)
    assert isinstance(state, RNNState)
    unread = torch.cat([answer.sequences[:, -1:], more], 1)
    continued = model.generate(unread, state=state, max_new_tokens=7, **mode, **ENDLESS)
    whole = torch.cat([answer.sequences, more], 1)
    expected = model.generate(whole, max_new_tokens=7, **mode, **ENDLESS)
    assert torch.equal(continued[:, -7:], expected[:, -7:])
    assert torch.equal(model.generate(unread, state=state, max_new_tokens=7, **mode, **ENDLESS), continued)


def test_one_text_is_continued_in_ten_ways_after_reading_it_once(make, ids):
    model = make(RNNForCausalLM)
    state = model(ids[:1, :-1]).state
    options = {"do_sample": True, "num_return_sequences": 10, "max_new_tokens": 8, **ENDLESS}
    torch.manual_seed(0)
    ways = model.generate(ids[:1, -1:], state=state, **options)[:, 1:]
    torch.manual_seed(0)
    assert torch.equal(ways, model.generate(ids[:1], **options)[:, 11:])
    assert len({tuple(way) for way in ways.tolist()}) > 5


class OnlyEven(LogitsProcessor):
    def __call__(self, input_ids, scores):
        scores[:, 1::2] = -float("inf")
        return scores


class AfterThree(StoppingCriteria):
    def __call__(self, input_ids, scores, **kwargs):
        return torch.full((len(input_ids),), input_ids.shape[1] >= 14)


@pytest.mark.parametrize("beams", [1, 3])
def test_processors_and_criteria_of_the_caller_are_respected(make, ids, beams):
    output = make(RNNForCausalLM).generate(
        ids,
        max_new_tokens=9,
        num_beams=beams,
        logits_processor=LogitsProcessorList([OnlyEven()]),
        stopping_criteria=StoppingCriteriaList([AfterThree()]),
        **ENDLESS,
    )
    assert output.shape == (3, 14)
    assert (output[:, 11:] % 2 == 0).all()


class WantsMore(OnlyEven):
    def __call__(self, input_ids, scores, speaker):
        return super().__call__(input_ids, scores)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_processor_that_needs_more_arguments_is_refused_as_in_transformers(make, ids, beams):
    processors = LogitsProcessorList([OnlyEven(), WantsMore()])
    with pytest.raises(ValueError, match="required parameters"):
        make(RNNForCausalLM).generate(ids, max_new_tokens=2, num_beams=beams, logits_processor=processors, **ENDLESS)


def test_the_penalties_of_transformers_work(make, ids):
    model = make(RNNForCausalLM)
    output = model.generate(ids, max_new_tokens=9, no_repeat_ngram_size=1, bad_words_ids=[[4], [5]], **ENDLESS)
    for row, new in zip(output, output[:, 11:], strict=True):
        assert len(set(new.tolist())) == 9 and not {4, 5} & set(new.tolist())
        assert not set(row[:11].tolist()) & set(new.tolist())


def test_text_ends_at_a_stop_string(make):
    tokenizer = train_tokenizer("character", ["abcdefgh stop words"])
    model = make(RNNForCausalLM, vocab_size=len(tokenizer))
    prompt = tokenizer("a", return_tensors="pt")
    options = {"max_new_tokens": 12, "do_sample": True, "bad_words_ids": [[0], [1], [2], [3]], **ENDLESS}
    torch.manual_seed(1)
    free = tokenizer.decode(model.generate(**prompt, **options)[0], skip_special_tokens=True)
    stop = free[5:7]
    torch.manual_seed(1)
    stopped = model.generate(**prompt, stop_strings=[stop], tokenizer=tokenizer, **options)
    text = tokenizer.decode(stopped[0], skip_special_tokens=True)
    assert free.startswith(text) and text.endswith(stop) and text.count(stop) == 1


def test_text_ends_at_its_end_token_in_each_row(make, ids):
    model = make(RNNForCausalLM)
    free = model.generate(ids, max_new_tokens=9, **ENDLESS)
    end = int(free[0, 13])
    output = model.generate(ids, max_new_tokens=9, eos_token_id=end, pad_token_id=0)
    for row, expected in zip(output.tolist(), free.tolist(), strict=True):
        length = 1 + next((i for i in range(11, 20) if expected[i] == end), 19)
        assert row[:length] == expected[:length]
        assert set(row[length:]) <= {0}


@pytest.mark.parametrize("how", ["assistant_model", "prompt_lookup_num_tokens", "assistant_early_exit"])
def test_assisted_generation_is_refused_by_name(make, ids, how):
    model = make(RNNForCausalLM)
    with pytest.raises(ValueError, match="assisted generation is not supported with stateful models"):
        model.generate(ids[:1], **{how: make(RNNForCausalLM) if how == "assistant_model" else 1})


def test_a_misspelt_option_is_refused(make, ids):
    model = make(RNNForCausalLM)
    with pytest.raises(ValueError, match="sate"):
        model.generate(ids, sate=model(ids).state)
