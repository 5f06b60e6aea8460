"""`python -m bench.one_job SPARK_HOME`: seconds from apply to each phase, a SparkJob beside spark-submit."""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from demo import kube
from demo.show import stage
from kubernetes import config

from bench.one_job import submit
from bench.one_job.phases import Moments
from bench.report import markdown


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spark", type=Path, help="an unpacked Spark with bin/spark-submit")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    config.load_kube_config(kube.KUBECONFIG)
    submit.script()
    ours: list[Moments] = []
    plain: list[Moments] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeat):
            with stage(f"SparkJob {number + 1}"):
                moments, config_map = submit.by_spark_job()
                ours.append(moments)
            with stage(f"spark-submit {number + 1}"):
                plain.append(submit.by_spark_submit(options.spark, config_map, Path(folder)))
    kube.kubectl("delete", "configmap", submit.NAME, "-n", submit.NS)
    print(markdown(("seconds since apply", "SparkJob", "spark-submit"), rows(ours, plain)))


def rows(ours: list[Moments], plain: list[Moments]) -> list[list[str]]:
    """Medians of each phase in the order in which the SparkJob went through them."""
    columns = [{phase: median(run[phase] for run in runs) for phase in runs[0]} for runs in (ours, plain)]
    order = sorted(columns[0], key=columns[0].__getitem__)
    return [[phase, *(f"{column[phase]:.1f}" for column in columns)] for phase in order]


if __name__ == "__main__":
    main()
