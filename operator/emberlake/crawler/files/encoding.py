"""The encoding of text by its first bytes: marks of byte order, the shape of UTF-16, valid UTF-8, else Latin.

Pure. What cannot be told apart by rules (Cyrillic, Greek or East Asian 8-bit encodings) is said to be
unknown: a wrong guess would write wrong letters into every row.
"""

import codecs
from dataclasses import dataclass

UTF8, LATIN_1, CP1252, UNKNOWN = "utf-8", "iso-8859-1", "windows-1252", ""
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
# Latin text has accented letters among plain ones; other scripts in 8 bits are made of high bytes.
_MOST_HIGH = 0.3
_LETTERS = frozenset(range(0xC0, 0x100)) - {0xD7, 0xF7}
_SIGNS = frozenset(b"\x80\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0\xb4\xb7\xbb")
_NUL = 0


@dataclass(frozen=True)
class Encoding:
    """An encoding by its IANA name (empty: unknown), the length of its mark in bytes, how sure, and why.

    `ascii`: the bytes looked at are plain ASCII, so that UTF-8 stands for any encoding that extends it.
    """

    name: str
    mark: int
    confidence: float
    why: str
    ascii: bool = False

    def decode(self, data: bytes) -> str:
        """The text of `data` from its start, without the mark; a character cut at the end is left out. What
        is unknown or damaged becomes U+FFFD.
        """
        text = codecs.getincrementaldecoder(self.name or UTF8)("replace").decode(data)
        return text.removeprefix("\ufeff")


def detect(head: bytes) -> Encoding:
    """The encoding of content that starts with `head` (cut anywhere)."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark), 1.0, "it starts with a mark of byte order")
    if _NUL in head and (found := _utf16(head)):
        return found
    if head.isascii():
        return Encoding(UTF8, 0, 1.0, "plain ASCII so far", ascii=True)
    valid, invalid = count_utf8(head)
    if not invalid:
        return Encoding(UTF8, 0, 1.0, f"{valid} characters behind ASCII, all valid UTF-8")
    if valid > invalid:
        return Encoding(UNKNOWN, 0, 0.9, f"UTF-8 with {invalid} damaged places among {valid} characters")
    return _eight_bit(head)


def count_utf8(data: bytes) -> tuple[int, int]:
    """Characters of two bytes or more that are valid UTF-8, and places that are not (a cut end is none)."""
    invalid, rest = 0, data
    text = 0
    while True:
        try:
            text += _beyond_ascii(rest.decode("utf-8"))
        except UnicodeDecodeError as error:
            text += _beyond_ascii(rest[: error.start].decode("utf-8"))
            if error.reason == "unexpected end of data" and error.end == len(rest):
                return text, invalid
            invalid += 1
            rest = rest[error.end :]
            if invalid > 1000:
                return text, invalid
        else:
            return text, invalid


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else sum(char > "\x7f" for char in text)


def _utf16(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: text of Latin letters has a zero in every second byte."""
    even, odd = head[0::2].count(_NUL), head[1::2].count(_NUL)
    half = max(1, len(head) // 2)
    for zeros, others, name in ((odd, even, "utf-16le"), (even, odd, "utf-16be")):
        if len(head) >= 8 and zeros >= 0.4 * half and others <= 0.02 * half and _printable(head, name):
            return Encoding(name, 0, 0.95, f"{100 * zeros // half} % of every second byte are zero")
    return None


def _printable(head: bytes, name: str) -> bool:
    text = codecs.getincrementaldecoder(name)("replace").decode(head)
    return sum(char.isprintable() or char in "\t\r\n" for char in text) >= 0.98 * len(text)


def _eight_bit(head: bytes) -> Encoding:
    """Latin-1 or Windows-1252, where the high bytes look like letters of Western Europe; else unknown."""
    high = [byte for byte in head if byte >= 0x80]
    accented = sum(byte in _LETTERS for byte in high)
    letters = accented + sum(chr(byte).isalpha() for byte in head if byte < 0x80)
    signs = sum(byte in _SIGNS for byte in high)
    controls = sum(byte < 0xA0 for byte in high)
    if accented > _MOST_HIGH * letters and accented > 3:
        return Encoding(UNKNOWN, 0, 0.5, f"not UTF-8, and {accented} high bytes among {letters} letters")
    confidence = round(0.5 + 0.45 * (accented + signs) / len(high), 2)
    if not controls:
        return Encoding(LATIN_1, 0, confidence, f"not UTF-8; {len(high)} bytes are Latin letters or signs")
    if any(byte in _UNDEFINED_1252 for byte in high):
        return Encoding(UNKNOWN, 0, 0.5, "not UTF-8, and bytes that Windows-1252 does not define")
    return Encoding(CP1252, 0, confidence, f"not UTF-8; {controls} bytes are signs that Windows-1252 adds")
