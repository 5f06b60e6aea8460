"""Version v1alpha1 of the API."""

from emberlake.api.v1alpha1.catalog import Catalog
from emberlake.api.v1alpha1.classifier import Classifier
from emberlake.api.v1alpha1.common import Resource
from emberlake.api.v1alpha1.crawl import Crawl
from emberlake.api.v1alpha1.sparkjob import SparkJob
from emberlake.api.v1alpha1.warehouse import Warehouse

KINDS: tuple[type[Resource], ...] = (Catalog, SparkJob, Crawl, Classifier, Warehouse)

__all__ = ["KINDS", "Catalog", "Classifier", "Crawl", "SparkJob", "Warehouse"]
