"""Classifier: how files are read that a crawl would not, or not rightly, recognise by itself."""

from typing import Annotated, Literal

from pydantic import Field

from emberlake.api.v1alpha1.common import BaseStatus, Column, Model, Resource, Rule

# As it stands in the table's parameter `classification`.
Classification = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]
ColumnName = Annotated[str, Field(min_length=1, max_length=255)]
ColumnType = Annotated[
    str,
    Field(
        pattern=r"^(binary|boolean|date|decimal\([0-9]{1,2},[0-9]{1,2}\)|double|float|bigint|int|smallint"
        r"|tinyint|string|timestamp)$",
        max_length=16,
    ),
]
MAX_COLUMNS = 2000


class GrokClassifier(Model):
    """Text with one record a line."""

    classification: Classification = Field(description="What the format is called, for example nginx.")
    pattern: str = Field(
        min_length=1,
        max_length=2048,
        description="Grok pattern of a whole line: %{PATTERN:column} or %{PATTERN:column:type}.",
    )
    custom_patterns: str = Field(
        "",
        max_length=16000,
        description="Further patterns, one a line: a name, a space, a regular expression.",
    )


class XmlClassifier(Model):
    """XML with one record an element."""

    classification: Classification = Field("xml", description="What the format is called.")
    row_tag: str = Field(
        pattern=r"^[^\s<>/]+$",
        max_length=255,
        description="Name of the element that is a row, without < and >.",
    )


class JsonClassifier(Model):
    """JSON whose records lie somewhere inside."""

    path: str = Field(
        pattern=r"^\$.*$",
        max_length=512,
        description="JSONPath of the records, for example $.items[*] or $[*].",
    )


class CsvClassifier(Model):
    """Delimited text; what is left out is decided by the crawl."""

    delimiter: str | None = Field(None, min_length=1, max_length=8, description="What stands between fields.")
    quote: str | None = Field(None, min_length=1, max_length=1, description="What stands around fields.")
    header: Literal["Unknown", "Present", "Absent"] = Field(
        "Unknown", description="Whether the first row has the names of the columns."
    )
    names: list[ColumnName] = Field(
        default_factory=list, max_length=MAX_COLUMNS, description="Names of the columns, in order."
    )
    types: list[ColumnType] = Field(
        default_factory=list, max_length=MAX_COLUMNS, description="Hive types of the columns, in order."
    )
    serde: Literal["OpenCSV", "LazySimple"] | None = Field(None, description="Serde of the table.")
    allow_single_column: bool = Field(False, description="Take files with a single column for CSV too.")
    trim: bool = Field(True, description="Leave out blanks around a field when its type is decided.")

    cel = (
        Rule(
            rule="!has(self.delimiter) || !has(self.quote) || self.delimiter != self.quote",
            message="delimiter and quote must differ",
        ),
        Rule(
            rule="!has(self.names) || !has(self.types) || self.names.size() == self.types.size()",
            message="names and types must be of the same length, or one of them left out",
        ),
    )


class ClassifierSpec(Model):
    """One way to read files."""

    grok: GrokClassifier | None = Field(None, description="Lines of text.")
    xml: XmlClassifier | None = Field(None, description="Elements of XML.")
    json_: JsonClassifier | None = Field(None, alias="json", description="Records inside JSON.")
    csv: CsvClassifier | None = Field(None, description="Delimited text.")

    # The API server holds a default against the rules, and refuses a definition whose default breaks them.
    defaulted = False
    cel = (
        Rule(
            rule="[has(self.grok), has(self.xml), has(self.json), has(self.csv)].filter(x, x).size() == 1",
            message="a Classifier has exactly one of grok, xml, json and csv",
        ),
    )


class ClassifierStatus(BaseStatus):
    """Observed state of a Classifier."""


class Classifier(Resource):
    """The Classifier kind."""

    kind = "Classifier"
    plural = "classifiers"
    short_name = "clf"
    description = "How a Crawl reads files that it would not recognise by itself."
    spec_model = ClassifierSpec
    status_model = ClassifierStatus
    columns = (
        Column(name="State", path=".status.state"),
        Column(name="Grok", path=".spec.grok.classification"),
        Column(name="Row Tag", path=".spec.xml.rowTag"),
        Column(name="JSON Path", path=".spec.json.path"),
        Column(name="CSV Header", path=".spec.csv.header"),
        Column(name="Message", path=".status.message", priority=1),
        Column(name="Age", path=".metadata.creationTimestamp", type="date"),
    )
