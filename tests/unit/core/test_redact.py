import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.core.redact import redact

PLAIN = string.ascii_letters + string.digits
# As the middle of a secret; its first and last characters are letters, so that no bracket or comma ends it.
SPECIAL = PLAIN + "/+=._~-!$%^*#?|:,;()[]{}"
MARK = "Zq9"

KEYS = (
    "fs.s3a.secret.key",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "spark.hadoop.fs.s3a.bucket.lake.access.key",
    "javax.jdo.option.ConnectionPassword",
    "passwd",
    "api_key",
    "private-key",
    "clientSecret",
    "account.key",
    "credentials",
)
FORMS = (
    "{key}={secret}",
    "{key} = {secret}",
    "{key}: {secret}",
    "{key}='{secret}'",
    '{key}="{secret} and more"',
    '{{"{key}": "{secret}", "region": "us-east-1"}}',
    "{{'{key}': '{secret}'}}",
    r'"{{\"{key}\": \"{secret}\"}}"',
    "('{key}', '{secret}')",
    "{key} => {secret}",
    "--conf spark.{key}={secret} --verbose",
    "--{key} {secret}",
    "<name>{key}</name><value>{secret}</value>",
    "<{key}>{secret}</{key}>",
    "https://host/path?{key}={secret}&x=1",
    '{key}="{secret}',
)
WHOLE = (
    "jdbc:postgresql://hive:{secret}@db:5432/metastore",
    "s3a://AKIDEXAMPLE:{secret}@lake/raw",
    "thrift://u:{secret}@host:9083",
)
HEADERS = (
    "Authorization: Bearer {secret}",
    "{{'Authorization': 'Basic {secret}', 'Accept': '*/*'}}",
    "curl -H 'Authorization: token {secret}' https://host",
    "authorization: AWS4-HMAC-SHA256 Credential=A/20260102/s3, SignedHeaders=host, Signature={secret}",
    "sent Bearer {secret} to the server",
    "https://{secret}@git.example/repo.git",
)


def secrets(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=6, max_size=40).map(lambda middle: f"{MARK}{middle}a")


@given(
    st.sampled_from(FORMS),
    st.sampled_from(KEYS),
    secrets(SPECIAL),
    st.sampled_from(("", "\n", "WARN x: ", "a=b, ")),
)
def test_a_value_under_a_name_of_a_secret_is_taken_out(form: str, key: str, secret: str, before: str) -> None:
    text = before + form.format(key=key, secret=secret) + "\nnext line"
    found = redact(text)
    assert MARK not in found
    assert key in found
    assert "next line" in found


@given(st.sampled_from(WHOLE), secrets(PLAIN + "/+=._~-!$%^*#?:,;()"))
def test_a_password_in_a_url_is_taken_out(form: str, secret: str) -> None:
    assert MARK not in redact(f"cannot reach {form.format(secret=secret)}: refused")


@given(st.sampled_from(HEADERS), secrets(PLAIN + "-._~+"))
def test_a_header_is_taken_out(form: str, secret: str) -> None:
    assert MARK not in redact(f"request failed: {form.format(secret=secret)}\n")


@given(
    st.text(string.ascii_uppercase + string.digits, min_size=16, max_size=16),
    st.text(PLAIN + "/+", min_size=36, max_size=36),
    st.text(PLAIN + "_-", min_size=10),
)
def test_a_secret_is_known_by_its_shape(key_id: str, key: str, token: str) -> None:
    secret = f"zQ7{key}t"
    jwt = f"eyJhbGciOiJI{token}.eyJzdWIi{token}.{token}"
    found = redact(f"used AKIA{key_id} with {secret}, then {jwt}")
    assert key_id not in found
    assert secret not in found
    assert token not in found


def test_a_private_key_is_taken_out_as_a_whole() -> None:
    text = f"read -----BEGIN RSA PRIVATE KEY-----\n{MARK}\n{MARK}\n-----END RSA PRIVATE KEY----- from a file"
    assert redact(text) == "read *** from a file"
    assert redact(f"-----BEGIN PRIVATE KEY-----\n{MARK}") == "***"


@given(st.sampled_from(FORMS), st.sampled_from(KEYS), secrets(PLAIN))
def test_what_is_redacted_stays_so(form: str, key: str, secret: str) -> None:
    once = redact(form.format(key=key, secret=secret))
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "tokenize.TokenError: EOF in multi-line statement",
        "KeyError: 'password'",
        'secret "lake-s3" not found',
        "couldn't find key AWS_ACCESS_KEY_ID in Secret demo/lake-s3",
        "SignatureDoesNotMatch: The request signature we calculated does not match",
        "AuthorizationHeaderMalformed: The authorization header is malformed",
        "No AWS Credentials provided by EnvironmentVariableCredentialsProvider",
        "spark://CoarseGrainedScheduler@10.0.0.1:7078",
        "org.apache.spark.sql.execution.datasources.FileFormatWriter$.executeWrite",
        "s3a://lake/warehouse/raw.db/flights/data/00000-2-ebf15bb6-367f-40ed-bf29-f048cb49d44b.parquet",
        "revision 0123456789abcdef0123456789abcdef01234567",
        "thrift://emberlake-metastore.emberlake.svc:9083",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text
