"""Takes secrets out of text that people will read: messages, events, logs. Pure."""

import re

MASK = "***"

# A word that names a secret. Names of exceptions (TokenError: …) name none.
_NAME = (
    r"(?:secret|passw(?:or)?d|passphrase|pwd|token|access[._-]?key|api[._-]?key|private[._-]?key|account[._-]?key"
    r"|credential|x-amz-signature)(?![\w.$-]*(?:error|exception)\b)[\w.$-]*"
)
# escaped (JSON within JSON), double, single, and one that never closes
_QUOTED = r"\\\".*?\\\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\\?[\"']\S*"
# up to the next blank, without what closes a list or a sentence
_BARE = r"[^\s&<>\"'][^\s&<>]*?(?=[,;)\]}\"'\\]*(?:[\s&<>]|$))"
_VALUE = rf"(?:{_QUOTED}|{_BARE})"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        MASK,
    ),
    # scheme://user:password@host, and a token as the user of an HTTP URL
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/:@\"']*:[^\s@\"'<>]*@"), rf"\1{MASK}@"),
    (re.compile(r"(?i)\b(https?://)[^\s/:@\"']+@"), rf"\1{MASK}@"),
    # a header: everything after it, which may be several words
    (re.compile(r"(?i)\b((?:proxy-)?authorization[\"']?\s*[:=]>?\s*)([\"']).*?\2"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b((?:proxy-)?authorization[\"']?\s*[:=]>?\s*)[^\s\"'*][^\n\"']*"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"), rf"\1{MASK}"),
    # <name>fs.s3a.secret.key</name><value>…</value>, as Hadoop prints its configuration
    (re.compile(rf"(?i)({_NAME}</name>\s*<value>)[^<]*"), rf"\1{MASK}"),
    (re.compile(rf"(?i)(<[\w.-]*{_NAME}>)[^<]*"), rf"\1{MASK}"),
    # key=value, key: value, "key": "value", ("key", "value"), --key value
    (re.compile(rf"(?i)({_NAME}\\?[\"']?\s*(?:=>|[:=])\s*){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"(?i)({_NAME}\\?[\"']\s*,\s*){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"(?i)(--[\w.-]*{_NAME}\s+){_VALUE}"), rf"\1{MASK}"),
    # by their shape: JSON web tokens, AWS access key ids and secret keys
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), MASK),
    (
        re.compile(
            r"(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[g-z])(?=[A-Za-z0-9/+]{0,39}\d)"
            r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
        ),
        MASK,
    ),
)


def redact(text: str) -> str:
    """The text without the values of what is named like a secret or has the shape of one.

    A password of several words that is not quoted keeps all but its first word.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
