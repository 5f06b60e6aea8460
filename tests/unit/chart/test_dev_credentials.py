"""The development credentials: created once, shared, never printed."""

import argparse
from dataclasses import dataclass, field

import pytest

from emberlake.cli import dev_credentials as dc
from emberlake.cli.main import build_parser, main

SYSTEM_S3 = dc.Target("emberlake", "emberlake-s3", "s3")
JOB_S3 = dc.Target("demo", "lake-s3", "s3")
DATABASE = dc.Target("emberlake", "emberlake-postgresql", "postgresql")
ALL = [DATABASE, SYSTEM_S3, JOB_S3]


@dataclass
class MemoryStore:
    """The store's contract over a dict; `rivals` appear just before our create, as another run's would."""

    secrets: dict[dc.Target, dc.SecretData] = field(default_factory=dict)
    rivals: dict[dc.Target, dc.SecretData] = field(default_factory=dict)

    def get(self, target: dc.Target) -> dc.SecretData | None:
        return self.secrets.get(target)

    def create(self, target: dc.Target, data: dc.SecretData) -> bool:
        if target in self.rivals:
            self.secrets[target] = self.rivals.pop(target)
        if target in self.secrets:
            return False
        self.secrets[target] = dict(data)
        return True


@pytest.mark.parametrize(
    "text",
    ["", "lake-s3:s3", "demo/lake-s3", "demo/lake-s3:s4", "Demo/lake:s3", "demo/lake/x:s3", "demo/lake:s3 "],
)
def test_refuses_malformed_targets(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="NAMESPACE/NAME:KIND"):
        dc.parse_target(text)


def test_command_line_reads_targets() -> None:
    arguments = build_parser().parse_args(
        ["dev-credentials", "--secret=demo/lake-s3:s3", "--secret=a/b:postgresql"]
    )
    assert arguments.targets == [JOB_S3, dc.Target("a", "b", "postgresql")]


@pytest.mark.parametrize("argv", [[], ["dev-credentials"], ["dev-credentials", "--secret=x"], ["unknown"]])
def test_wrong_arguments_exit_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_creates_all_with_one_s3_pair() -> None:
    store = MemoryStore()
    assert dc.ensure(store, ALL) == dict.fromkeys(ALL, "created")
    assert store.secrets[SYSTEM_S3] == store.secrets[JOB_S3]
    assert set(store.secrets[SYSTEM_S3]) == set(dc.S3_KEYS)
    assert set(store.secrets[DATABASE]) == {"username", "password"}
    assert len(store.secrets[DATABASE]["password"]) >= 32


def test_second_run_changes_nothing() -> None:
    store = MemoryStore()
    dc.ensure(store, ALL)
    before = dict(store.secrets)
    assert dc.ensure(store, ALL) == dict.fromkeys(ALL, "exists")
    assert store.secrets == before


@pytest.mark.parametrize("present", [SYSTEM_S3, JOB_S3], ids=str)
def test_a_new_s3_secret_shares_the_existing_pair(present: dc.Target) -> None:
    pair = dc.new_s3_pair()
    store = MemoryStore({present: {**pair, "note": "kept"}})
    outcome = dc.ensure(store, [SYSTEM_S3, JOB_S3])
    other = JOB_S3 if present == SYSTEM_S3 else SYSTEM_S3
    assert outcome == {present: "exists", other: "created"}
    assert store.secrets[other] == pair


def test_loser_of_a_race_takes_over_the_winner_s_pair() -> None:
    winner = dc.new_s3_pair()
    store = MemoryStore(rivals={SYSTEM_S3: winner, DATABASE: dc.new_postgresql_login()})
    assert dc.ensure(store, ALL) == {DATABASE: "exists", SYSTEM_S3: "exists", JOB_S3: "created"}
    assert store.secrets[JOB_S3] == winner


def test_two_runs_never_make_the_same_secret() -> None:
    first, second = MemoryStore(), MemoryStore()
    dc.ensure(first, ALL)
    dc.ensure(second, ALL)
    for target in ALL:
        assert not set(first.secrets[target].values()) & set(second.secrets[target].values()) - {"hms"}


def test_unusable_secret_names_the_missing_key() -> None:
    store = MemoryStore({SYSTEM_S3: {"AWS_ACCESS_KEY_ID": "key"}})
    with pytest.raises(
        dc.UnusableSecretError, match="emberlake/emberlake-s3 exists without AWS_SECRET_ACCESS_KEY"
    ):
        dc.ensure(store, ALL)


def test_prints_names_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    store = MemoryStore()
    monkeypatch.setattr(dc, "ClusterSecrets", lambda: store)
    assert main(["dev-credentials", *(f"--secret={target}:{target.kind}" for target in ALL)]) == 0
    out, err = capsys.readouterr()
    assert sorted(out.splitlines()) == sorted(f"Secret {target} created" for target in ALL)
    values = {value for data in store.secrets.values() for value in data.values()} - {"hms"}
    assert not [value for value in values if value in out + err]


def test_a_refusal_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Forbidden(MemoryStore):
        def get(self, target: dc.Target) -> dc.SecretData | None:
            raise dc.RefusedError(f"cannot read Secret {target}: forbidden")

    monkeypatch.setattr(dc, "ClusterSecrets", Forbidden)
    assert main(["dev-credentials", "--secret=demo/lake-s3:s3"]) == 1
    assert (
        capsys.readouterr().err == "emberlake dev-credentials: cannot read Secret demo/lake-s3: forbidden\n"
    )
