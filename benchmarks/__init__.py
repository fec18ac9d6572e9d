"""Comparisons to run: each prints one table of ratios from one run and writes it to `benchmarks/results`."""

import rnn_models  # noqa: F401  turns off telemetry, so it comes before libraries that have it
