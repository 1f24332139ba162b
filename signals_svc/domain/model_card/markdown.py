"""A model card as Markdown, with its plots as files beside it."""

from signals_svc.domain.model_card.parts import Card, Section, Sheet


def card_markdown(card: Card) -> str:
    """The whole text; plots are linked by `<version>-<name>.svg`."""
    parts = [f"# {card.title}", f"`{card.version}`"]
    parts.append("\n".join(f"> {line}  " for line in card.verdict.split("; ")))
    parts.append("\n".join(f"- {name}: {value}" for name, value in card.facts))
    parts.append("## What to keep in mind")
    parts.append("\n".join(f"- {words}" for words in card.caveats))
    for section in card.sections:
        parts.extend(_section(card.version, section))
    parts.append("Estimates from past sales, not investment advice.")
    return "\n\n".join(parts) + "\n"


def plot_files(card: Card) -> dict[str, str]:
    """The plots by file name."""
    plots = [section.plot for section in card.sections if section.plot]
    return {f"{card.version}-{plot.name}.svg": plot.svg for plot in plots}


def _section(version: str, section: Section) -> list[str]:
    parts = [f"## {section.heading}", section.words]
    if section.plot:
        parts.append(f"![{section.plot.words}]({version}-{section.plot.name}.svg)")
    if section.sheet:
        parts.append(_sheet(section.sheet))
    return parts


def _sheet(sheet: Sheet) -> str:
    lines = [sheet.columns, ("---", *["---:"] * (len(sheet.columns) - 1)), *sheet.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
