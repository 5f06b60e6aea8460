"""The `emberlake` command line."""
