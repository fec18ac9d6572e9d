"""Options, tasks, trainers, output. Importing this package is cheap: `train.py --help` does not wait for torch."""
