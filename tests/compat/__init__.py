"""`make compat`: every case on Spark and on Sail, compared value by value."""
