"""NetworkPolicies as the API defines them: who may open a connection to whom.

Source: Kubernetes, "Network Policies", and the reference of networking.k8s.io/v1. A connection needs
the leave of both ends; an end that no policy selects for the direction gives it to everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

Document = Mapping[str, Any]


@dataclass(frozen=True)
class End:
    """A pod, or with no namespace an address outside of the cluster."""

    name: str
    ip: str
    namespace: str = ""
    labels: Document = field(default_factory=dict)


class Port(NamedTuple):
    """A port that somebody listens on."""

    number: int
    protocol: str = "TCP"

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


def allowed(policies: Iterable[Document], source: End, target: End, port: Port) -> bool:
    """Whether `source` may connect to `port` of `target`."""
    found = list(policies)
    leaves = _passes(found, "Egress", source, target, port)
    return leaves and _passes(found, "Ingress", target, source, port)


def _passes(policies: list[Document], direction: str, end: End, other: End, port: Port) -> bool:
    own = [policy for policy in policies if _selects(policy, direction, end)]
    rules = [rule for policy in own for rule in policy["spec"].get(direction.lower()) or ()]
    peers = "from" if direction == "Ingress" else "to"
    return not own or any(
        _any_peer(rule.get(peers), other, end.namespace) and _any_port(rule.get("ports"), port)
        for rule in rules
    )


def _selects(policy: Document, direction: str, end: End) -> bool:
    here = policy["metadata"]["namespace"] == end.namespace
    return (
        here
        and direction in policy["spec"]["policyTypes"]
        and matches(policy["spec"]["podSelector"], end.labels)
    )


def _any_peer(peers: list[Document] | None, other: End, namespace: str) -> bool:
    return not peers or any(_is_peer(peer, other, namespace) for peer in peers)


def _is_peer(peer: Document, other: End, namespace: str) -> bool:
    if "ipBlock" in peer:
        address = ip_address(other.ip)
        inside = [ip_network(cidr) for cidr in (peer["ipBlock"]["cidr"],)]
        outside = [ip_network(cidr) for cidr in peer["ipBlock"].get("except", ())]
        return any(address in net for net in inside) and not any(address in net for net in outside)
    if not other.namespace:
        return False
    labels = {"kubernetes.io/metadata.name": other.namespace}
    if "namespaceSelector" in peer:
        here = matches(peer["namespaceSelector"], labels)
    else:
        here = other.namespace == namespace
    return here and matches(peer.get("podSelector", {}), other.labels)


def _any_port(ports: list[Document] | None, port: Port) -> bool:
    return not ports or any(
        entry.get("protocol", "TCP") == port.protocol
        and ("port" not in entry or entry["port"] <= port.number <= entry.get("endPort", entry["port"]))
        for entry in ports
    )


def matches(selector: Document, labels: Document) -> bool:
    """Whether a LabelSelector takes these labels; an empty one takes all."""
    expressions = selector.get("matchExpressions") or ()
    return (selector.get("matchLabels") or {}).items() <= labels.items() and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Document, labels: Document) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(f"{expression['operator']!r} is no operator of a selector")
