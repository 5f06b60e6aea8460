"""Failures that are well known: how they show, who has to act, and what mends them. Pure."""

import re
from typing import NamedTuple

from emberlake.api.v1alpha1.common import Category, Failure

_S3_PATH = re.compile(r"(?:s3[an]?://[^\s`':,;\"]+|(?<=AccessDeniedException: )[^\s:]+)")


class Rule(NamedTuple):
    """One known failure.

    Attributes:
        pattern: searched in the text of a chain of exceptions.
        says: the sentence for people, a format string over the pattern's groups and `path`, the S3 path.
    """

    pattern: str
    category: Category
    reason: str
    says: str


def known(text: str) -> Failure | None:
    """The first known failure that a chain of exceptions shows, None when there is none."""
    for rule in RULES:
        if match := re.search(rule.pattern, text):
            return Failure(category=rule.category, reason=rule.reason, message=_sentence(rule, match, text))
    return None


def _sentence(rule: Rule, match: re.Match[str], text: str) -> str:
    path = _S3_PATH.search(text)
    # Class files of Java N have version N + 44 (JVM specification, table 4.1-A).
    groups = {
        name: str(int(value) - 44) if name.startswith("java") else value
        for name, value in match.groupdict(default="").items()
    }
    return rule.says.format(path=path[0].rstrip(".") if path else "the object", **groups)


_MEMORY = (
    Rule(
        r"OutOfMemoryError: Not enough memory to build and broadcast",
        "OutOfMemory",
        "BroadcastTooLarge",
        "a table is too large to be sent to every executor: set spark.sql.autoBroadcastJoinThreshold to -1"
        " in sparkConf, or raise driver.memory",
    ),
    Rule(
        r"OutOfMemoryError: (?:Metaspace|Compressed class space)",
        "OutOfMemory",
        "Metaspace",
        "the JVM ran out of room for classes: raise -XX:MaxMetaspaceSize in driver.javaOptions, or drop it",
    ),
    Rule(
        r"OutOfMemoryError: (?:Direct buffer memory|Cannot reserve \d+ bytes of direct buffer)",
        "OutOfMemory",
        "DirectMemory",
        "the JVM ran out of memory beside its heap: raise memoryOverhead, and -XX:MaxDirectMemorySize in"
        " javaOptions if it is set",
    ),
    Rule(
        r"executor (?P<id>\d+)\): java\.lang\.OutOfMemoryError",
        "OutOfMemory",
        "ExecutorHeap",
        "the JVM of executor {id} ran out of heap: raise executor.memory, or use more and smaller partitions",
    ),
    Rule(
        r"java\.lang\.OutOfMemoryError",
        "OutOfMemory",
        "JavaHeap",
        "the driver's JVM ran out of heap: raise driver.memory, or collect less to the driver",
    ),
    Rule(
        r"^MemoryError(?s:.*)in a Python function on an executor",
        "OutOfMemory",
        "PythonMemory",
        "a Python function on an executor ran out of memory: raise executor.memoryOverhead (and"
        " executor.pythonMemory if it is set), or use more and smaller partitions",
    ),
    Rule(
        r"^(?:numpy\S*)?MemoryError",
        "OutOfMemory",
        "PythonMemory",
        "the driver's Python ran out of memory, which lies beside the heap: raise driver.memoryOverhead",
    ),
    Rule(
        r"Python worker exited unexpectedly \(crashed\): Fatal Python error: (?P<signal>[\w ]+)",
        "User",
        "PythonWorkerCrashed",
        "a native library crashed in a Python worker on an executor ({signal})",
    ),
    # Where the kernel kills single processes, the worker goes and its executor stays.
    Rule(
        r"Python worker exited unexpectedly \(crashed\)",
        "OutOfMemory",
        "PythonWorkerKilled",
        "a Python worker on an executor ended without a word, as one does that is killed for memory: raise"
        " executor.memoryOverhead, or use more and smaller partitions (if a native library crashed instead,"
        " spark.python.worker.faulthandler.enabled in sparkConf shows it)",
    ),
    Rule(
        r"bigger than (?:local maxResultSize|spark\.driver\.maxResultSize) \((?P<limit>[^)]+)\)",
        "User",
        "ResultTooLarge",
        "the result for the driver is larger than spark.driver.maxResultSize ({limit}): write it to a table,"
        " or raise that setting and driver.memory",
    ),
)

