"""The built-in classifiers of text, in Glue's order: JSON, XML, logs, CSV. Pure."""

import json
import re
from xml.parsers import expat

from emberlake.crawler.classify.formats import CSV, GROK, JSON, JSON_DOCUMENT, UNKNOWN, XML
from emberlake.crawler.classify.found import Found
from emberlake.crawler.classify.logs import recognise
from emberlake.crawler.csv.likely import doubt
from emberlake.crawler.csv.sniff import sniff
from emberlake.crawler.files.jsonstream import begins_like_json
from emberlake.crawler.files.sample import Sample

MAX_LOG_LINES = 200
_ELEMENT = re.compile(r"<(?!html\b|!doctype html)(\?xml|!--|!doctype|[a-z_][\w.:-]*[\s/>])", re.IGNORECASE)


def recognise_text(sample: Sample) -> Found:
    """What the text is, with the certainty of those that were asked before."""
    if not sample.lines:
        return Found(UNKNOWN, "empty text")
    tried: list[tuple[str, float]] = []
    others = (_json, _xml) if sample.promise == CSV else (_json, _xml, _log)
    answers = []
    for recogniser in (*others, _csv):
        answer = recogniser(sample)
        answers.append(answer)
        if answer.certainty >= 1:
            break
        tried.append((answer.classifier, answer.certainty))
    # Where none is certain at all, the first that has a word for it.
    best = max(answers, key=lambda answer: (answer.certainty, bool(answer.looks_like)))
    before = tuple(each for each in tried if each[0] != best.classifier)
    return Found(**{**vars(best), "tried": before})


def _json(sample: Sample) -> Found:
    no = Found(UNKNOWN, "", 0.0, JSON)
    if not sample.start.startswith(("{", "[")):
        return no
    kind = _json_kind(sample)
    # a name that says CSV outweighs a first cell in braces
    return no if sample.promise == CSV and kind.certainty and sniff(sample.lines) else kind


def _json_kind(sample: Sample) -> Found:
    lines = sample.lines
    try:
        lined = isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        lined = len(lines) == 1 and not sample.complete and sample.start.startswith("{")
    if lined:
        return Found(JSON, "JSON lines", classifier=JSON)
    if begins_like_json(sample.text.encode(), complete=sample.complete):
        return Found(JSON_DOCUMENT, "a JSON document or array over several lines", classifier=JSON)
    return Found(UNKNOWN, "damaged JSON", 0.0, JSON)


def _xml(sample: Sample) -> Found:
    if _ELEMENT.match(sample.start) and (sample.promise == XML or _is_well_formed(sample)):
        return Found(XML, "XML", classifier=XML)
    return Found(UNKNOWN, "", 0.0, XML)


def _is_well_formed(sample: Sample) -> bool:
    """Whether the sample goes on as XML does; one that declares itself is XML, damaged or not."""
    if sample.start.lower().startswith(("<?xml", "<!doctype")):
        return True
    try:
        expat.ParserCreate().Parse(sample.head, sample.complete)
    except expat.ExpatError:
        return False
    return True


def _log(sample: Sample) -> Found:
    known = recognise(sample.lines[:MAX_LOG_LINES])
    if known is None:
        return Found(UNKNOWN, "", 0.0, "logs")
    return Found(
        GROK,
        f"a log ({known.name})",
        known.certainty,
        known.name,
        classification=known.name,
        grok=known.grok,
    )


def _prose(lines: list[str]) -> bool:
    """Whether half of the lines end like sentences: their commas part no columns."""
    return 2 * sum(line.rstrip().endswith((".", "!", "?")) for line in lines) >= len(lines)


def _csv(sample: Sample) -> Found:
    if sample.start.startswith("<"):
        return Found(UNKNOWN, "HTML", 0.0, CSV)
    if sample.promise != CSV and _prose(sample.lines):
        return Found(UNKNOWN, "prose", 0.0, CSV)
    evidence = sniff(sample.lines)
    if evidence and sample.promise != CSV and (why := doubt(evidence)):
        return Found(UNKNOWN, f"text: {why}", 0.0, CSV)
    if evidence:
        return Found(CSV, "delimited text", max(0.01, evidence.confidence), CSV)
    if sample.promise == CSV:
        return Found(CSV, "text of one column", 0.5, CSV)
    return Found(UNKNOWN, "text without columns", 0.0, CSV)
