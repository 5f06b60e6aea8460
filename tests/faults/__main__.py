"""Runs the fault suite: `python -m faults`, or one plan of it by its name."""

import argparse
import asyncio
import math
import sys
from collections.abc import Sequence

from faults import sample
from faults.plans import Covered, Plan
from faults.report import report, write_docs
from faults.results import Result, Store
from faults.suite import AT_ONCE, REFERENCE_QUIET, SHORT_QUIET, Suite, ground
from faults.workloads import BY_NAME


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--plan", help="replay this plan, for example job-succeeds/kill-after/3")
    parser.add_argument("--workload", action="append", help="only plans of this workload")
    parser.add_argument("--sample", action="store_true", help="only the sample of make test, always anew")
    parser.add_argument("--again", action="store_true", help="also what passed with this source already")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="plans side by side")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no plan after so long")
    parser.add_argument("--brief", action="store_true", help="let reference runs be quiet for 3 s, not 60 s")
    parser.add_argument("--docs", action="store_true", help="write the report of what was run into the docs")
    return parser.parse_args()


async def _run(options: argparse.Namespace, store: Store) -> int:
    async with ground() as found:
        suite = Suite(found, store, options.at_once)
        quiet = SHORT_QUIET if options.plan or options.sample or options.brief else REFERENCE_QUIET
        covered = None if options.plan or options.sample or options.workload else Covered()
        known = await suite.plans([BY_NAME[name] for name in _names(options)], quiet, covered)
        wanted = _chosen(known, options, store)
        print(f"{len(known)} plans, {len(wanted)} to run", flush=True)
        failed = len(suite.broken)
        for result in suite.broken:
            _tell(result)
        async for result in suite.results(wanted, 60 * options.minutes):
            failed += not result.passed
            _tell(result)
    return 1 if failed else 0


def _names(options: argparse.Namespace) -> Sequence[str]:
    """The workloads to look at."""
    if options.plan:
        return [options.plan.split("/")[0]]
    return sample.WORKLOADS if options.sample else options.workload or list(BY_NAME)


def _chosen(known: list[Plan], options: argparse.Namespace, store: Store) -> list[Plan]:
    """The plans to run, in their order."""
    if options.plan:
        return [plan for plan in known if plan.id == options.plan]
    if options.sample:
        return sample.sample(known)
    passed = {(result.plan, result.detail) for result in store.results() if result.passed}
    wanted = [plan for plan in known if options.again or (plan.id, plan.detail) not in passed]
    return sorted(wanted, key=sample.draw)


def _tell(result: Result) -> None:
    verdict = "passed" if result.passed else "FAILED"
    print(f"{verdict} {result.plan} ({result.detail}) {result.seconds} s", flush=True)
    for problem in result.problems:
        print(f"    {problem}", flush=True)


def main() -> int:
    """The command line; its exit code."""
    options = _arguments()
    store = Store.open()
    if options.docs:
        write_docs(store.results())
        return 0
    code = asyncio.run(_run(options, store))
    if not options.plan:
        print(report(store.results()))
    return code


if __name__ == "__main__":
    sys.exit(main())
