"""A lean loop of `generate` for greedy search and sampling with recurrent networks.

transformers' loop prepares inputs, masks and caches again for every token, which takes as long as a small network
itself. This loop reads the prompt the same way and then only steps the cells. It gives the same tokens and outputs,
draws the same random numbers, and calls the same processors and criteria. Everything else is left to transformers: see
`loop_for`, which `RNNForCausalLM.generate` calls through its `decoding_loop`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import fields
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    EosTokenCriteria,
    GenerationConfig,
    LogitsProcessorList,
    MaxLengthCriteria,
    PreTrainedModel,
    StoppingCriteriaList,
)
from transformers.generation import GenerateDecoderOnlyOutput, GenerationMode
from transformers.generation.streamers import BaseStreamer

from rnn_models.inference.stepping import can_step, stepping
from rnn_models.modeling.modeling_rnn import RNNForCausalLM
from rnn_models.modeling.state import CACHE_NAMES, RNNState

# The arguments of `generate`, besides the fields of a `GenerationConfig`, that this loop supports.
ARGUMENTS = {
    "assistant_model", "attention_mask", "generation_config", "input_ids", "inputs", "inputs_embeds",
    "logits_processor", "logits_to_keep", "negative_prompt_attention_mask", "negative_prompt_ids",
    "prefix_allowed_tokens_fn", "state", "stopping_criteria", "streamer", "use_cache",
}  # fmt: skip

PLAIN_MODES = (GenerationMode.GREEDY_SEARCH, GenerationMode.SAMPLE)
LEFT_TO_TRANSFORMERS = (
    "compile_config", "is_assistant", "output_attentions", "output_hidden_states", "prefill_chunk_size",
    "stop_strings", "token_healing",
)  # fmt: skip

# The output field for the state was renamed: it is `cache` since transformers 5.24.
KEPT = next(field.name for field in fields(GenerateDecoderOnlyOutput) if field.name in CACHE_NAMES)


def loop_for(
    model: PreTrainedModel,
    inputs: Tensor | None = None,
    generation_config: GenerationConfig | None = None,
    *by_position,
    **kwargs,
) -> Callable | None:
    """This loop, if a call of `generate` with these arguments would give the same result; else None.

    It would not if the model has hooks or was changed, or if the call asks for more than logits or for another way of
    decoding. Positional arguments after the configuration are left to transformers, which knows their order.
    """
    if by_position:
        return None
    config = copy(model.generation_config)
    asked = {} if generation_config is None else generation_config.to_dict()
    for name, value in (asked | kwargs).items():
        if value is not None and hasattr(config, name):
            setattr(config, name, value)
    given = {name for name, value in kwargs.items() if value is not None and not hasattr(config, name)}
    plain = (
        not given - ARGUMENTS
        and config.get_generation_mode(kwargs.get("assistant_model")) in PLAIN_MODES
        and config.use_cache is not False
        and not any(getattr(config, name, None) for name in LEFT_TO_TRANSFORMERS)
        and (config.pad_token_id is None or 0 <= int(config.pad_token_id) < model.config.vocab_size)
    )
    unchanged = type(model).forward is RNNForCausalLM.forward and not model.training and can_step(model)
    if not plain or not unchanged or _is_distributed() or any(_is_watched(module) for module in model.modules()):
        return None
    # `generate` does not pass the streamer to a custom loop
    return partial(sample, streamer=kwargs.get("streamer"))


def _is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _is_watched(module: nn.Module) -> bool:
    """Whether a module has hooks, or a `forward` that is not its class's own."""
    hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
    # transformers' own hooks stay after hidden states were requested once, but do nothing otherwise
    hooked = any(getattr(hook, "__module__", "") != "transformers.utils.output_capturing" for hook in hooks)
    return hooked or "forward" in vars(module) or module._compiled_call_impl is not None


