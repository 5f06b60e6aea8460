"""Emberlake: a data platform as Kubernetes resources."""
