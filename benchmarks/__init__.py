"""Comparisons that can be run: each prints one table of ratios from one run and writes it to `benchmarks/results`."""
