import tarfile
from pathlib import Path

from emberlake_spark.install_requirements import pack


def test_the_archive_holds_the_packages_at_its_top(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    (packages / "six").mkdir(parents=True)
    (packages / "six" / "__init__.py").write_text("VERSION = 1\n")
    (packages / "tool").symlink_to("six/__init__.py")
    pack(packages, tmp_path / "requirements.tar.gz")
    with tarfile.open(tmp_path / "requirements.tar.gz") as archive:
        assert archive.getnames() == ["six", "six/__init__.py", "tool"]
        content = archive.extractfile("six/__init__.py")
        assert content is not None
        assert content.read() == b"VERSION = 1\n"
        assert archive.getmember("tool").issym()
