"""What one folder is as a table: its format, its columns and its counts."""