_STORAGE = (
    Rule(
        r"No space left on device",
        "User",
        "DiskFull",
        "no space is left for shuffle and spill: set executor.localStorage, or mount a larger volume named"
        " spark-local-dir-1 (driver.volumes, executor.volumes)",
    ),
    Rule(
        r"NoAuthWithAWSException|NoAwsCredentialsException",
        "User",
        "S3CredentialsMissing",
        "there are no credentials for {path}: name a Catalog with s3.credentials in catalogs, or a"
        " serviceAccountName that has a cloud identity",
    ),
    Rule(
        r"(?:awssdk|S3Exception|s3a)(?s:.*)(?:InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken"
        r"|InvalidToken|Access Key Id you provided does not exist|signature we calculated does not match"
        r"|token has expired)",
        "User",
        "S3CredentialsInvalid",
        "S3 does not take the credentials for {path}: check the Secret of the Catalog's s3.credentials",
    ),
    Rule(
        r"(?:S3Exception|AccessDeniedException): (?s:.*)(?:Status Code: 403|AccessDenied\b)",
        "User",
        "S3AccessDenied",
        "S3 denied access to {path} (403): the key is unknown, or may not do this; check the Secret of the"
        " Catalog's s3.credentials and the policy of the bucket",
    ),
    Rule(
        r"UnknownStoreException|NoSuchBucket",
        "User",
        "S3BucketNotFound",
        "the bucket of {path} does not exist at this endpoint: check the name",
    ),
    Rule(
        r"No such file or directory: s3|Path does not exist: s3|NoSuchKey",
        "User",
        "S3ObjectNotFound",
        "there is nothing at {path}: check the path, and whether what should be there was written",
    ),
    Rule(
        r"(?:s3a|awssdk)(?s:.*)(?:Unsupported or unrecognized SSL message|PKIX path building failed"
        r"|Remote host terminated the handshake)",
        "User",
        "S3EndpointTls",
        "TLS with the S3 endpoint failed: check http against https in the Catalog's s3.endpoint, and whether"
        " its certificate is trusted",
    ),
    Rule(
        r"AWSRedirectException|AuthorizationHeaderMalformed|S3Exception: Bad Request \(",
        "User",
        "S3RequestRefused",
        "S3 refused the request for {path} as malformed or meant for another region: check the Catalog's"
        " s3.region and s3.endpoint",
    ),
    Rule(
        r"(?s)(?=.*awssdk)UnknownHostException: (?P<host>[\w-]+\.[\w.-]+)",
        "Infrastructure",
        "S3Unreachable",
        "the S3 endpoint {host} has no address: check the Catalog's s3.endpoint, or the cluster's DNS",
    ),
    Rule(
        r"(?s)awssdk.*Connect to (?P<host>\S+) .{0,80}failed",
        "Infrastructure",
        "S3Unreachable",
        "the S3 endpoint {host} does not answer: check the Catalog's s3.endpoint, and whether it runs",
    ),
    Rule(
        r"(?s)awssdk.*(?:Connection refused|[Cc]onnect timed out|Connection reset|No route to host"
        r"|Read timed out)",
        "Infrastructure",
        "S3Unreachable",
        "the S3 endpoint does not answer: check the Catalog's s3.endpoint, and whether it runs",
    ),
    Rule(
        r"Failed to connect to Hive Metastore|Could not connect to meta store"
        r"|HiveMetaStoreClient(?s:.*)TTransportException",
        "Infrastructure",
        "MetastoreUnreachable",
        "the Hive metastore does not answer: check the Catalog's metastore.uris, and whether it runs",
    ),
    Rule(
        r"iceberg\.exceptions\.CommitStateUnknownException",
        "User",
        "CommitStateUnknown",
        "whether the commit to the Iceberg table took place is not known: look at the table's last snapshot"
        " before running this again",
    ),
    Rule(
        r"iceberg\.exceptions\.(?:CommitFailedException|ValidationException: (?:Found (?:new )?conflicting"
        r"|Missing required files|Cannot commit))",
        "User",
        "CommitConflict",
        "another writer changed the Iceberg table in the meantime, so nothing was written: run this again,"
        " and keep writers of the same rows apart",
    ),
)

_CODE = (
    Rule(
        r"\[PACKAGE_NOT_INSTALLED\] (?P<package>.+?) must be installed",
        "User",
        "PackageNotInstalled",
        "the Python package {package} is missing: add it to deps.requirements",
    ),
    Rule(
        r"^ModuleNotFoundError: No module named '(?P<module>[^']+)'(?s:.*)in a Python function on an exec",
        "User",
        "ModuleNotFoundError",
        "executors have no Python module {module}: add its package to deps.requirements, or your own code to"
        " deps.pyFiles",
    ),
    Rule(
        r"(?m)^(?:caused by )?ModuleNotFoundError: No module named '(?P<module>[^']+)'",
        "User",
        "ModuleNotFoundError",
        "there is no Python module {module}: add its package to deps.requirements, or your own code to"
        " deps.pyFiles",
    ),
    Rule(
        r"^RError: there is no package called .(?P<package>[\w.]+)",
        "User",
        "PackageNotInstalled",
        "the R package {package} is missing: use an image that has it",
    ),
    Rule(
        r"UnsupportedClassVersionError: .*class file version (?P<java_built>\d+).* up to (?P<java_runs>\d+)",
        "User",
        "JavaVersion",
        "the application was compiled for Java {java_built} and the image has Java {java_runs}:"
        " compile it for {java_runs}",
    ),
    Rule(
        r"NoSuchMethodException: (?P<type>[\w.$]+)\.main\(",
        "User",
        "MainMethodMissing",
        "mainClass {type} has no public static method main(String[])",
    ),
    Rule(
        r"(?P<kind>NoSuchMethodError|NoSuchFieldError|AbstractMethodError|IncompatibleClassChangeError): ",
        "User",
        "LibraryConflict",
        "a library has another version than the application was compiled with ({kind}): compile against the"
        " release's Spark and Scala, and leave what the image brings out of the jar",
    ),
    Rule(
        r"(?:ClassNotFoundException|NoClassDefFoundError): (?P<type>[\w./$]+)",
        "User",
        "ClassNotFound",
        "class {type} is not on the class path: add its jar to deps.jars or deps.packages",
    ),
)

