"""The loop of `generate` for greedy search and sampling, with nothing around a step that a recurrent network lacks.

transformers' loop prepares inputs, masks and caches anew for every token, which takes as long as a small network
itself. This one reads the prompt as that one does and then goes from cell to cell. It gives the same tokens and the
same outputs, draws the same random numbers, and calls the same processors and criteria; what it cannot do is left to
transformers: see `can_go_step_by_step`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

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
from transformers.generation import GenerateDecoderOnlyOutput
from transformers.generation.streamers import BaseStreamer

from .state import RNNState
from .stepping import can_step, stepping

# What `generate` hands over for a model of this kind; anything else is meant for the model's own call.
KNOWN = {"attention_mask", "inputs_embeds", "logits_to_keep", "state", "use_cache"}


def can_go_step_by_step(model: PreTrainedModel, config: GenerationConfig, options: dict) -> bool:
    """Whether nobody would see the difference: nobody hooked in, changed the model or asked for more than logits."""
    pad = config._pad_token_tensor
    return (
        can_step(model)
        and not model.training
        and bool(options.get("use_cache"))
        and not options.keys() - KNOWN
        and not (config.output_hidden_states or config.output_attentions or config.is_assistant)
        and (pad is None or 0 <= int(pad) < model.config.vocab_size)
        and not any(_is_watched(module) for module in model.modules())
    )


def _is_watched(module: nn.Module) -> bool:
    """Whether a module has hooks, or a call that is not its class's own."""
    hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
    # transformers' own, which stay when hidden states were asked for once, do nothing when they are not
    hooked = any(getattr(hook, "__module__", "") != "transformers.utils.output_capturing" for hook in hooks)
    return hooked or "forward" in vars(module) or module._compiled_call_impl is not None


def sample(
    model: PreTrainedModel,
    input_ids: Tensor,
    logits_processor: LogitsProcessorList,
    stopping_criteria: StoppingCriteriaList,
    config: GenerationConfig,
    streamer: BaseStreamer | None,
    options: dict,
) -> GenerateDecoderOnlyOutput | Tensor:
    """What `GenerationMixin._sample` returns, for the same arguments; `options` are the keywords for the model."""
    outputs = model._prefill(input_ids, config, options)
    logits = outputs.logits[:, -1]
    all_scores: tuple[Tensor, ...] | None = () if config.return_dict_in_generate and config.output_scores else None
    all_logits: tuple[Tensor, ...] | None = () if config.return_dict_in_generate and config.output_logits else None
    stop = _Stop(stopping_criteria, len(input_ids))
    processors = _one_by_one(logits_processor)
    with stepping(model, outputs.state) as step:
        while True:
            scores = logits = logits.to(copy=True, dtype=torch.float32)
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
                tokens = tokens.masked_fill(done, int(config._pad_token_tensor))
            input_ids = torch.cat([input_ids, tokens[:, None]], dim=-1)
            ended = stop(input_ids, tokens, all_scores)
            if streamer is not None:
                streamer.put(tokens)
            if ended:
                break
            logits = step(tokens)
        state = RNNState.stack(model.rnn.recurrence.state_names, step.layers)
    if streamer is not None:
        streamer.end()
    if not config.return_dict_in_generate:
        return input_ids
    return GenerateDecoderOnlyOutput(
        sequences=input_ids,
        scores=all_scores,
        logits=all_logits,
        past_key_values=state,
    )


def _one_by_one(processors: LogitsProcessorList) -> Iterable[Callable[[Tensor, Tensor], Tensor]]:
    """What is called in turn, for the same as calling the list.

    The list looks at the signature of each processor at each token, which takes as long as a small network's step. It
    calls those of two arguments with just these; the others it refuses.
    """
    plain = type(processors) is LogitsProcessorList
    if plain and all(len(inspect.signature(processor.__call__).parameters) == 2 for processor in processors):
        return processors
    return [processors]


class _Stop:
    """The criteria: length and end tokens in plain numbers, the others as they are.

    Attributes:
        pads: whether rows that have ended go on with padding.
        done: which rows have ended.
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
        """Whether every row has ended with these tokens."""
        if self.ends:
            self.done = [done or token in self.ends for done, token in zip(self.done, tokens.tolist(), strict=True)]
        if self.others:
            now = self.others(input_ids, scores).tolist()
            self.done = [done or ends for done, ends in zip(self.done, now, strict=True)]
        return all(self.done) or (self.max_length is not None and input_ids.shape[1] >= self.max_length)
