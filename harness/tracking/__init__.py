"""A decided round in MLflow: the only package that imports mlflow."""

from harness.tracking.log import log_round

__all__ = ["log_round"]
