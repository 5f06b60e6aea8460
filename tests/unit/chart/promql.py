"""What an expression of an alert or a panel reads, judged against the metric contract."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import promql_parser as promql

from emberlake.api.v1alpha1 import KINDS
from emberlake.api.v1alpha1.common import BaseStatus, Category
from emberlake.core.runs import NO_CATEGORY, OUTCOMES
from emberlake.core.states import NEW
from unit.core.contract import contract, series

# What Prometheus adds to the series of a target.
TARGET = {"job", "namespace", "pod"}
STATES = {
    state for words in get_args(BaseStatus.model_fields["state"].annotation) for state in get_args(words)
}
VALUES = {
    "kind": {model.kind for model in KINDS},
    "name": {model.kind for model in KINDS},
    "controller": {model.kind for model in KINDS},
    "state": {*STATES, NEW},
    "category": {*get_args(Category), NO_CATEGORY},
    "outcome": set(OUTCOMES),
    "result": {"success", "conflict", "error"},
}
OF_COUNTERS = {"rate", "increase"}


@dataclass
class Use:
    """One selector of an expression, and the functions and groupings around it, from the outside in."""

    name: str
    matchers: list[Any]
    functions: list[str] = field(default_factory=list)
    grouped: list[set[str]] = field(default_factory=list)


def uses(text: str) -> list[Use]:
    """Every selector of an expression.

    Raises:
        ValueError: it is no PromQL.
    """
    return list(_walk(promql.parse(text), [], []))


def _walk(node: Any, functions: list[str], grouped: list[set[str]]) -> Iterator[Use]:
    match node:
        case promql.VectorSelector():
            yield Use(node.name, list(node.matchers.matchers), functions, grouped)
        case promql.MatrixSelector():
            yield from _walk(node.vector_selector, functions, grouped)
        case promql.Call():
            for argument in node.args:
                yield from _walk(argument, [*functions, node.func.name], grouped)
        case promql.AggregateExpr():
            labels = set(node.modifier.labels) if node.modifier else set()
            yield from _walk(node.expr, functions, [*grouped, labels])
        case promql.BinaryExpr():
            yield from _walk(node.lhs, functions, grouped)
            yield from _walk(node.rhs, functions, grouped)
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.UnaryExpr():
            yield from _walk(node.expr, functions, grouped)


def faults(use: Use) -> list[str]:
    """What is wrong with a selector: unknown names, labels or values, a function that does not fit."""
    known = series()
    if use.name not in known:
        return [f"{use.name} is no metric of the contract"]
    labels = known[use.name] | TARGET
    found = [f"{use.name} has no label {m.name}" for m in use.matchers if m.name not in labels]
    found += [f"{use.name} is grouped by {by - labels}" for by in use.grouped if by - labels]
    found += [
        f"{use.name}: {m.name} is never {word!r}"
        for m in use.matchers
        for word in m.value.split("|")
        if m.name in VALUES and word not in VALUES[m.name]
    ]
    if _counts(use.name) != bool(OF_COUNTERS & set(use.functions)):
        found.append(f"{use.name}: rate and increase are for counters, and needed there")
    if "histogram_quantile" in use.functions and not all("le" in by for by in use.grouped):
        found.append(f"{use.name}: a quantile needs le")
    return found


def _counts(name: str) -> bool:
    return contract().get(name, {"type": "histogram"})["type"] in ("counter", "histogram")
