"""`pricer signals`: what a signal rests on, and what became of all of them."""

import sys
from urllib.parse import quote

import click

from cli.reporting import API, AS_JSON, report

AS_OF = click.option("--as-of", "as_of", help="as it was known at a moment, with offset")


@click.group()
def signals() -> None:
    """Look at signals: what they rest on, what became of them."""


@signals.command("receipt")
@click.argument("card")
@click.option("--grade", default="raw", show_default=True, help="grade, e.g. psa10")
@click.option("--horizon", help="how far it looks, days; default: 90")
@click.option("--hash", "kept", help="the hash you kept: leave with 1 if it is another now")
@AS_OF
@AS_JSON
@API
def receipt(
    card: str,
    grade: str,
    horizon: str | None,
    kept: str | None,
    as_of: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """What the newest signal rests on, hashed here again; leaves with 1 if anything is altered."""
    from cli.receipt_lines import receipt_lines, wrong_parts

    path = f"/cards/{quote(card)}/signal/receipt"
    asked = {"grade": grade, "horizon": horizon, "as_of": as_of}
    found = report(path, asked, receipt_lines, url=url, as_json=as_json)
    wrong = wrong_parts(found)
    if kept is not None and kept != found["hash"]:
        click.echo(f"pricer: you kept {kept}, the receipt says {found['hash']}", err=True)
        wrong = [*wrong, "hash"]
    sys.exit(1 if wrong else 0)


@signals.command("track-record")
@click.option("--horizon", help="of signals that look so far, days; default: 90")
@click.option("--after", help="scored so long after, days; default: the horizon")
@click.option("--days", help="of decisions of the last so many days; default: 365")
@AS_OF
@AS_JSON
@API
def track_record(url: str | None, as_json: bool, **asked: str | None) -> None:
    """What came of signals: live and replayed ones each by themselves, with 95 % intervals."""
    from cli.track_record_lines import track_record_lines

    report("/signals/track-record", asked, track_record_lines, url=url, as_json=as_json)
