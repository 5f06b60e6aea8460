"""Which folders are one table, and which are its partitions."""
