"""Layouts of objects whose tables are known, made from a seed."""
