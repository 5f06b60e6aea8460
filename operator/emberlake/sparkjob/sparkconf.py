"""Reading Spark settings as Spark reads them. Pure."""

from collections.abc import Mapping

Conf = Mapping[str, str]


def under(conf: Conf, prefix: str) -> dict[str, str]:
    """The settings whose keys begin with `prefix`, without it."""
    return {key.removeprefix(prefix): value for key, value in conf.items() if key.startswith(prefix)}


def listed(conf: Conf, key: str) -> list[str]:
    """The parts of a setting that is a list with commas."""
    return [part for text in conf.get(key, "").split(",") if (part := text.strip())]


def is_true(conf: Conf, key: str) -> bool:
    """Whether a switch is on that is off where it is not set."""
    return conf.get(key, "false").strip().lower() == "true"


def port(conf: Conf, key: str, default: str) -> int:
    """The number of a port.

    Raises:
        ValueError: it is none; names the setting.
    """
    text = conf.get(key, default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{key} {text!r} is no port: write a number from 1 to 65535")
    return int(text)
