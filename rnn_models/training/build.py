"""The tokenizer and the model of a run, from its options: what all tasks share."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..checkpoint import LoadError
from ..checkpoint.verify import check_sums
from ..data import InputError
from ..tokenization import TOKENIZER_KINDS, train_tokenizer, with_html, with_unicode
from .options import CONFIG, NEW_CONFIG, Arguments, TokenArguments


def check_start(arguments: Arguments) -> None:
    """Raise `InputError` if a file of the model that a run starts from is not what its folder's checksums say."""
    folder = Path(arguments.pretrained_model or "")
    if arguments.pretrained_model and folder.is_dir():
        try:
            check_sums(folder)
        except LoadError as error:
            raise InputError(f"option pretrained_model: {error}") from error


def build_tokenizer(arguments: TokenArguments, texts: Iterable[str]) -> Any:
    """A tokenizer trained on `texts`, or the trained one that the option names. Raises `InputError`."""
    from transformers import AutoTokenizer

    kind = arguments.tokenizer or arguments.pretrained_model
    html = any(entry.strip_html for entry in arguments.datasets)
    chinese = arguments.language == "zh"
    if arguments.normalize_unicode and chinese and importlib.util.find_spec("opencc") is None:
        raise InputError("option normalize_unicode: traditional characters need OpenCC: pip install opencc")
    if kind in TOKENIZER_KINDS and arguments.pretrained_model:
        raise InputError(
            f"option tokenizer: {kind} makes new tokens, and pretrained_model {arguments.pretrained_model} knows only"
            " its own; leave tokenizer out"
        )
    try:
        if kind in TOKENIZER_KINDS:
            return train_tokenizer(
                kind,
                texts,
                vocab_size=arguments.vocab_size,
                html=html,
                unicode=arguments.normalize_unicode,
                chinese=chinese,
                lowercase=arguments.lowercase,
                min_frequency=arguments.min_frequency,
                max_token_length=arguments.max_token_length,
            )
        tokenizer = AutoTokenizer.from_pretrained(kind, trust_remote_code=False)
    except (ValueError, OSError) as error:
        where = _named("tokenizer" if arguments.tokenizer else "pretrained_model", str(kind))
        raise InputError(f"{where}{' '.join(str(error).split())}") from error
    missing = [name for name in ("pad_token", "bos_token", "eos_token") if getattr(tokenizer, name) is None]
    if missing:
        raise InputError(f"tokenizer {kind} lacks {', '.join(missing)}")
    backend = tokenizer.backend_tokenizer
    if arguments.normalize_unicode:
        backend.normalizer = with_unicode(backend.normalizer, chinese=chinese)
    if html:
        backend.normalizer = with_html(backend.normalizer)
    return tokenizer


def _named(option: str, name: str) -> str:
    """The beginning of a message about a model that cannot be loaded.

    A folder that is not there is taken for a name on the Hub, and a library then speaks of the connection alone.
    """
    apart = name in TOKENIZER_KINDS or Path(name).exists()
    return f"{option} {name}: " + ("" if apart else "there is no such folder, and it is not loaded from the Hub: ")


def build_model(arguments: Arguments, task: Any) -> Any:
    """The model of a task, new or from `pretrained_model`. Raises `InputError` if the options do not make one."""
    try:
        if arguments.pretrained_model:
            asked = {name: value for name, value in arguments.passed_to(CONFIG).items() if name in arguments.given}
            model = task.from_pretrained(arguments.pretrained_model, {**asked, **task.config()})
            task.check_fits(model.config)
            for name in arguments.given & {*arguments.passed_to(NEW_CONFIG), *task.vocabulary()}:
                value, there = getattr(arguments, name), getattr(model.config, name)
                if value != there:
                    raise InputError(
                        f"option {name}: pretrained_model {arguments.pretrained_model} has {there}, and not {value};"
                        f" leave {name} out, or train a new model"
                    )
            return model
        options = arguments.passed_to(NEW_CONFIG, CONFIG)
        return task.model_class(task.config_class(**options, **task.vocabulary(), **task.config()))
    except InputError:
        raise
    except (ValueError, OSError, RuntimeError) as error:
        where = _named("pretrained_model", arguments.pretrained_model) if arguments.pretrained_model else ""
        raise InputError(where + " ".join(str(error).split())) from error
