from emberlake.sail.server import environment


def test_of_sails_settings_only_the_operators_count() -> None:
    own = {"PATH": "/bin", "SAIL_MODE": "local-cluster", "RUST_LOG": "info", "SPARK_LOCAL_DIRS": "/a,/b"}
    found = environment(own, {"SAIL_CATALOG__DEFAULT_CATALOG": "spark_catalog"})
    assert found == {
        "PATH": "/bin",
        "RUST_LOG": "info",
        "SPARK_LOCAL_DIRS": "/a,/b",
        "SAIL_CATALOG__DEFAULT_CATALOG": "spark_catalog",
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": '["/a", "/b"]',
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": "31536000",
    }
