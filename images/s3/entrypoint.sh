#!/bin/sh
# Buckets are folders: those of S3_BUCKETS are made before the server starts. Its root keys come from
# ROOT_ACCESS_KEY_ID and ROOT_SECRET_ACCESS_KEY in the environment.
set -eu
for bucket in ${S3_BUCKETS:-}; do
  mkdir -p "/data/buckets/$bucket"
done
mkdir -p /data/buckets
exec versitygw --port :7070 --region "${S3_REGION:-us-east-1}" --keep-alive --quiet --health /health posix /data/buckets
