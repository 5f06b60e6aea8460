"""Kubeflow's SparkApplication, read into a SparkJob. Pure."""
