"""The cluster tier: a real API server, a fresh namespace for each test."""

import uuid
from collections.abc import Iterator

import pytest
from demo import kube


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kube.kubectl("create", "namespace", name)
    yield name
    kube.kubectl("delete", "namespace", name, "--wait=false")
