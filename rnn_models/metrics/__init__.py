"""Metrics, calibration, and simple baselines to compare a network with."""
