"""python -m rnn_models evaluate: the metrics of a trained model beside those of simple baselines.

Importing this package is cheap; `report.evaluate` imports torch and transformers, and scikit-learn for
classifiers.
"""
