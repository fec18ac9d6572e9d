"""python -m rnn_models evaluate: a trained model's figures beside those of what is easier.

Importing this package is cheap; `report.evaluate` brings torch, transformers and, for classifiers, scikit-learn, for
poems pypinyin.
"""
