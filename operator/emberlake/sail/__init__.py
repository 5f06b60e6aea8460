"""The program in the driver pod of a job that runs on Sail: server, gateway, script, report."""
