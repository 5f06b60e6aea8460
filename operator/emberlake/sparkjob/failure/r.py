"""Errors of R programs in a log. Pure."""

import re

from emberlake.sparkjob.failure.raised import Chain, Raised

# What Rscript prints last when an error ended it.
_HALTED = "Execution halted"
_ERROR = re.compile(r"^Error(?: in (?P<call>.+?))? ?: ?(?P<text>.*)$")
_CALLS = "Calls: "


def r_errors(lines: list[str]) -> Chain:
    """The error that ended an R program; () when none did."""
    if _HALTED not in lines:
        return ()
    end = len(lines) - 1 - lines[::-1].index(_HALTED)
    for start in range(end - 1, -1, -1):
        if match := _ERROR.match(lines[start]):
            rest = lines[start + 1 : end]
            message = [match["text"], *(line for line in rest if not line.startswith(_CALLS))]
            place = [f"  in {match['call']}"] if match["call"] else []
            calls = [f"  {line}" for line in rest if line.startswith(_CALLS)]
            return (Raised("RError", "\n".join(message).strip(), (*place, *calls)),)
    return ()