def sample(
    model: PreTrainedModel,
    input_ids: Tensor,
    logits_processor: LogitsProcessorList,
    stopping_criteria: StoppingCriteriaList,
    generation_config: GenerationConfig,
    streamer: BaseStreamer | None = None,
    **options: Any,
) -> GenerateDecoderOnlyOutput | Tensor:
    """Like transformers' loop for greedy search and sampling; `options` are the keywords for the model."""
    config = generation_config
    inputs = model.prepare_inputs_for_generation(input_ids, is_first_iteration=True, **options)
    outputs = model(**inputs, return_dict=True)
    logits = outputs.logits[:, -1]
    pad = _padding_token(config)
    all_scores: tuple[Tensor, ...] | None = () if config.return_dict_in_generate and config.output_scores else None
    all_logits: tuple[Tensor, ...] | None = () if config.return_dict_in_generate and config.output_logits else None
    stop = _Stop(stopping_criteria, len(input_ids))
    processors = _one_by_one(logits_processor)
    with stepping(model, outputs.state) as step:
        while True:
            scores = logits = logits.to(input_ids.device, copy=True, dtype=torch.float32)
            for processor in processors:
                scores = processor(input_ids, scores)
            if all_scores is not None:
                all_scores += (scores,)
            if all_logits is not None:
                all_logits += (logits,)
            if config.do_sample:
                tokens = torch.multinomial(scores.softmax(-1), num_samples=1).squeeze(1)
            else:
                tokens = scores.argmax(-1)
            if stop.pads and any(stop.done):
                done = torch.tensor(stop.done, device=tokens.device)
                tokens = tokens.masked_fill(done, pad)
            input_ids = torch.cat([input_ids, tokens[:, None]], dim=-1)
            ended = stop(input_ids, tokens, all_scores)
            if streamer is not None:
                streamer.put(tokens.cpu())
            if ended:
                break
            logits = step(tokens.to(model.device))
        state = RNNState.stack(model.rnn.recurrence.state_names, step.layers)
    if streamer is not None:
        streamer.end()
    if not config.return_dict_in_generate:
        return input_ids
    return GenerateDecoderOnlyOutput(sequences=input_ids, scores=all_scores, logits=all_logits, **{KEPT: state})


def _padding_token(config: GenerationConfig) -> int:
    """The token that follows a finished text: the padding token, or the first end token if there is none."""
    end = config.eos_token_id
    choices = [config.pad_token_id, *(end if isinstance(end, (list, tuple)) else [end])]
    return next((int(token) for token in choices if token is not None), 0)


def _one_by_one(processors: LogitsProcessorList) -> Iterable[Callable[[Tensor, Tensor], Tensor]]:
    """The processors to call one by one, with the same result as calling the list.

    The list inspects the signature of each processor at every token, which takes as long as a small network's step. It
    passes exactly two arguments to processors that take two, and refuses the others.
    """
    plain = type(processors) is LogitsProcessorList
    if plain and all(len(inspect.signature(processor.__call__).parameters) == 2 for processor in processors):
        return processors
    return [processors]


class _Stop:
    """The stopping criteria: length and end tokens as plain numbers, the others unchanged.

    Attributes:
        pads: whether finished rows are filled with padding.
        done: which rows are finished.
    """

    def __init__(self, criteria: StoppingCriteriaList, batch_size: int):
        lengths = [one.max_length for one in criteria if type(one) is MaxLengthCriteria]
        self.max_length = min(lengths, default=None)
        self.ends = {token for one in criteria if type(one) is EosTokenCriteria for token in one.eos_token_id.tolist()}
        self.pads = any(hasattr(one, "eos_token_id") for one in criteria)
        known = (MaxLengthCriteria, EosTokenCriteria)
        self.others = StoppingCriteriaList([one for one in criteria if type(one) not in known])
        self.done = [False] * batch_size

    def __call__(self, input_ids: Tensor, tokens: Tensor, scores: tuple[Tensor, ...] | None) -> bool:
        """Whether every row is finished after these tokens."""
        if self.ends:
            self.done = [done or token in self.ends for done, token in zip(self.done, tokens.tolist(), strict=True)]
        if self.others:
            now = self.others(input_ids, scores).tolist()
            self.done = [done or ends for done, ends in zip(self.done, now, strict=True)]
        return all(self.done) or (self.max_length is not None and input_ids.shape[1] >= self.max_length)
