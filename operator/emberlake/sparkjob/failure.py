"""Why a driver failed, from its pod status and the tail of its log. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.model import Manifest
from emberlake.core.pods import cut

_SECRET = re.compile(
    r"(?i)((?:secret|password|passwd|token|access[._-]?key(?:[._-]?id)?|credential)[\w.-]*[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+"
)
_JAVA_ERROR = re.compile(r"^(?:Exception in thread \"[^\"]+\" |Caused by: )([\w.$]+(?:Exception|Error)\b.*)")
_TRACEBACK = "Traceback (most recent call last):"
_KILLED = (137, 247)


def classify(pod: Manifest, log_tail: str) -> Failure:
    """The failure of a driver pod in phase Failed."""
    status: Mapping[str, Any] = pod.get("status", {})
    if status.get("reason") == "Evicted":
        return Failure(
            category="Evicted", reason="DriverEvicted", message=cut(status.get("message", "evicted"))
        )
    ended = _terminated(status)
    if ended is None:
        reason = status.get("reason") or "DriverFailed"
        message = status.get("message") or "the driver pod failed before its container ended"
        return Failure(category="Infrastructure", reason=reason, message=cut(message))
    if _out_of_memory(ended, log_tail):
        return _memory_failure(pod, log_tail)
    code = ended.get("exitCode", 1)
    return Failure(
        category="User",
        reason=_error_type(log_tail) or "ApplicationFailed",
        message=error_message(log_tail) or f"the application ended with exit code {code} and wrote no error",
    )


def error_message(log_tail: str) -> str:
    """The lines of a log that a person needs: the last error of a Python traceback, or Java's root cause."""
    lines = log_tail.splitlines()
    found = _python_error(lines) or _java_error(lines)
    return cut(redact(found))


def redact(text: str) -> str:
    """The text with the values of anything that is named like a secret taken out."""
    return _SECRET.sub(r"\1***", text)


def _terminated(status: Mapping[str, Any]) -> Mapping[str, Any] | None:
    ends = [c.get("state", {}).get("terminated") for c in status.get("containerStatuses") or ()]
    failed: list[Mapping[str, Any]] = [end for end in ends if end and end.get("exitCode") != 0]
    return failed[0] if failed else None


def _out_of_memory(ended: Mapping[str, Any], log_tail: str) -> bool:
    return (
        ended.get("reason") == "OOMKilled"
        or "java.lang.OutOfMemoryError" in log_tail
        # Spark reports the exit code of the Python process it started; -9 is the kernel's kill.
        or any(f"User application exited with {code}" in log_tail for code in _KILLED)
    )


def _memory_failure(pod: Manifest, log_tail: str) -> Failure:
    if "java.lang.OutOfMemoryError" in log_tail:
        message = "the driver's JVM ran out of heap: raise driver.memory, or collect less to the driver"
        return Failure(category="OutOfMemory", reason="JavaHeap", message=message)
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    message = (
        f"the driver was killed at its memory limit of {limits.get('memory', 'the node')}:"
        " raise driver.memory or driver.memoryOverhead"
    )
    return Failure(category="OutOfMemory", reason="OOMKilled", message=message)


def _python_error(lines: list[str]) -> str:
    starts = [index for index, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not starts:
        return ""
    tail = lines[starts[-1] + 1 :]
    for index, line in enumerate(tail):
        if line and not line[0].isspace():
            where = next((text.strip() for text in reversed(tail[:index]) if text.startswith('  File "')), "")
            rest = _continuation(tail[index + 1 :])
            return "\n".join([line, *rest, *([where] if where else [])])
    return ""


def _continuation(lines: list[str]) -> list[str]:
    """Further lines of a message, up to Spark's own log or the JVM's stack trace."""
    kept = []
    for line in lines[:4]:
        if not line.strip() or re.match(
            r"^(\d{2}/\d{2}/\d{2} |\d{4}-\d{2}-\d{2}|\s+at |JVM stacktrace)", line
        ):
            break
        kept.append(line)
    return kept


def _java_error(lines: list[str]) -> str:
    found = [match[1] for line in lines if (match := _JAVA_ERROR.match(line))]
    return found[-1] if found else ""


def _error_type(log_tail: str) -> str | None:
    first = error_message(log_tail).partition(":")[0].strip()
    name = first.rpartition(".")[2]
    return name if re.fullmatch(r"[A-Z][A-Za-z0-9]{1,100}", name) else None
