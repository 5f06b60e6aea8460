"""The flags of spark-submit, and the SparkJob that they mean. Pure.

Rules: Spark 4.1, SparkSubmitArguments: a flag wins over --conf, and --conf over --properties-file, as fields
of a SparkJob win over sparkConf.
"""

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from emberlake.cli import sparkunits
from emberlake.cli.errors import UsageError

# Kept in step with emberlake.api.v1alpha1.sparkjob.OWNED_CONF, which takes long to import.
OWNED = (
    "spark.app.id",
    "spark.master",
    "spark.submit.deployMode",
    "spark.kubernetes.driver.pod.name",
)
NAMESPACE = "spark.kubernetes.namespace"
_LOCAL_SCHEME = re.compile(r"(file:|(?![A-Za-z][A-Za-z0-9+]*:/))")
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_NAME_LENGTH = 50
_SUFFIX_LENGTH = 6
_IGNORED = {
    "master": "the cluster is that of the kubeconfig's context",
    "queue": "it is for YARN",
    "supervise": "set spec.retry for that",
    "verbose": "--dry-run shows the SparkJob",
    "load_spark_defaults": "there are no local defaults; --properties-file names some",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Every option of spark-submit."""
    group = parser.add_argument_group("as for spark-submit")
    for flag, metavar, text in (
        ("--name", "NAME", "name of the SparkJob; default: made from the main file"),
        ("--class", "CLASS", "main class, for Java and Scala"),
        ("--master", "URL", "ignored: the cluster is that of the kubeconfig's context"),
        ("--properties-file", "FILE", "file with more settings; --conf wins"),
        ("--proxy-user", "USER", "user to act as"),
        ("--driver-java-options", "OPTIONS", "more options of the driver's JVM"),
        ("--driver-library-path", "PATH", "more library path entries of the driver"),
        ("--driver-class-path", "PATH", "more class path entries of the driver"),
        ("--principal", "PRINCIPAL", "Kerberos principal"),
        ("--keytab", "FILE", "refused: mount the keytab from a Secret"),
        ("--queue", "QUEUE", argparse.SUPPRESS),
    ):
        group.add_argument(flag, metavar=metavar, dest=_destination(flag), help=text)
    for flag, text in (
        ("--jars", "jars for the class path"),
        ("--py-files", ".py, .zip or .egg for the Python path"),
        ("--files", "files for the working directories"),
        ("--archives", "archives unpacked into the working directories"),
        ("--packages", "Maven coordinates group:artifact:version"),
        ("--exclude-packages", "group:artifact to leave out"),
        ("--repositories", "more Maven repositories"),
    ):
        group.add_argument(
            flag, metavar="LIST", type=_listed, default=[], help=f"{text}, with commas between"
        )
    group.add_argument("--deploy-mode", choices=("cluster", "client"), default="cluster", help="cluster only")
    group.add_argument(
        "-c",
        "--conf",
        metavar="KEY=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="Spark setting; may be repeated",
    )
    for flag in ("--driver-memory", "--executor-memory"):
        group.add_argument(flag, metavar="SIZE", type=_memory, help="JVM heap, for example 2g")
    for flag in ("--driver-cores", "--executor-cores", "--num-executors", "--total-executor-cores"):
        group.add_argument(flag, metavar="N", type=_count)
    for flags in (("--supervise",), ("-v", "--verbose"), ("--load-spark-defaults",)):
        group.add_argument(*flags, action="store_true", help=argparse.SUPPRESS)


def _destination(flag: str) -> str:
    return (
        "main_class" if flag == "--class" else "job_name" if flag == "--name" else flag[2:].replace("-", "_")
    )


def _listed(text: str) -> list[str]:
    return [part for word in text.split(",") if (part := word.strip())]


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value


def _memory(text: str) -> str:
    try:
        return sparkunits.memory(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def spark_job(
    arguments: argparse.Namespace, properties: Mapping[str, str], note: Callable[[str], None]
) -> tuple[dict[str, Any], str | None]:
    """The SparkJob of a spark-submit command line, and the namespace that its settings name.

    Args:
        properties: what stands in --properties-file.
        note: told about everything that is ignored.

    Raises:
        UsageError: a flag cannot be carried; names it and the mend.
    """
    _check(arguments, note)
    main_file, *application_arguments = arguments.application
    conf = _conf(arguments, properties, note)
    namespace = conf.pop(NAMESPACE, None)
    meta, app_name = object_metadata(
        arguments.job_name or conf.get("spark.app.name"), main_file, arguments.main_class
    )
    if app_name:
        note(f"{app_name!r} cannot be the name of an object: the SparkJob is {meta['name']!r}")
        conf["spark.app.name"] = app_name
    spec: dict[str, Any] = {
        "type": _type(main_file, arguments.main_class),
        "engine": arguments.engine,
        "release": arguments.release,
        "image": arguments.image,
        "catalogs": arguments.catalog,
        "mainApplicationFile": _location(main_file, "the main file"),
        "mainClass": arguments.main_class,
        "arguments": application_arguments,
        "deps": _dependencies(arguments),
        "proxyUser": arguments.proxy_user,
        "sparkConf": conf,
        "driver": _filled(
            cores=arguments.driver_cores,
            memory=arguments.driver_memory,
            javaOptions=arguments.driver_java_options,
        ),
        "executor": _filled(
            instances=arguments.num_executors,
            cores=arguments.executor_cores,
            memory=arguments.executor_memory,
        ),
    }
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": meta,
        "spec": _filled(**spec),
    }, namespace


def _check(arguments: argparse.Namespace, note: Callable[[str], None]) -> None:
    if arguments.deploy_mode == "client":
        raise UsageError(
            "--deploy-mode client would run the driver on this machine: a SparkJob's driver runs in the"
            " cluster; leave the flag out"
        )
    if arguments.keytab:
        raise UsageError(
            "--keytab names a file of this machine: put it into a Secret, mount that with driver.secrets and"
            " executor.secrets of a YAML, and set --conf spark.kerberos.keytab to its path"
        )
    for name, reason in _IGNORED.items():
        if getattr(arguments, name):
            note(f"--{name.replace('_', '-')} is ignored: {reason}")


def _conf(
    arguments: argparse.Namespace, properties: Mapping[str, str], note: Callable[[str], None]
) -> dict[str, str]:
    conf = {**properties, **dict(arguments.conf)}
    for flag, key in (
        ("driver_class_path", "spark.driver.extraClassPath"),
        ("driver_library_path", "spark.driver.extraLibraryPath"),
        ("principal", "spark.kerberos.principal"),
        ("total_executor_cores", "spark.cores.max"),
    ):
        if (value := getattr(arguments, flag)) is not None:
            conf[key] = str(value)
    for key in [key for key in conf if not key.startswith("spark.")]:
        note(f"{key} is ignored, as spark-submit does: settings begin with spark.")
        del conf[key]
    for key in OWNED:
        if conf.pop(key, None) is not None:
            note(f"{key} is ignored: the operator sets it")
    return conf


def _dependencies(arguments: argparse.Namespace) -> dict[str, Any]:
    located = {
        "jars": ("--jars", arguments.jars),
        "files": ("--files", arguments.files),
        "pyFiles": ("--py-files", arguments.py_files),
        "archives": ("--archives", arguments.archives),
    }
    return _filled(
        **{field: [_location(text, flag) for text in texts] for field, (flag, texts) in located.items()},
        packages=arguments.packages,
        excludePackages=arguments.exclude_packages,
        repositories=arguments.repositories,
    )


def _location(text: str, what: str) -> str:
    """The location, unless it is of this machine: nothing is uploaded from here."""
    if _LOCAL_SCHEME.match(text):
        raise UsageError(
            f"{what} {text!r} is a file of this machine: copy it to S3 and name it s3://..., or name a file"
            " of the image local://..."
        )
    return text


def _type(main_file: str, main_class: str | None) -> str:
    suffix = PurePosixPath(main_file).suffix.lower()
    found = {".py": "Python", ".r": "R"}.get(suffix)
    if found and main_class:
        raise UsageError(f"--class is for jars: leave it out, or name a jar instead of {main_file!r}")
    if found is None and main_class is None:
        raise UsageError(f"{main_file!r} is neither .py nor .R: name its main class with --class")
    return found or "Java"


def object_metadata(
    name: str | None, main_file: str, main_class: str | None
) -> tuple[dict[str, str], str | None]:
    """Metadata of the SparkJob, and the application's name when no object can have it."""
    if name is None:
        base = main_class.rpartition(".")[2] if main_class else PurePosixPath(main_file).stem
        return {"generateName": _slug(base, _NAME_LENGTH - _SUFFIX_LENGTH) + "-"}, None
    if _NAME.fullmatch(name) and len(name) <= _NAME_LENGTH:
        return {"name": name}, None
    return {"name": _slug(name, _NAME_LENGTH)}, name


def _slug(text: str, length: int) -> str:
    """What of a text can stand in the name of an object."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()).strip("-")
    found = words if words[:1].isalpha() else f"job-{words}"
    return found[:length].rstrip("-")


def _filled(**values: Any) -> dict[str, Any]:
    """The values that say something; 0 does."""
    return {key: value for key, value in values.items() if value is not None and value not in ([], {}, "")}
