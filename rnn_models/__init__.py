"""Recurrent language models (vanilla RNN, LSTM, GRU) for the Hugging Face libraries.

Importing this package is cheap: each class is imported on first use, and the models are registered with transformers'
Auto classes once transformers has been imported. So `import rnn_models`, before or after
`from transformers import AutoModel`, is enough, and a command can print its help without loading torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# No telemetry. The libraries read these variables on import or later, so they are set before any import.
for _variable, _value in {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets would report even the loading of local files
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would store a device id in the home folder and send events
}.items():
    os.environ.setdefault(_variable, _value)

__version__ = "0.1.0"

# Public name -> the module that defines it, imported on first access.
_MODULE_OF = {
    "Checkpoint": "checkpoint",
    "Classifier": "bulk.run",
    "LoadError": "checkpoint",
    "RNNConfig": "modeling",
    "RNNForCausalLM": "modeling",
    "RNNForSequenceClassification": "modeling",
    "RNNForTimeSeriesClassification": "modeling",
    "RNNForTimeSeriesPrediction": "modeling",
    "RNNForTimeSeriesRegression": "modeling",
    "RNNForTokenClassification": "modeling",
    "RNNModel": "modeling",
    "RNNState": "modeling",
    "RNNTimeSeriesConfig": "modeling",
    "RNNTimeSeriesModel": "modeling",
    "classifier_for": "graphs.runtime",
    "classify": "inference.classify",
    "engine_for": "graphs.runtime",
    "load_checkpoint": "checkpoint",
    "stream": "inference.streaming",
    "train_tokenizer": "tokenization",
}

__all__ = [
    "Checkpoint",
    "Classifier",
    "LoadError",
    "RNNConfig",
    "RNNForCausalLM",
    "RNNForSequenceClassification",
    "RNNForTimeSeriesClassification",
    "RNNForTimeSeriesPrediction",
    "RNNForTimeSeriesRegression",
    "RNNForTokenClassification",
    "RNNModel",
    "RNNState",
    "RNNTimeSeriesConfig",
    "RNNTimeSeriesModel",
    "classifier_for",
    "classify",
    "engine_for",
    "load_checkpoint",
    "stream",
    "train_tokenizer",
]


def __getattr__(name: str):
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"rnn_models.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _register_config() -> None:
    from transformers.models.auto.configuration_auto import AutoConfig

    from rnn_models import modeling
    from rnn_models.modeling.heads import CONFIGURATIONS

    for module, name in CONFIGURATIONS.values():
        config = getattr(importlib.import_module(f"{modeling.__name__}.{module}"), name)
        AutoConfig.register(config.model_type, config, exist_ok=True)


def _register_models() -> None:
    # If one of these modules is only partly imported, do nothing: this function is called again when it is complete.
    if not _MODELS.isdisjoint(sys.modules.keys() - _imported) or _AUTO not in sys.modules:
        return
    from transformers.models.auto import modeling_auto as auto

    from rnn_models import modeling
    from rnn_models.modeling.heads import CONFIGURATIONS, HEADS

    for head in HEADS:
        _, config = CONFIGURATIONS[head.reads]
        if auto_class := getattr(auto, head.auto_class, None):
            auto_class.register(getattr(modeling, config), getattr(modeling, head.name), exist_ok=True)
    modeling.RNNForCausalLM.decoding_loop = _decoding_loop


def _decoding_loop(model, *args, **kwargs) -> Callable | None:
    """The fast loop of `generate`, imported on the first call."""
    from rnn_models.inference.lean import loop_for

    return loop_for(model, *args, **kwargs)


class _AfterImport(MetaPathFinder, Loader):
    """Calls a function once, right after a module has been imported.

    Python has no event for this. The import system's way is a finder that loads the module as usual and then calls the
    function: https://docs.python.org/3/reference/import.html#import-hooks
    Registering at once would import the Auto classes and with them torch: 5 s of processor time instead of 0.07 s,
    before a command could print its help. transformers has no entry point for packages with models.
    """

    def __init__(self, name: str, callback: Callable[[], None]):
        self.name, self.callback = name, callback
        self.loader: Loader

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self.loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.loader.exec_module(module)
        _imported.add(self.name)
        self.callback()


_AUTO = "transformers.models.auto.modeling_auto"
# The modules that the models need. Importing the first of them imports the Auto classes.
_MODELS = {"transformers.modeling_layers"} | {
    f"rnn_models.modeling.{name}"
    for name in (
        "checks",
        "modeling_rnn",
        "modeling_rnn_time_series",
        "modeling_rnn_time_series_targets",
        "pooling",
        "recurrence",
    )
}
_imported: set[str] = set()

for _name, _callback in (
    ("transformers.models.auto.configuration_auto", _register_config),
    *((_name, _register_models) for _name in (*sorted(_MODELS), _AUTO)),
):
    if _name in sys.modules:
        _imported.add(_name)
        _callback()
    else:
        sys.meta_path.insert(0, _AfterImport(_name, _callback))
