"""What the last step of a pipeline is, and can do."""

from __future__ import annotations

import inspect
from typing import Any

from sklearn.pipeline import Pipeline


def last_step(estimator: Any) -> Any:
    """The last step of a pipeline, else the estimator itself."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def predicts_std(estimator: Any) -> bool:
    """Whether ``predict`` of the last step takes `return_std`."""
    return "return_std" in inspect.signature(last_step(estimator).predict).parameters
