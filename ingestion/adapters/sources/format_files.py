"""Finds and reads column mappings: the shipped ones by name, a user's own by path."""

from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from ingestion.domain.errors import FormatRejected, SourceUnknown
from ingestion.domain.format import Format

SHIPPED = files("ingestion") / "formats"


def shipped_names() -> list[str]:
    """Sources that need no mapping file, in order."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in SHIPPED.iterdir()
        if entry.name.endswith(".yaml")
    )


def parse_format(name: str, text: str) -> Format:
    """A mapping from its YAML. Raises FormatRejected naming every fault."""
    try:
        return Format.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise FormatRejected(name, f"it is no YAML ({error})") from error
    except ValidationError as error:
        faults = (
            f"{'.'.join(str(step) for step in fault['loc']) or 'mapping'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise FormatRejected(name, "; ".join(faults)) from error


def find_format(source: str) -> Format:
    """The mapping of a shipped source, or of the mapping file at a path."""
    if source in shipped_names():
        return parse_format(source, (SHIPPED / f"{source}.yaml").read_text("utf-8"))
    path = Path(source)
    if path.suffix not in (".yaml", ".yml"):
        raise SourceUnknown(source, shipped_names())
    try:
        mapping = parse_format(source, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FormatRejected(source, str(error)) from error
    if mapping.source in shipped_names():
        raise FormatRejected(source, f"the name {mapping.source} is taken by a shipped source")
    return mapping
