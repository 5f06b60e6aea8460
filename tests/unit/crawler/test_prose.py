"""Text that no name calls CSV: what is written to be read is no table, and tables are found all the same."""

import pytest

from emberlake.crawler.classify.classify import by_content
from emberlake.crawler.classify.formats import CSV, UNKNOWN, XML

LICENCE = """\
The Ember Licence

Copyright (c) 2020, The Keepers of the Lake

Whoever holds a copy of this work may use it, give it away, change it,
and sell it, as long as this notice stands in every copy of it. Nobody
who gave something to the work owes anything, for damage, for loss, or
for anything else, to anybody. It comes as it is, without any promise;
those who use it do so at their own risk, and pay for the repair.

   * Neither the name of the keepers, nor of those who helped, may be
     used to praise what was made from the work, without their consent
"""
README = """\
# Stations

Data of all stations, by day:

| Folder | Holds | Since |
|---|---|---|
| `days` | one file a day | 2013 |
| `months` | sums, by month | 2014 |

- days: one row for each station
- months: one row for each month
"""
SHORT = "We thank Ann, who drew the map of the lake\nand Ben, who measured how deep it is\n"
SETTINGS = "# Where the lake is\nendpoint: http://lake.example\nregion: north\nuser: ann\n"
COMMENTS = "".join(f"# {line}\n" for line in ("The port", "that it listens on", "", "port", "host"))
CODE = "".join(f"int lake_{n}(void *);\n" for n in range(20))
MAIL = "From: ann@lake.example\nTo: ben@lake.example\nSubject: the map\nDate: Monday\n"
MARKED = "<!-- made by hand -->\n# Stations\n\nOne folder a day & one a month\n"


@pytest.mark.parametrize(
    "text",
    [LICENCE, README, SHORT, SETTINGS, COMMENTS, CODE, MAIL, MARKED],
    ids=["licence", "readme", "short", "settings", "comments", "code", "mail", "marked"],
)
def test_text_is_no_table(text: str) -> None:
    assert by_content(text.encode(), complete=True, promise=None).format == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "country,name\nAD,Andorra\nCH,Switzerland\n",
        "id\tname\n1\tZermatt\n2\tBern\n",
        "root:x:0:0:The keeper:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n",
        'id;note\n1;"a long note, with many words that nobody counts"\n2;"and another one of these"\n',
        "amber falcon pebble\nwillow heather cobalt\n" * 3,
        "Stations of the lake\n\nid,deep,since\n1,2.5,2013-01-01\n2,3.5,2014-01-01\n",
    ],
)
def test_tables_need_no_name(text: str) -> None:
    assert by_content(text.encode(), complete=True, promise=None).format == CSV


@pytest.mark.parametrize("text", [LICENCE, SHORT, SETTINGS])
def test_a_name_that_says_csv_is_believed(text: str) -> None:
    assert by_content(text.encode(), complete=True, promise=CSV).format == CSV


def test_xml_that_is_cut_is_xml() -> None:
    text = "<!-- all -->\n<rows><row><id>1</id></row><row><id>2</i"
    assert by_content(text.encode(), complete=False, promise=None).format == XML
