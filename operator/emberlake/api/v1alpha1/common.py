"""What all kinds share: the base model, conditions, failures, names and sizes."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from emberlake.api.quantity import CPU_PATTERN, DURATION_PATTERN, MEMORY_PATTERN

Memory = Annotated[str, Field(pattern=MEMORY_PATTERN, max_length=16)]
Cpu = Annotated[str, Field(pattern=CPU_PATTERN, max_length=16)]
Duration = Annotated[str, Field(pattern=DURATION_PATTERN, max_length=16)]
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
SqlName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
S3Uri = Annotated[str, Field(pattern=r"^s3a?://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$", max_length=1024)]
State = Literal[
    "Pending", "Queued", "Starting", "Running", "Retrying", "Succeeded", "Failed", "Cancelled", "Suspended"
]
Category = Literal[
    "User", "OutOfMemory", "Evicted", "Infrastructure", "Image", "Quota", "Timeout", "Validation"
]


class Rule(BaseModel):
    """A CEL rule of the CRD: what must hold, and what the user reads when it does not."""

    rule: str
    message: str
    field_path: str | None = None


class Model(BaseModel):
    """Base of every API object: camelCase outside, unknown fields refused.

    `cel` holds the CEL rules of this object; `preserve_unknown` lets an object through as it is;
    `defaulted` makes an object without required fields where it is left out.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    cel: ClassVar[tuple[Rule, ...]] = ()
    preserve_unknown: ClassVar[bool] = False
    defaulted: ClassVar[bool] = True


class StatusModel(Model):
    """Base of status objects: fields of a newer release are ignored, so that a downgrade can read them."""

    model_config = ConfigDict(extra="ignore")


class PodTemplate(Model):
    """A PodTemplateSpec, passed through: the fields Emberlake sets itself win."""

    model_config = ConfigDict(extra="allow")
    preserve_unknown: ClassVar[bool] = True

    def document(self) -> dict[str, Any]:
        """The template as the user wrote it."""
        return dict(self.model_extra or {})


class Condition(StatusModel):
    """One condition, as the Kubernetes API conventions define it."""

    type: str = Field(max_length=64, description="Succeeded, Ready, Reconciling or Stalled.")
    status: Literal["True", "False", "Unknown"]
    reason: str = Field(max_length=128, description="One CamelCase word; part of the API.")
    message: str = Field(max_length=4096, description="What happened and what to do about it.")
    last_transition_time: str = Field(max_length=64, description="When status last changed.")
    observed_generation: int | None = Field(None, description="The generation this was decided on.")


class Failure(StatusModel):
    """Why a run failed."""

    category: Category = Field(description="Who has to act: the user, the platform, or nobody (retried).")
    reason: str = Field(max_length=128, description="One CamelCase word.")
    message: str = Field(max_length=2048, description="For a Python job the last lines of its traceback.")


class BaseStatus(StatusModel):
    """Status fields of every kind."""

    observed_generation: int | None = Field(None, description="The generation this status describes.")
    state: State | Literal["Ready", "NotReady"] | None = Field(
        None, description="One word for people, derived from the conditions."
    )
    reason: str | None = Field(None, max_length=128, description="Why the object is in this state.")
    message: str | None = Field(None, max_length=4096, description="The same for people.")
    conditions: list[Condition] = Field(
        default_factory=list, max_length=16, json_schema_extra={"x-kubernetes-list-map-keys": ["type"]}
    )


class Column(BaseModel):
    """A printer column of `kubectl get`."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


class Scale(BaseModel):
    """Paths of the scale subresource."""

    spec_path: str
    status_path: str
    selector_path: str


class Resource(BaseModel):
    """A kind: `spec` and `status` models, and what the CRD says beside its schema."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    short_name: ClassVar[str]
    description: ClassVar[str]
    spec_model: ClassVar[type[Model]]
    status_model: ClassVar[type[BaseStatus]]
    columns: ClassVar[tuple[Column, ...]]
    root_rules: ClassVar[tuple[Rule, ...]] = ()
    scale: ClassVar[Scale | None] = None
