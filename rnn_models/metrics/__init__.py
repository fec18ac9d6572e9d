"""What a result is: metrics, calibration, and the simple baselines beside a network."""
