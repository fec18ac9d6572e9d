"""Finding, verifying and loading checkpoints."""

from __future__ import annotations

from .find import SECONDS, find_folder
from .load import Checkpoint, labels_of, load_checkpoint, load_classifier, load_classifiers, load_tagger
from .training_log import TrainingLog
from .training_spans import TrainingSpans
from .verify import CONFIG, RESULTS, SUMS, TRAINING_LOG, WEIGHTS, LoadError, check_sums, one_line, write_sums

__all__ = [
    "CONFIG",
    "RESULTS",
    "SECONDS",
    "SUMS",
    "TRAINING_LOG",
    "WEIGHTS",
    "Checkpoint",
    "LoadError",
    "TrainingLog",
    "TrainingSpans",
    "check_sums",
    "find_folder",
    "labels_of",
    "load_checkpoint",
    "load_classifier",
    "load_classifiers",
    "load_tagger",
    "one_line",
    "write_sums",
]
