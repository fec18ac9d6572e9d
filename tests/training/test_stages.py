import json

from rnn_models.data.recipes import DatasetEntry
from rnn_models.publish.card import stages
from rnn_models.training.output import stage_before, taught_by


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


def test_results_say_how_the_teachers_were_trained_each_once(tmp_path):
    first = {"command": "python train.py a.yaml", "epochs": 8.0, "train_hours": 1.5, "machine": "1 CPU core"}
    for name in ("b", "c"):
        (tmp_path / name).mkdir()
        about = {**first, "command": f"python train.py {name}.yaml", "stage_before": first}
        (tmp_path / name / "eval_results.json").write_text(json.dumps({**about, "seed": 1}))
    entries = [
        DatasetEntry("films", teachers=["linear", str(tmp_path / "b")]),
        DatasetEntry("tweets", teachers=[str(tmp_path / "b"), str(tmp_path / "c")]),
    ]
    last = {"command": "python train.py d.yaml", **taught_by(entries)}
    assert [stage["command"][-6:] for stage in stages(last)] == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert taught_by([DatasetEntry("films", teachers=["linear"])]) == {}
