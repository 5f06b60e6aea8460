"""SparkJob: a bounded Spark application whose driver pod the operator builds itself."""

from emberlake.core.capability import Capability
from emberlake.sparkjob.metrics import deadline, measure
from emberlake.sparkjob.observe import Observed, observe
from emberlake.sparkjob.plan import plan, refused

CAPABILITY: Capability[Observed] = Capability(
    kind="SparkJob",
    children=("Pod",),
    references={"Catalog": lambda obj: frozenset(obj["spec"].get("catalogs") or ())},
    observe=observe,
    plan=plan,
    refused=refused,
    measure=measure,
    deadline=deadline,
)
