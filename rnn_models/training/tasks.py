"""The table of tasks: the class that trains with the options of a class."""

from __future__ import annotations

from typing import Any

from .classification import ClassificationTask
from .forecasting import ForecastingTask
from .language_model import LanguageModelTask
from .options import (
    Arguments,
    ClassificationArguments,
    ForecastingArguments,
    LanguageModelArguments,
    PretrainingArguments,
    TaggingArguments,
)
from .pretraining import PretrainingTask
from .tagging import TaggingTask
from .task import Task

TASKS: dict[type[Arguments], type[Task[Any]]] = {
    LanguageModelArguments: LanguageModelTask,
    ClassificationArguments: ClassificationTask,
    PretrainingArguments: PretrainingTask,
    TaggingArguments: TaggingTask,
    ForecastingArguments: ForecastingTask,
}
