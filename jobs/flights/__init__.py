"""The reference pipeline: flights joined with the weather at their departure."""
