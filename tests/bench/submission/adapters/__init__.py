"""What the bench must know about an operator to drive it: one small adapter each."""

from bench.submission.adapters.apache import Apache
from bench.submission.adapters.base import Adapter
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.adapters.kubeflow import Kubeflow

ADAPTERS: dict[str, type[Adapter]] = {"emberlake": Emberlake, "kubeflow": Kubeflow, "apache": Apache}
