"""Classifiers that users wrote, held against the head of a file. Pure."""

import re
from dataclasses import replace
from functools import cache

from emberlake.api.v1alpha1.classifier import CsvClassifier, GrokClassifier
from emberlake.crawler.classify.formats import CSV, GROK, JSON_DOCUMENT, UNKNOWN, XML
from emberlake.crawler.classify.found import Found
from emberlake.crawler.classify.grok import Grok, compile_grok, parse_patterns
from emberlake.crawler.config import ClassifierSpec
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.jsonstream import begins_like_json
from emberlake.crawler.files.sample import Sample

MAX_LINES = 1_000


def recognise_custom(spec: ClassifierSpec, sample: Sample) -> Found:
    """What `spec` says about a file, with its certainty. Raises Problem InvalidClassifier for a wrong one."""
    if spec.grok:
        return _grok(spec, spec.grok, sample)
    if spec.xml:
        wanted = re.compile(rf"<{re.escape(spec.xml.row_tag)}[\s/>]")
        certain = sample.start.startswith("<") and bool(wanted.search(sample.text))
        return _answer(spec, XML, certain, spec.xml.classification, spec.xml.row_tag)
    if spec.json:
        certain = sample.start.startswith(("{", "[")) and begins_like_json(
            sample.text.encode(), complete=sample.complete
        )
        return _answer(spec, JSON_DOCUMENT, certain, "json", spec.json.path)
    if spec.csv:
        return _csv(spec, spec.csv, sample)
    raise Problem(spec.name, "InvalidClassifier", f"Classifier {spec.name} has none of grok, xml, json, csv")


def _answer(
    spec: ClassifierSpec, kind: str, certainty: float, classification: str = "", rows_at: str = ""
) -> Found:
    looks = f"what Classifier {spec.name} describes"
    return Found(
        kind if certainty else UNKNOWN,
        looks,
        float(certainty),
        spec.name,
        classification=classification,
        spec=spec,
        rows_at=rows_at,
    )


def _grok(spec: ClassifierSpec, grok: GrokClassifier, sample: Sample) -> Found:
    compiled = compiled_pattern(spec.name, grok.pattern, grok.custom_patterns)
    lines = sample.lines[:MAX_LINES]
    whole, part = compiled.share(lines), compiled.within().share(lines)
    chosen = compiled if whole >= part else compiled.within()
    found = _answer(spec, GROK, max(whole, part), grok.classification)
    return Found(**{**vars(found), "grok": chosen})


@cache
def compiled_pattern(name: str, pattern: str, custom: str) -> Grok:
    """The pattern of a Classifier. Raises Problem InvalidClassifier saying what is wrong with it."""
    try:
        return compile_grok(pattern, parse_patterns(custom))
    except ValueError as error:
        raise Problem(name, "InvalidClassifier", f"the pattern of Classifier {name}: {error}") from error


def _csv(spec: ClassifierSpec, csv: CsvClassifier, sample: Sample) -> Found:
    """Certain when the rows are as wide as the Classifier says, or as one another."""
    if not sample.lines:
        return _answer(spec, CSV, 0.0)
    lines = sample.lines[:MAX_LINES]
    if csv.delimiter is None:
        return _answer(spec, CSV, sample.promise == CSV)
    dialect = Dialect(csv.delimiter, quoted=False, quote=csv.quote or '"')
    rows = list(replace(dialect, quoted=dialect.quotes(lines)).rows(lines))
    width = len(csv.names or csv.types) or max(len(row) for row in rows)
    if width < 2 and not csv.allow_single_column:
        return _answer(spec, CSV, 0.0)
    return _answer(spec, CSV, sum(len(row) == width for row in rows) / len(rows))
