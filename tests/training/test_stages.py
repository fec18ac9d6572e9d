import json

from rnn_models.training.output import stage_before


def test_results_say_how_the_stage_before_was_trained(tmp_path):
    before = {"command": "python train.py a.yaml", "epochs": 8.0, "train_hours": 1.5, "machine": "1 CPU core"}
    (tmp_path / "eval_results.json").write_text(json.dumps({**before, "seed": 1}))
    assert stage_before(str(tmp_path)) == {"stage_before": before}


def test_weights_from_elsewhere_or_from_nothing_have_no_stage_before(tmp_path):
    assert stage_before(None) == {}
    assert stage_before(str(tmp_path)) == {}
