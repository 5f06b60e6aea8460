"""Runs the cases on both engines and judges what they say."""

import importlib
import inspect
import json
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from compat import engines, examples, kinds, reading, running
from compat.compare import Verdict, judge, types
from compat.platform import NO_PLATFORM, Platform
from compat.reading import CASES, Case
from compat.running import Kept, Outcomes

BUILD = Path(__file__).resolve().parents[2] / ".build/compat"
MODULES = ("relations", "aggregates", "expressions", "sessions", "udfs", "files", "csvfiles")
CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.warehouse.dir": str(BUILD / "warehouse"),
}


@dataclass(frozen=True)
class Result:
    """A case, what Spark said, and how Sail compares."""

    case: Case
    spark: Any
    verdict: Verdict


def judged(results: Iterable[Result]) -> list[tuple[Case, Verdict]]:
    """Without what Spark said."""
    return [(it.case, it.verdict) for it in results]


class Comparison:
    """Both engines and what they said; Sail behind the gateway of the engine `gateway`, if it is named."""

    def __init__(self, options: Namespace, lake: Platform = NO_PLATFORM, gateway: str = "") -> None:
        settings = {"conf": {**CONF, **lake.conf}, "tables": reading.tables()}
        programs = (options.spark_home, options.spark_python, options.python)
        self.spark = engines.spark(*programs, settings, BUILD, lake.keys)
        self.sail = engines.sail(options.python, settings, BUILD, {**lake.keys, **lake.sail}, gateway)
        self._only = set(options.only)
        self._kept = {
            engine: Kept(
                BUILD / f"{lake.name}{engine.name}.json",
                fresh=lake is not NO_PLATFORM or engine.name not in options.keep,
            )
            for engine in (self.spark, self.sail)
        }

    def functions(self) -> Iterator[Result]:
        """Of every function and cast: literals, columns, queries, and Spark's own examples."""
        cases = [c for c in reading.function_cases() if self._asked_for(c)]
        calls = [c for c in cases if c.call]
        found = self._types({a for c in calls for a in c.arguments})
        apart = reading.apart()
        calls = [replace(c, kinds=apart(c) or signature(c, found)) for c in calls]
        on_spark, on_sail = self._both("exprs", {c.id: c.expression for c in calls})
        yield from (result(c, on_spark[c.id], on_sail[c.id]) for c in calls)
        yield from self.queries(running.column_cases(calls, on_spark, found), refused=False)
        yield from self.queries(c for c in cases if c.statements)
        unstable = {c.name for c in cases if c.types_only}
        examples_of_spark = examples.cases(self.described())
        yield from self.queries(c for c in examples_of_spark if self._asked_for(c) and c.name not in unstable)

    def features(self) -> Iterator[Result]:
        """Of SQL, of the DataFrame API, of Python functions and of readers."""
        cases = [c for c in feature_cases() if self._asked_for(c)]
        yield from self.queries(c for c in cases if c.statements)
        frames = [c for c in cases if c.python]
        on_spark, on_sail = self._both("python", {c.python: python(c.python) for c in frames})
        yield from (result(c, on_spark[c.python], on_sail[c.python]) for c in frames)

    def described(self) -> dict[str, str]:
        """Every function of SHOW FUNCTIONS and its description."""
        outcome = self._ask(self.spark, "python", {"all": python("compat.examples:described")})["all"]
        found: dict[str, str] = json.loads(outcome["rows"])
        return found

    def versions(self) -> dict[str, str]:
        """Of the two engines."""
        for engine in (self.spark, self.sail):
            if not engine.version:
                engine.start()
        return {"sail": self.sail.version, "spark": self.spark.version}

    def stop(self) -> None:
        """End both."""
        self.spark.stop()
        self.sail.stop()

    def queries(self, cases: Iterable[Case], *, refused: bool = True) -> Iterator[Result]:
        """Of whole queries; of those that Spark refuses only with `refused`."""
        found = list(cases)
        wanted = {c.id: list(c.statements) for c in found}
        on_spark = self._ask(self.spark, "sql", wanted)
        wanted = {key: what for key, what in wanted.items() if refused or "error" not in on_spark[key]}
        on_sail = self._ask(self.sail, "sql", wanted)
        return (result(c, on_spark[c.id], on_sail[c.id]) for c in found if c.id in wanted)

    def _types(self, arguments: set[str]) -> dict[str, str]:
        said = self._ask(self.spark, "exprs", {argument: argument for argument in sorted(arguments)})
        return {argument: types(it["schema"]) for argument, it in said.items() if "error" not in it}

    def _asked_for(self, case: Case) -> bool:
        return not self._only or case.name in self._only or case.name.partition(":")[0] in self._only

    def _both(self, kind: str, wanted: dict[str, Any]) -> tuple[Outcomes, Outcomes]:
        return self._ask(self.spark, kind, wanted), self._ask(self.sail, kind, wanted)

    def _ask(self, engine: engines.Engine, kind: str, wanted: dict[str, Any]) -> Outcomes:
        return running.outcomes(engine, kind, wanted, self._kept[engine])


def signature(case: Case, types_of: dict[str, str]) -> str:
    """The kinds of its arguments."""
    return kinds.signature(case.name.partition(":")[0], [types_of.get(it) for it in case.arguments])


def result(case: Case, spark: Any, sail: Any) -> Result:
    """What the two said, judged as the case wants it."""
    verdict = judge(spark, sail, ordered=case.ordered, types_only=case.types_only, exact=case.exact)
    return Result(case, spark, verdict)


def feature_cases() -> Iterator[Case]:
    """Of cases/features and of the modules of features/."""
    for file in sorted((CASES / "features").glob("*.txt")):
        yield from reading.cases(reading.lines(file), {})
    for module in MODULES:
        yield from importlib.import_module(f"compat.features.{module}").feature.found


def python(function: str) -> dict[str, str]:
    """A request to run it, with the text of its module: what was said of another text is not kept."""
    module = importlib.import_module(function.partition(":")[0])
    return {"function": function, "source": inspect.getsource(module)}
