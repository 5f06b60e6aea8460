"""Put the raw data and the job's script into S3: `python -m demo.load`."""

from demo import pipeline

if __name__ == "__main__":
    total, written = pipeline.load_raw()
    print(f"{total} objects under s3://lake/raw/, {written} written now")
