import pytest

from rnn_models import RNNConfig, RNNForCausalLM


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("cell_type", "lstmm", "'rnn', 'lstm', 'gru'"),
        ("pooling", "sum", "'last', 'mean', 'max', 'concat', 'attention'"),
        ("nonlinearity", "sigmoid", "'tanh' if cell_type is 'lstm'"),
        ("hidden_size", 0, "above 0"),
        ("vocab_size", -1, "above 0"),
        ("embedding_size", 2.5, "whole number"),
        ("num_hidden_layers", True, "whole number"),
        ("layer_dropout", 1.0, "[0, 1)"),
        ("word_dropout", "a lot", "[0, 1)"),
        ("bidirectional", "yes", "True or False"),
        ("backwards", 1, "True or False"),
        ("pad_token_id", 999, "vocab_size 256"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field_and_what_is_allowed(field, value, allowed):
    with pytest.raises(ValueError) as error:
        RNNConfig(**{field: value})
    assert f"RNNConfig.{field}" in str(error.value)
    assert allowed in str(error.value)


def test_only_the_vanilla_rnn_has_a_choice_of_nonlinearity():
    assert RNNConfig(cell_type="rnn", nonlinearity="relu").nonlinearity == "relu"
    with pytest.raises(ValueError, match="must be 'tanh' if cell_type is 'gru'"):
        RNNConfig(cell_type="gru", nonlinearity="relu")


def test_arguments_are_keyword_only():
    with pytest.raises(ValueError, match="keyword"):
        RNNConfig(100)


def test_unknown_keys_are_kept_as_transformers_keeps_them():
    assert RNNConfig(note="mine").note == "mine"


def test_a_configuration_survives_saving(tmp_path):
    config = RNNConfig(cell_type="gru", pooling="attention", bidirectional=True, id2label={0: "no", 1: "yes"})
    config.save_pretrained(tmp_path)
    assert RNNConfig.from_pretrained(tmp_path).to_dict() == config.to_dict()


@pytest.mark.parametrize("way", ["bidirectional", "backwards"])
def test_a_language_model_that_would_read_what_it_predicts_is_refused(way):
    with pytest.raises(ValueError, match=rf"{way} is True; a language model needs False"):
        RNNForCausalLM(RNNConfig(**{way: True}))


def test_bidirectional_and_backwards_exclude_each_other():
    with pytest.raises(ValueError, match="False if bidirectional is True"):
        RNNConfig(bidirectional=True, backwards=True)
