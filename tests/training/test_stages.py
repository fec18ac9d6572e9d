import json

from rnn_models.publish.card import stages
from rnn_models.training.output import stage_before


def test_results_say_how_the_stage_before_was_trained(tmp_path):
    before = {"command": "python train.py a.yaml", "epochs": 8.0, "train_hours": 1.5, "machine": "1 CPU core"}
    (tmp_path / "eval_results.json").write_text(json.dumps({**before, "seed": 1}))
    assert stage_before(str(tmp_path)) == {"stage_before": before}


def test_a_stage_tells_of_the_stages_before_it(tmp_path):
    first = {"command": "python train.py a.yaml", "epochs": 8.0, "train_hours": 1.5, "machine": "1 CPU core"}
    second = {**first, "command": "python train.py b.yaml", "stage_before": first}
    (tmp_path / "eval_results.json").write_text(json.dumps({**second, "seed": 1}))
    last = {"command": "python train.py c.yaml", **stage_before(str(tmp_path))}
    assert [stage["command"][-6:] for stage in stages(last)] == ["a.yaml", "b.yaml", "c.yaml"]


def test_weights_from_elsewhere_or_from_nothing_have_no_stage_before(tmp_path):
    assert stage_before(None) == {}
    assert stage_before(str(tmp_path)) == {}
