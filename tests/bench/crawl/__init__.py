"""Figures of the crawler."""
