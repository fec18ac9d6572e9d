"""Comparisons that can be run: each prints one table of ratios from one run and writes it to `benchmarks/results`."""

import rnn_models  # noqa: F401  before any library that would report that it runs