_CLUSTER = (
    Rule(
        r"Number of executors must be a positive number",
        "User",
        "NoExecutorsAsked",
        "spark.executor.instances is no number of executors: set executor.instances to 0 (the tasks run in"
        " the driver) or more, or use dynamicAllocation",
    ),
    Rule(
        r"External scheduler cannot be instantiated",
        "User",
        "DriverApiAccess",
        "the driver may not use the Kubernetes API: its ServiceAccount (serviceAccountName) needs a token and"
        " the Role that the chart gives to emberlake-driver",
    ),
    Rule(
        r"FetchFailedException|has failed the maximum allowable number of times",
        "Infrastructure",
        "ShuffleLost",
        "shuffle data went with its executors again and again: look at why executors end, or use"
        " executor.localStorage",
    ),
)

# As Sail says it: its object store tells HTTP's answer, or what the connection ended with.
_SAIL = (
    Rule(
        r"Failed to allocate additional \S+ \w+ for (?P<what>\w+)\S* with .* already allocated for this",
        "OutOfMemory",
        "SailMemory",
        "a query needs more than Sail's part of the driver's memory (for {what}): raise driver.memory, or set"
        " spec.engine: Spark, or Auto",
    ),
    Rule(
        r"\[COMMIT_STATE_UNKNOWN\] (?P<table>\S+): ",
        "Infrastructure",
        "CommitStateUnknown",
        "the metastore did not answer to a commit to {table}, so it is not known whether it took place: the"
        " next attempt of this run finds out, and writes only what is missing",
    ),
    Rule(
        r"\[WRITING_JOB_ABORTED\] (?P<table>\S+): the metastore (?:gives no answer|refused)",
        "Infrastructure",
        "MetastoreUnreachable",
        "the Hive metastore did not take a commit to {table}, nothing was written: check the Catalog's"
        " metastore.uris, and whether it runs",
    ),
    Rule(
        r"\[WRITING_JOB_ABORTED\] (?P<table>\S+): ",
        "User",
        "CommitConflict",
        "{table} could not be committed, and nothing was written to it: run this again, and keep writers of"
        " the same rows apart",
    ),
    Rule(
        r"HMS (?s:.*)(?:transport error|onnection refused|timed out|lookup address)"
        r"|failed to resolve HMS URI",
        "Infrastructure",
        "MetastoreUnreachable",
        "the Hive metastore does not answer: check the Catalog's metastore.uris, and whether it runs",
    ),
    Rule(
        r"request forbidden: IMDS is disabled|error getting credentials from (?:EC2|ECS|IMDS)",
        "User",
        "S3CredentialsMissing",
        "there are no credentials for S3: name a Catalog with s3.credentials in catalogs, or a"
        " serviceAccountName that has a cloud identity",
    ),
    Rule(
        r"non-2xx status code: \d{3}(?s:.*)<Code>(?:InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken"
        r"|InvalidToken|XAdminUserNotFound)<",
        "User",
        "S3CredentialsInvalid",
        "S3 does not take the credentials: check the Secret of the Catalog's s3.credentials",
    ),
    Rule(
        r"non-2xx status code: 403",
        "User",
        "S3AccessDenied",
        "S3 denied access (403): the key or its secret is wrong, or it may not do this; check the Secret of"
        " the Catalog's s3.credentials and the policy of the bucket",
    ),
    Rule(
        r"received corrupt message of type InvalidContentType|invalid peer certificate",
        "User",
        "S3EndpointTls",
        "TLS with the S3 endpoint failed: check http against https in the Catalog's s3.endpoint, and whether"
        " its certificate is trusted",
    ),
    Rule(
        r"^\s*(?:SparkRuntimeException|QueryExecutionException): (?s:.{0,400}?)"
        r"(?:\(os error (?:104|110|111|113)\)|failed to lookup address information|operation timed out)",
        "Infrastructure",
        "S3Unreachable",
        "the S3 endpoint does not answer: check the Catalog's s3.endpoint, and whether it runs",
    ),
)

RULES = (*_CLUSTER, *_MEMORY, *_STORAGE, *_SAIL, *_CODE)
