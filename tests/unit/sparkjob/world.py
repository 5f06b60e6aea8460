"""A small world around one SparkJob: API server, watch, kubelet and clock, without waiting or chance.

The operator's own observe, plan and apply run in it. What the watch brings may lag behind, and a reconcile
may die after any of its writes.
"""

import asyncio
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from emberlake.core.api import ApiError, Listing
from emberlake.core.cache import Cache
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Delete, Manifest, Ref
from emberlake.core.objects import ROLE_LABEL, ref_of, timestamp
from emberlake.core.reconcile import Reconciler
from emberlake.sparkjob import CAPABILITY
from emberlake.sparkjob.observe import Observed, observe
from unit.sparkjob.fixtures import CATALOG, NOW, SETTINGS, SPEC

JOB = Ref("SparkJob", "demo", "etl")
LAKE = Ref("Catalog", "demo", "lake")
OVER = ("Succeeded", "Failed")
FROZEN = ("Starting", "Running", "Retrying")
GRACE = timedelta(seconds=30)


class CrashError(BaseException):
    """The operator died."""


@dataclass
class Server:
    """The API server's part of the world."""

    now: datetime = NOW
    objects: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    refuses: ApiError | None = None
    version: int = 0
    writes: list[str] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    crash_after: int | None = None
    events: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)

    def put(self, obj: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.objects[ref_of(obj)] = obj
        self._tell("MODIFIED", obj)
        return deepcopy(obj)

    def drop(self, ref: Ref) -> None:
        self._tell("DELETED", self.objects.pop(ref))

    def _tell(self, event: str, obj: dict[str, Any]) -> None:
        self.events.setdefault(obj["kind"], []).append((event, deepcopy(obj)))

    def _written(self, what: str) -> None:
        self.writes.append(what)
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after < 0:
                raise CrashError

    async def get(self, ref: Ref) -> dict[str, Any] | None:
        return deepcopy(self.objects.get(ref))

    async def list(self, kind: str, namespace: str, selector: str) -> Listing:
        wanted = dict(part.split("=") for part in selector.split(","))
        found = [
            deepcopy(obj)
            for ref, obj in self.objects.items()
            if ref.kind == kind and wanted.items() <= obj["metadata"].get("labels", {}).items()
        ]
        return Listing(found, self.version)

    async def first(
        self, kind: str, namespace: str, selector: str, fields: str = ""
    ) -> dict[str, Any] | None:
        found = (await self.list(kind, namespace, selector)).items
        phase = fields.partition("=")[2]
        return next((pod for pod in found if not phase or pod["status"]["phase"] == phase), None)

    async def logs(self, *_: object) -> str:
        return ""

    async def create(self, manifest: Manifest) -> dict[str, Any]:
        obj = deepcopy(dict(manifest))
        if ref_of(obj) in self.objects:
            raise ApiError(409, "AlreadyExists", "it exists")
        if obj["kind"] == "Pod" and self.refuses is not None:
            raise self.refuses
        obj["metadata"] |= {"uid": f"uid-{self.version + 1}", "creationTimestamp": timestamp(self.now)}
        if obj["kind"] == "Pod":
            obj["status"] = {"phase": "Pending"}
        answer = self.put(obj)
        self._written(f"create {obj['kind']}")
        return answer

    async def apply(self, manifest: Manifest, *, subresource: str = "") -> dict[str, Any]:
        ref, known = ref_of(manifest), self.objects.get(ref_of(manifest))
        if not subresource:
            if known and known["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
                raise ApiError(409, "Conflict", "it was changed")
            uid = known["metadata"]["uid"] if known else f"uid-{self.version + 1}"
            answer = self.put({**manifest, "metadata": {**manifest["metadata"], "uid": uid}})
            self._written(f"apply {ref.kind}")
            return answer
        if known is None:
            raise ApiError(404, "NotFound", "it is gone")
        if known["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "it was changed")
        self.statuses.append(deepcopy(manifest["status"]))
        answer = self.put({**known, "status": deepcopy(manifest["status"])})
        self._written("status")
        return answer

    async def delete(self, action: Delete) -> None:
        known = self.objects.get(action.ref)
        if known is None or known["metadata"]["uid"] != action.uid:
            return
        if action.resource_version not in (None, known["metadata"]["resourceVersion"]):
            raise ApiError(409, "Conflict", "it was changed")
        self.remove(action.ref)
        self._written(f"delete {action.ref.kind}")

    def remove(self, ref: Ref) -> None:
        """Delete as kubectl does: a pod whose kubelet may still answer goes later."""
        obj = self.objects[ref]
        running = ref.kind == "Pod" and obj["status"]["phase"] not in OVER and obj["spec"].get("nodeName")
        if not running:
            self.drop(ref)
        elif "deletionTimestamp" not in obj["metadata"]:
            obj["metadata"]["deletionTimestamp"] = timestamp(self.now + GRACE)
            self.put(obj)


class Timers:
    """Notes when a reconcile wants to look again."""

    def __init__(self) -> None:
        self.wait: float | None = None

    def add(self, key: Ref, *, back: bool = False) -> None:
        """Every reconcile of the tests is asked for by them."""

    def add_after(self, key: Ref, seconds: float) -> None:
        self.wait = seconds


class _Context(Context):
    def now(self) -> datetime:
        return cast("Server", self.api).now


@dataclass
class World:
    """One job and what happens to it."""

    server: Server = field(default_factory=Server)
    cache: Cache = field(default_factory=Cache)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    seen: dict[Ref, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def with_job(cls, **spec: Any) -> "World":
        """A world with a ready Catalog and a job that is new."""
        world = cls()
        world.catalog("True")
        meta = {"name": "etl", "namespace": "demo", "uid": "uid-job", "generation": 1, "annotations": {}}
        meta["creationTimestamp"] = timestamp(NOW)
        job = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "SparkJob", "metadata": meta}
        world.server.put({**job, "spec": {**deepcopy(SPEC), **spec}})
        world.watch()
        return world

    # What the operator does

    def watch(self, *kinds: str) -> None:
        """Let the watch bring all it has of these kinds, by default of all."""
        for kind in kinds or tuple(self.server.events):
            for event, obj in self.server.events.pop(kind, ()):
                if event == "DELETED":
                    self.seen.pop(ref_of(obj), None)
                    self.cache.discard(deepcopy(obj))
                else:
                    self.seen[ref_of(obj)] = obj
                    self.cache.upsert(deepcopy(obj))

    def restart(self) -> None:
        """Another replica leads: its cache knows what the watch brought, and no own writes."""
        self.cache = Cache()
        for obj in self.seen.values():
            self.cache.upsert(deepcopy(obj))

    def reconcile(self) -> float | None:
        """One reconcile; when it wants to look again, in seconds."""
        capabilities: dict[str, Capability[Any]] = {"SparkJob": CAPABILITY}
        reconciler = Reconciler(_Context(cast("Any", self.server), self.cache, SETTINGS), capabilities)
        timers = Timers()
        reconciler.queue = cast("Any", timers)
        try:
            self.loop.run_until_complete(reconciler.reconcile(JOB))
        except ApiError as error:
            if error.status != 409:
                raise
            timers.wait = 0.5
        return timers.wait

    def observed(self) -> Observed:
        """What the operator sees."""
        context = _Context(cast("Any", self.server), self.cache, SETTINGS)
        return self.loop.run_until_complete(observe(context, deepcopy(self.job)))

    def settle(self) -> float | None:
        """Reconcile until nothing is written any more; when to look again then, in seconds."""
        for _ in range(20):
            self.watch()
            before = len(self.server.writes)
            wait = self.reconcile()
            if len(self.server.writes) == before:
                return wait
        raise AssertionError(f"it never comes to rest: {self.server.writes[-10:]}")

    # What people, kubelets and time do

    def catalog(self, ready: str | None) -> None:
        """Let the Catalog be ready ("True"), not ready ("False"), or gone (None)."""
        if ready is None:
            if LAKE in self.server.objects:
                self.server.drop(LAKE)
            return
        meta = {"name": "lake", "namespace": "demo", "uid": "uid-lake"}
        status = {"conditions": [{"type": "Ready", "status": ready}], "message": "bucket lake is missing"}
        spec = CATALOG.model_dump(by_alias=True, exclude_none=True, mode="json")
        catalog = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "Catalog", "metadata": meta}
        self.server.put({**catalog, "spec": spec, "status": status})

    def annotate(self, key: str, value: str) -> None:
        self.job["metadata"]["annotations"][f"emberlake.dev/{key}"] = value
        self.server.put(self.job)

    def change(self, **spec: Any) -> None:
        """Change the spec, as far as the API server allows it."""
        frozen = self.status.get("state") in FROZEN
        allowed = {
            key: value
            for key, value in spec.items()
            if not frozen or key in ("suspend", "retention", "ttlAfterFinished")
        }
        if self.job["spec"] != {**self.job["spec"], **allowed}:
            self.job["spec"] |= allowed
            self.job["metadata"]["generation"] += 1
            self.server.put(self.job)

    def pod(self, pod: Mapping[str, Any], **status: Any) -> None:
        """What a kubelet writes."""
        spec = {**pod["spec"], "nodeName": "node-1"}
        self.server.put({**pod, "spec": spec, "status": {**pod["status"], **status}})

    def executor(self, phase: str) -> None:
        """An executor pod of the present application."""
        labels = {"spark-app-selector": self.status["attempt"]["applicationId"], "spark-role": "executor"}
        meta = {"name": "etl-exec-1", "namespace": "demo", "uid": "uid-exec", "labels": labels}
        self.server.put(
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}, "status": {"phase": phase}}
        )

    def pass_time(self, seconds: float) -> None:
        self.server.now += timedelta(seconds=int(seconds) + 1)

    # What is there

    @property
    def gone(self) -> bool:
        return JOB not in self.server.objects

    @property
    def job(self) -> dict[str, Any]:
        return self.server.objects[JOB]

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job.get("status") or {}
        return found

    @property
    def state(self) -> str | None:
        return self.status.get("state")

    @property
    def drivers(self) -> list[dict[str, Any]]:
        """All driver pods, oldest first."""
        return [
            obj
            for ref, obj in self.server.objects.items()
            if ref.kind == "Pod" and obj["metadata"]["labels"].get(ROLE_LABEL) == "driver"
        ]

    @property
    def live(self) -> list[dict[str, Any]]:
        """Driver pods whose containers may run."""
        return [pod for pod in self.drivers if pod["status"]["phase"] not in OVER]

    @property
    def config_maps(self) -> list[str]:
        return [ref.name for ref in self.server.objects if ref.kind == "ConfigMap"]

    @property
    def size(self) -> int:
        """Bytes of the status, as it is stored."""
        return len(json.dumps(self.status, ensure_ascii=False).encode())
