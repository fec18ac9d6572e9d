import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from rnn_models import (
    RNNConfig,
    RNNForCausalLM,
    RNNForSequenceClassification,
    RNNForTokenClassification,
    RNNModel,
)
from rnn_models.modeling.heads import head_of

# Runs in a process in which `import rnn_models` fails, so it loads the code saved beside the weights.
ELSEWHERE = """
import sys
sys.modules["rnn_models"] = None  # makes importing it fail, even if it is installed
import torch
import transformers
for folder, name in zip(sys.argv[2::2], sys.argv[3::2]):
    auto = getattr(transformers, name)
    model = auto.from_pretrained(folder, trust_remote_code=True)
    assert type(model).__module__.startswith("transformers_modules")
    torch.save(model(torch.arange(4, 12).view(2, 4)).logits, folder + "/logits.pt")
    model.save_pretrained(folder + "/again")
    again = auto.from_pretrained(folder + "/again", trust_remote_code=True)
    assert torch.equal(again(torch.arange(4, 12).view(2, 4)).logits, model(torch.arange(4, 12).view(2, 4)).logits)
"""


def test_a_saved_model_loads_where_this_package_is_not(tmp_path, make_language_model, make_classifier, make_tagger):
    models = {}
    for cell_type in ("rnn", "gru", "lstm"):
        models[tmp_path / f"lm-{cell_type}"] = make_language_model(cell_type=cell_type)
        models[tmp_path / f"classifier-{cell_type}"] = make_classifier(cell_type=cell_type, bidirectional=True)
        models[tmp_path / f"tagger-{cell_type}"] = make_tagger(cell_type=cell_type, bidirectional=True)
    with_crf = models[tmp_path / "crf"] = make_tagger(crf=True)
    torch.nn.init.normal_(with_crf.crf.transitions)
    arguments = []
    for folder, model in models.items():
        model.save_pretrained(folder)
        arguments += [str(folder), head_of(type(model).__name__).auto_class]
    same_sums = {name: os.environ[name] for name in ("MKL_CBWR", "OMP_NUM_THREADS")}
    subprocess.run(
        # -I: the package cannot be found through the working directory or the environment.
        [sys.executable, "-I", "-c", ELSEWHERE, "--", *arguments],
        check=True,
        cwd=tmp_path,
        env={"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", "PATH": "", **same_sums},
    )
    for folder, model in models.items():
        expected = model(torch.arange(4, 12).view(2, 4)).logits
        assert torch.equal(torch.load(folder / "logits.pt", weights_only=True), expected)


def test_every_head_is_in_the_saved_configuration(tmp_path, make_classifier):
    make_classifier().save_pretrained(tmp_path)
    auto_map = json.loads((tmp_path / "config.json").read_text())["auto_map"]
    assert auto_map == {
        "AutoConfig": "configuration_rnn.RNNConfig",
        "AutoModel": "modeling_rnn.RNNModel",
        "AutoModelForCausalLM": "modeling_rnn.RNNForCausalLM",
        "AutoModelForSequenceClassification": "modeling_rnn.RNNForSequenceClassification",
        "AutoModelForTokenClassification": "modeling_rnn.RNNForTokenClassification",
    }


@pytest.mark.parametrize(
    ("auto", "head"),
    [
        (AutoModel, RNNModel),
        (AutoModelForCausalLM, RNNForCausalLM),
        (AutoModelForSequenceClassification, RNNForSequenceClassification),
        (AutoModelForTokenClassification, RNNForTokenClassification),
    ],
)
def test_the_auto_classes_know_the_models(tmp_path, auto, head):
    head(RNNConfig(vocab_size=23)).save_pretrained(tmp_path)
    assert type(auto.from_pretrained(tmp_path)) is head


MODELING = Path(__file__).parents[2] / "rnn_models" / "modeling"


@pytest.mark.parametrize(
    "order",
    [
        "import rnn_models; import transformers",
        "from transformers import AutoModelForCausalLM; import rnn_models",
        "from rnn_models.modeling import RNNModel; import transformers",
        "from rnn_models import RNNForTimeSeriesPrediction",
        *(
            pytest.param(order, marks=pytest.mark.slow)
            for order in (
                "import transformers; import rnn_models",
                "from rnn_models import RNNForCausalLM; import transformers",
                "from rnn_models.modeling.recurrence import Layer; import transformers",
                "import rnn_models; from transformers.modeling_layers import GradientCheckpointingLayer",
                "import rnn_models; from transformers import LlamaModel; import transformers",
                *(f"import rnn_models.modeling.{path.stem}" for path in sorted(MODELING.glob("[!_]*.py"))),
            )
        ),
    ],
)
def test_models_are_registered_whatever_is_imported_first(order):
    code = f"{order}\nimport transformers\nprint(transformers.AutoConfig.for_model('rnn').model_type)\n"
    code += "from rnn_models import RNNConfig\n"
    code += "print(type(transformers.AutoModelForCausalLM.from_config(RNNConfig(vocab_size=9))).__name__)"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout.split() == ["rnn", "RNNForCausalLM"]


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, rnn_models; print({'torch', 'transformers', 'datasets', 'gradio'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"


def test_half_precision_on_disk_loads_as_single_precision(tmp_path, make_language_model, ids):
    model = make_language_model()
    halves = {name: tensor.half() for name, tensor in model.state_dict().items()}
    model.save_pretrained(tmp_path, state_dict=halves)
    assert load_file(tmp_path / "model.safetensors")["lm_head.weight"].dtype == torch.float16
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert loaded.dtype == torch.float32
    torch.testing.assert_close(loaded(ids).logits, model(ids).logits, rtol=1e-2, atol=1e-2)


def test_a_separately_saved_backbone_loads_into_a_head(tmp_path, make_classifier, ids):
    classifier = make_classifier(bidirectional=True)
    classifier.rnn.save_pretrained(tmp_path)
    again = RNNForSequenceClassification.from_pretrained(tmp_path, num_labels=3)
    assert torch.equal(again.rnn(ids).last_hidden_state, classifier.rnn(ids).last_hidden_state)


def test_each_tensor_is_saved_once(tmp_path, make_language_model):
    model = make_language_model(tie_word_embeddings=True)
    model.save_pretrained(tmp_path)
    assert "lm_head.weight" not in load_file(tmp_path / "model.safetensors")
    assert AutoConfig.from_pretrained(tmp_path).tie_word_embeddings
    save_file(load_file(tmp_path / "model.safetensors"), tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert torch.equal(RNNForCausalLM.from_pretrained(tmp_path).lm_head.weight, model.lm_head.weight)
