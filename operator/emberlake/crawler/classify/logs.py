"""Logs that are known by their lines, in the order in which they are tried. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from emberlake.crawler.classify.grok import Grok, compile_grok

# A damaged line or two do not make a log another thing.
CERTAIN = 0.95
_TIME = r"\[?%{TIMESTAMP_ISO8601:timestamp}\]?"

_ELB = (
    r"%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb} %{IP:client_ip}:%{INT:client_port} "
    r"(?:%{IP:backend_ip}:%{INT:backend_port}|-) %{NUMBER:request_processing_time} "
    r"%{NUMBER:backend_processing_time} %{NUMBER:response_processing_time} (?:%{INT:elb_status_code}|-) "
    r"(?:%{INT:backend_status_code}|-) %{INT:received_bytes} %{INT:sent_bytes} \"%{DATA:request}\""
    r"(?: \"%{DATA:user_agent}\" %{NOTSPACE:ssl_cipher} %{NOTSPACE:ssl_protocol})?"
)
_ALB = (
    r"%{WORD:type} %{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb} %{IP:client_ip}:%{INT:client_port} "
    r"(?:%{IP:target_ip}:%{INT:target_port}|-) %{NUMBER:request_processing_time} "
    r"%{NUMBER:target_processing_time} %{NUMBER:response_processing_time} (?:%{INT:elb_status_code}|-) "
    r"(?:%{INT:target_status_code}|-) %{INT:received_bytes} %{INT:sent_bytes} \"%{DATA:request}\" "
    r"\"%{DATA:user_agent}\" %{NOTSPACE:ssl_cipher} %{NOTSPACE:ssl_protocol} %{NOTSPACE:target_group_arn} "
    r"\"%{DATA:trace_id}\"(?: %{GREEDYDATA:further})?"
)
_S3_ACCESS = (
    r"%{NOTSPACE:bucket_owner} %{NOTSPACE:bucket} \[%{HTTPDATE:timestamp}\] %{NOTSPACE:remote_ip} "
    r"%{NOTSPACE:requester} %{NOTSPACE:request_id} %{NOTSPACE:operation} %{NOTSPACE:key} "
    r"(?:\"%{DATA:request}\"|-) (?:%{INT:http_status}|-) %{NOTSPACE:error_code} (?:%{INT:bytes_sent}|-) "
    r"(?:%{INT:object_size}|-) (?:%{INT:total_time}|-) (?:%{INT:turn_around_time}|-) "
    r"(?:\"%{DATA:referrer}\"|-) (?:\"%{DATA:user_agent}\"|-) %{NOTSPACE:version_id}"
    r"(?: %{GREEDYDATA:further})?"
)
_IIS = (
    r"%{IPORHOST:client_ip}, %{DATA:user}, %{DATE_US:date}, %{TIME:time}, %{DATA:service}, %{DATA:computer}, "
    r"%{IPORHOST:server_ip}, %{INT:time_taken}, %{INT:received_bytes}, %{INT:sent_bytes}, %{INT:status}, "
    r"%{INT:windows_status}, %{WORD:method}, %{DATA:target}, %{DATA:parameters},?"
)
_RUBY = (
    r"[DIWEFA], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\] *%{LOGLEVEL:level} -- *%{DATA:program}: "
    r"%{GREEDYDATA:message}"
)
_SQUID = (
    r"%{NUMBER:timestamp} +%{INT:duration} %{IPORHOST:client_ip} %{WORD:cache_result}/%{INT:status} "
    r"%{INT:bytes} %{WORD:method} %{NOTSPACE:url} %{NOTSPACE:user} %{WORD:hierarchy}/%{NOTSPACE:server} "
    r"%{NOTSPACE:content_type}"
)
_REDIS = (
    r"\[?%{POSINT:pid}\]?(?::%{WORD:role})? %{MONTHDAY:day} %{MONTH:month} (?:%{YEAR:year} )?%{TIME:time} "
    r"[.*#-] %{GREEDYDATA:message}"
)
_SYSLOG5424 = (
    r"<%{NONNEGINT:priority}>%{NONNEGINT:version} (?:-|%{TIMESTAMP_ISO8601:timestamp}) %{NOTSPACE:host} "
    r"%{NOTSPACE:program} %{NOTSPACE:pid} %{NOTSPACE:message_id} "
    r"(?:-|(?<structured_data>(?:\[(?:[^\]\\\"]|\\.|\"(?:[^\"\\]|\\.)*\")*\])+))(?: %{GREEDYDATA:message})?"
)
_JSON_IN_TEXT = (
    rf"(?:{_TIME} +)?(?:%{{DATA:context}}\b%{{LOGLEVEL:level}}\b)?(?<text>[^{{]*)(?<json>\{{.*\}}) *"
)
_APPLICATION = rf"{_TIME}:? +(?<context>[^,;|\t]*?)\[?\b%{{LOGLEVEL:level}}\b\]?:? *%{{GREEDYDATA:message}}"

_PATTERNS = {
    "combined_apache": r"%{COMBINEDAPACHELOG}",
    "apache": r"%{COMMONAPACHELOG}",
    "elb": _ELB,
    "alb": _ALB,
    "s3_access": _S3_ACCESS,
    "linux_kernel": r"%{SYSLOGTIMESTAMP:timestamp} %{SYSLOGHOST:logsource} kernel: \[ *%{NUMBER:uptime}\] "
    r"%{GREEDYDATA:message}",
    "syslog": r"(?:<%{NONNEGINT:priority}>)?%{SYSLOGBASE} ?%{GREEDYDATA:message}",
    "syslog_5424": _SYSLOG5424,
    "microsoft_log": _IIS,
    "ruby_logger": _RUBY,
    "squid": _SQUID,
    "redismonlog": r"%{NUMBER:timestamp} \[%{INT:database} %{DATA:client}\] \"%{WORD:command}\""
    r"(?: %{GREEDYDATA:parameters})?",
    "redislog": _REDIS,
    "json_in_text": _JSON_IN_TEXT,
    "application_log": _APPLICATION,
}


@dataclass(frozen=True)
class KnownLog:
    """A log by its `name`, which is the table's classification, and how sure that is."""

    name: str
    grok: Grok
    certainty: float


@cache
def patterns() -> dict[str, Grok]:
    """The compiled patterns in their order."""
    return {name: compile_grok(pattern) for name, pattern in _PATTERNS.items()}


def recognise(lines: Sequence[str]) -> KnownLog | None:
    """The first log that all of `lines` are, or else the one that most of them are; None below half."""
    best: KnownLog | None = None
    for name, grok in patterns().items():
        share = _share(name, grok, lines)
        if share >= CERTAIN:
            return KnownLog(name, grok, 1.0)
        if share >= 0.5 and (best is None or share > best.certainty):
            best = KnownLog(name, grok, round(share, 3))
    return best


def _share(name: str, grok: Grok, lines: Sequence[str]) -> float:
    share = grok.share(lines)
    if name != "json_in_text" or not share:
        return share
    index = grok.names.index("json")
    fields = [grok.match(line.rstrip("\r\n")) for line in lines]
    return sum(_is_json(found[index] or "") for found in fields if found) / max(1, len(lines))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
