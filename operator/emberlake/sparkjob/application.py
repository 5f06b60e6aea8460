"""What a driver runs: the part of spark-submit's command line that is not configuration. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.resources import Language
from emberlake.sparkjob.sql import RUNNER, arguments

_LANGUAGES: Mapping[str, Language] = {"Java": "java", "Python": "python", "SQL": "python", "R": "r"}
_RUNNERS: Mapping[Language, str] = {
    "python": "org.apache.spark.deploy.PythonRunner",
    "r": "org.apache.spark.deploy.RRunner",
}


@dataclass(frozen=True)
class Application:
    """A program and its arguments; `language` decides memory overhead and runner, as in Spark."""

    language: Language
    main_class: str
    resource: str
    arguments: tuple[str, ...] = ()
    proxy_user: str | None = None


def application(spec: SparkJobSpec) -> Application:
    """The program that a spec names."""
    language = _LANGUAGES[spec.type]
    return Application(
        language=language,
        main_class=_RUNNERS.get(language) or spec.main_class or "",
        resource=RUNNER if spec.sql else spec.main_application_file or "",
        arguments=arguments(spec.sql) if spec.sql else tuple(spec.arguments),
        proxy_user=spec.proxy_user,
    )
