"""Writers that are killed, or lose answers, at a chosen step: the harness of test_sail_writes."""
