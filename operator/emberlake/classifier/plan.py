"""Decides what to say of a Classifier. Pure: it is data, and nothing is made for it."""

from emberlake.classifier.observe import Observed
from emberlake.core.conditions import serving
from emberlake.core.model import Decision, Plan
from emberlake.settings import Settings


def plan(observed: Observed, _settings: Settings) -> Plan:
    """What the API server took is ready: Crawls that name it use it from their next run on."""
    if observed.owner.deleting:
        return Plan()
    decision = Decision("ClassifierReady", "Crawls that name this Classifier use it from their next run on")
    status = serving("Ready", decision, observed.owner.generation, observed.conditions, observed.now)
    return Plan(status=status, decision=decision)
