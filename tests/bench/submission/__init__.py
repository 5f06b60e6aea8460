"""How many jobs a minute an operator of Spark jobs carries, on one machine with its control plane."""
