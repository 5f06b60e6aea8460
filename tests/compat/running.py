"""Asks an engine for the outcomes of cases, and keeps what it said for a later run."""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from compat.engines import Engine, EngineGoneError
from compat.reading import Case, filled

BATCH = 32
SECONDS = 120.0
Outcomes = dict[str, Any]


class Kept:
    """Outcomes of one engine in a file, by request."""

    def __init__(self, file: Path, *, fresh: bool) -> None:
        self._file = file
        self.outcomes: Outcomes = {} if fresh or not file.exists() else json.loads(file.read_text())

    def save(self) -> None:
        """Write all of them."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self.outcomes))


def outcomes(engine: Engine, kind: str, wanted: dict[str, Any], kept: Kept) -> Outcomes:
    """`wanted`: key -> what to run. An engine that goes away loses only the case that did it."""
    keys = {key: digest(kind, what) for key, what in wanted.items()}
    missing = [(keys[key], what) for key, what in wanted.items() if keys[key] not in kept.outcomes]
    size = BATCH if kind == "exprs" else 1
    for done in range(0, len(missing), size):
        kept.outcomes.update(_asked(engine, kind, dict(missing[done : done + size])))
        if done % (BATCH * 40) == 0:
            print(f"{engine.name}: {done} of {len(missing)} {kind}", file=sys.stderr)
            kept.save()
    kept.save()
    return {key: kept.outcomes[keys[key]] for key in wanted}


def digest(kind: str, what: Any) -> str:
    """The key under which an outcome is kept."""
    return hashlib.sha256(f"{kind} {json.dumps(what)}".encode()).hexdigest()[:24]


def _asked(engine: Engine, kind: str, wanted: dict[str, Any]) -> Outcomes:
    try:
        return engine.ask({kind: wanted}, SECONDS)
    except EngineGoneError as err:
        if len(wanted) == 1:
            return {next(iter(wanted)): {"error": f"the engine went away: {err}"}}
    return {k: v for key, what in wanted.items() for k, v in _asked(engine, kind, {key: what}).items()}


def column_cases(cases: Iterable[Case], spark: Outcomes, types: dict[str, str]) -> Iterator[Case]:
    """Calls again with their arguments as columns: an engine may take another path there than for literals.

    One query for each call and types of arguments, over the arguments for which Spark gave a result.
    """
    groups: dict[tuple[Any, ...], list[Case]] = defaultdict(list)
    for case in cases:
        if case.arguments and "error" not in spark[case.id] and all(a in types for a in case.arguments):
            groups[case.name, case.call, case.kinds, *(types[a] for a in case.arguments)].append(case)
    for (name, call, _, *kinds), members in groups.items():
        columns = [f"a{i}" for i in range(len(kinds))]
        rows = ", ".join(f"({n}, {', '.join(case.arguments)})" for n, case in enumerate(members))
        query = f"SELECT n, {filled(call, columns)} FROM VALUES {rows} AS t(n, {', '.join(columns)})"
        one = replace(members[0], call="", arguments=(), statements=(query,), ordered=False)
        yield replace(one, id=f"{filled(call, kinds)} of columns, {members[0].kinds}", name=name)
