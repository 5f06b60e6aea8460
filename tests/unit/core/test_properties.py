from hypothesis import given
from hypothesis import strategies as st

from emberlake.core.properties import render


def java_load(text: str) -> dict[str, str]:
    """java.util.Properties.load for text without comments and continuation lines."""
    found = {}
    for line in text.splitlines():
        index, out, parts = 0, "", []
        while index < len(line):
            c = line[index]
            if c == "\\":
                escape = line[index + 1]
                if escape == "u":
                    out += chr(int(line[index + 2 : index + 6], 16))
                    index += 6
                    continue
                out += {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}.get(escape, escape)
                index += 2
                continue
            if c == "=" and not parts:
                parts.append(out)
                out = ""
            else:
                out += c
            index += 1
        found[parts[0]] = out
    return {utf16(key): utf16(value) for key, value in found.items()}


def utf16(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20).filter(lambda key: key.isprintable()),
        st.text(max_size=40),
        max_size=5,
    )
)
def test_java_reads_back_what_was_written(values: dict[str, str]) -> None:
    assert java_load(render(values)) == values


def test_plain_settings_stay_readable() -> None:
    assert render({"spark.master": "k8s://https://kubernetes.default.svc"}) == (
        "spark.master=k8s://https://kubernetes.default.svc\n"
    )
