"""Catalogs for tests, and strategies for any Catalog that the API server lets in."""

from typing import Any

from hypothesis import strategies as st

from emberlake.api.v1alpha1.catalog import S3, CatalogSpec

LAKE: dict[str, Any] = {
    "metastore": {"uris": ["thrift://emberlake-metastore.emberlake.svc:9083"]},
    "warehouse": "s3a://lake/warehouse/",
    "system": "s3://lake/_emberlake",
    "s3": {
        "endpoint": "http://emberlake-s3.emberlake.svc:7070",
        "region": "us-east-1",
        "pathStyle": True,
        "credentials": {"secretName": "lake-s3"},
    },
}
AWS: dict[str, Any] = {
    "sqlName": "prod",
    "metastore": {"uris": ["thrift://hms-0.data:9083", "thrift://hms-1.data:9083"]},
    "warehouse": "s3://prod-lake/warehouse",
    "system": "s3://prod-lake/_emberlake/",
    "s3": {"region": "eu-central-1"},
}


def spec(document: dict[str, Any] = LAKE, **fields: Any) -> CatalogSpec:
    """The spec with some fields replaced."""
    return CatalogSpec.model_validate({**document, **fields})


names = st.from_regex(r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?", fullmatch=True).filter(
    lambda name: not name.endswith("-hive") and name != "system"
)
_uris = st.from_regex(r"s3a?://[a-z0-9][a-z0-9.-]{1,20}[a-z0-9](/[ -~]{0,20})?", fullmatch=True)
_s3 = st.fixed_dictionaries(
    {"pathStyle": st.booleans(), "region": st.text(min_size=1, max_size=20)},
    optional={
        # What the pattern ^https?://[^/]+$ lets in, line breaks included.
        "endpoint": st.text(min_size=1, max_size=30)
        .filter(lambda text: "/" not in text)
        .map(lambda text: f"http://{text}"),
        "credentials": st.just({"secretName": "keys"}),
    },
)
specs = st.builds(
    lambda metastore, warehouse, system, s3: CatalogSpec.model_construct(
        **dict(
            CatalogSpec.model_validate(
                {**LAKE, "metastore": {"uris": metastore}, "warehouse": warehouse, "system": system}
            )
        )
        | {"s3": _loose(s3)}
    ),
    st.lists(
        st.from_regex(r"thrift://[A-Za-z0-9.-]{1,20}:[0-9]{1,5}", fullmatch=True), min_size=1, max_size=3
    ),
    _uris,
    _uris,
    _s3,
)


def _loose(fields: dict[str, Any]) -> S3:
    checked = S3.model_validate({k: v for k, v in fields.items() if k in ("pathStyle", "credentials")})
    return checked.model_copy(update={k: v for k, v in fields.items() if k in ("endpoint", "region")})
