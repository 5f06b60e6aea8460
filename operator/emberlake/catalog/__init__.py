"""The Catalog capability: renders every engine's configuration, checks that metastore and bucket answer."""
