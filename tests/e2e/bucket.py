"""What the tests put into the bucket."""

from demo import pipeline


def empty(prefix: str) -> None:
    """Delete all objects under `prefix`."""
    with pipeline.object_store() as s3:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=pipeline.BUCKET, Prefix=prefix):
            if keys := [{"Key": item["Key"]} for item in page.get("Contents", ())]:
                s3.delete_objects(Bucket=pipeline.BUCKET, Delete={"Objects": keys})
