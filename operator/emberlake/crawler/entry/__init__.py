"""The metastore entry of a decided table: what both engines read, what changes, and the way back."""
