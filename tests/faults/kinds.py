"""The kinds that a plan looks at."""

from emberlake.core.kinds import CHILDREN, OWN, Kind

# The operator has nothing to do with quotas, and yet they are in its way.
_QUOTA = Kind("ResourceQuota", "", "v1", "resourcequotas")
BY_PLURAL = {kind.plural: kind for kind in (*OWN.values(), *CHILDREN.values(), _QUOTA)}
PLURALS = {kind.kind: kind.plural for kind in BY_PLURAL.values()}


def path(plural: str, namespace: str, name: str = "", subresource: str = "") -> str:
    """Path of a collection, an object or its subresource."""
    return "/".join(part for part in (BY_PLURAL[plural].collection(namespace), name, subresource) if part)
