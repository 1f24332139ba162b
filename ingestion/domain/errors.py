"""The expected failures of ingestion, named for the event, each saying what to do about it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from kernel.errors import Conflict, NotFound, Rejected, Unavailable


class FormatRejected(Rejected):
    """A column mapping that cannot be used."""

    title = "Mapping rejected"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the mapping {name} cannot be used: {why}")
        self.name, self.why = name, why


class SourceUnknown(Rejected):
    """A source that is neither a shipped one nor a mapping file."""

    title = "Unknown source"

    def __init__(self, source: str, known: Sequence[str]) -> None:
        super().__init__(
            f"no source {source!r}; use one of {', '.join(known)},"
            " or give the path of a mapping file that ends in .yaml"
        )
        self.source, self.known = source, known


class FileUnreadable(Rejected):
    """A file that cannot be read as what its name says it is."""

    title = "File unreadable"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} cannot be read: {why}")
        self.name, self.why = name, why


class FileEmpty(Rejected):
    """A file without a single row."""

    title = "File empty"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no rows; nothing was stored. Check the path or the export")
        self.name = name


class ColumnMissing(Rejected):
    """A column the mapping names and the file has not."""

    title = "Column missing"

    def __init__(self, name: str, missing: Sequence[str], present: Sequence[str]) -> None:
        super().__init__(
            f"{name} has no column {', '.join(missing)}; it has {', '.join(present)}."
            " Correct the mapping or choose the format that fits the file"
        )
        self.name, self.missing, self.present = name, missing, present


class NothingUsable(Rejected):
    """Every row of an input was refused, which is what a wrong mapping looks like."""

    title = "No row could be used"

    def __init__(self, source: str, reasons: Mapping[str, int], examples: Sequence[str]) -> None:
        counts = ", ".join(f"{reason} {count}" for reason, count in reasons.items())
        super().__init__(
            f"all rows of {source} were refused ({counts}); nothing was written."
            f" First: {'; '.join(examples)}. Is it the right mapping, catalog and product map?"
        )
        self.source, self.reasons, self.examples = source, reasons, examples


class NotFetched(NotFound):
    """A step was asked for before the step that feeds it."""

    def __init__(self, source: str, day: date, *, zone: str, run_first: str) -> None:
        super().__init__(
            f"the {zone} zone holds nothing of {source} for {day};"
            f" run `{run_first} --source {source} --date {day}` first"
        )
        self.source, self.day, self.zone = source, day, zone


class SourceUnavailable(Unavailable):
    """A source that did not answer, or answered that it cannot now."""

    def __init__(self, source: str, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{source} did not answer: {why}")
        self.source, self.why, self.retry_after_s = source, why, retry_after_s


class SourceClosed(SourceUnavailable):
    """A source that nobody may ask for a while: it said so, or it kept failing."""

    def __init__(self, source: str, why: str, *, wait_s: float, now: datetime) -> None:
        self.opens_at = now + timedelta(seconds=wait_s)
        opens = self.opens_at.astimezone(UTC).isoformat(timespec="seconds")
        super().__init__(
            source, f"{why}; it may be asked again at {opens}, in {wait_s:.0f} s", wait_s
        )


class BudgetSpent(SourceUnavailable):
    """A run that asked a source for as long as one run may. What it received stays."""


class CollectionUnfinished(Unavailable):
    """A collection that the next run goes on with."""

    def __init__(self, source: str, day: date, left: int) -> None:
        super().__init__(
            f"{source} still has to be asked for {left} subjects of {day}; what it told is kept,"
            " run it again to go on"
        )
        self.source, self.day, self.left = source, day, left


class SourceSilent(Rejected):
    """A source that answered every question, and told nothing."""

    title = "Source silent"

    def __init__(self, source: str, asked: int) -> None:
        super().__init__(
            f"{source} told nothing about any of {asked} subjects; its answers are in raw/."
            " Look whether it has moved or changed its shape; the next run asks all of them again"
        )
        self.source, self.asked = source, asked


class DayOutOfReach(Rejected):
    """A day that a source can no longer be asked about, or not yet."""

    title = "Day out of reach"

    def __init__(self, source: str, day: date, *, first: date, last: date) -> None:
        super().__init__(
            f"{source} can be asked about {first} to {last}, not about the week that ends on {day};"
            " ask for a day of these"
        )
        self.source, self.day, self.first, self.last = source, day, first, last


class SourceRefused(Rejected):
    """A source that understood and said no, or said something nobody can read."""

    title = "Source refused"

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source} refused: {why}")
        self.source, self.why = source, why


class CatalogRejected(Rejected):
    """Reference rows that contradict themselves or the catalog."""

    title = "Catalog rejected"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} cannot be loaded: {why}")
        self.name, self.why = name, why


class WrongWindow(Rejected):
    """A window that ends before it begins, or an option that the source does not take."""

    title = "Options rejected"


class PriceUnknown(NotFound):
    """A sale or figure nobody has loaded."""

    def __init__(self, subject: str, key: int) -> None:
        super().__init__(f"no {subject} has the id {key}; curated/ and the tables tell the ids")
        self.subject, self.key = subject, key


class OutOfTurn(Conflict):
    """A revocation or reinstatement that does not follow from what is known of the sale."""

    def __init__(self, trade_id: int, why: str) -> None:
        super().__init__(f"sale {trade_id} cannot be revised so: {why}")
        self.trade_id, self.why = trade_id, why


class CardUnknown(NotFound):
    """A card that the catalog does not have."""

    def __init__(self, card_id: str, alike: Sequence[str]) -> None:
        hint = f"it has {', '.join(alike)}" if alike else "nothing there begins like it"
        super().__init__(
            f"the catalog has no card {card_id!r} ({hint}); load it with load_catalog, or another"
            " printing of a card with load_product_map"
        )
        self.card_id, self.alike = card_id, alike


class GradeUnknown(NotFound):
    """A grade that no scale has."""

    def __init__(self, grade_code: str) -> None:
        super().__init__(f"no grade is known as {grade_code!r}; write it as raw, psa9 or cgc9.5")
        self.grade_code = grade_code


class ActorReserved(Rejected):
    """A person who signs with the name of the rule."""

    title = "Actor rejected"

    def __init__(self, actor: str) -> None:
        super().__init__(f"--actor {actor} is how the rule signs; give a person's name")
        self.actor = actor


class BackfillRejected(Rejected):
    """A backfill that makes no sense as it was asked for."""

    title = "Backfill rejected"


class BackfillUnknown(NotFound):
    """A backfill that nobody planned."""

    def __init__(self, backfill_id: str) -> None:
        super().__init__(f"there is no backfill {backfill_id!r}; plan it first (plan_backfill)")
        self.backfill_id = backfill_id


class BackfillIncomplete(Rejected):
    """Runs of a backfill that failed for good; the others are done and stay so."""

    title = "Backfill incomplete"

    def __init__(self, backfill_id: str, failures: Sequence[str], *, total: int) -> None:
        super().__init__(
            f"{total} runs of {backfill_id} failed; mend what they say and run it again,"
            f" what is done is not repeated. First: {' | '.join(failures)}"
        )
        self.backfill_id, self.failures, self.total = backfill_id, failures, total


class RereadsFailed(Rejected):
    """Run days that could not be read again; the others are done and stay so."""

    title = "Days not read again"

    def __init__(self, failures: Sequence[str], *, total: int, done: int) -> None:
        super().__init__(
            f"{total} run days could not be read again, {done} were; the next run tries them anew,"
            f" market.rereads tells how often and why. First: {' | '.join(failures)}"
        )
        self.failures, self.total, self.done = failures, total, done


class RemapIncomplete(Rejected):
    """A product that is mapped anew, while runs that refused its rows cannot be repeated."""

    title = "Remap incomplete"

    def __init__(self, product: str, failures: Sequence[str], *, total: int) -> None:
        super().__init__(
            f"{product} is mapped anew and its prices follow, but {total} runs that refused rows of"
            " it failed again; mend what they say and remap once more, which repeats them alone."
            f" {' | '.join(failures)}"
        )
        self.product, self.failures, self.total = product, failures, total


class ContractRejected(Rejected):
    """A data contract that cannot be read."""

    title = "Contract rejected"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the contract {name} cannot be used: {why}")
        self.name, self.why = name, why


class SuiteFailed(Rejected):
    """Records that are not what their tables' contracts promise."""

    title = "Suite failed"

    def __init__(
        self, source: str, day: date, failures: Sequence[str], reports: Sequence[str]
    ) -> None:
        super().__init__(
            f"the records of {source} for {day} break the contract ({'; '.join(failures)});"
            f" nothing was written. Read trusted/{' and trusted/'.join(reports)}, then mend the"
            " source's mapping, or the contract if the world has changed"
        )
        self.source, self.day, self.failures, self.reports = source, day, failures, reports


class RowsBroken(Rejected):
    """Computed rows that are not what their table's contract promises."""

    title = "Contract broken"

    def __init__(self, table: str, failures: Sequence[str]) -> None:
        super().__init__(
            f"the rows for market.{table} break its contract ({'; '.join(failures)}); nothing was"
            f" written. Mend what computes them, or ingestion/contracts/{table}.yaml if the world"
            " has changed"
        )
        self.table, self.failures = table, failures


class ArchiveDiffers(Unavailable):
    """The lake gave back something else of a month than it was given. Nothing was removed."""

    def __init__(self, key: str, *, wanted: int, found: int) -> None:
        super().__init__(
            f"curated/{key} was read back with {found} rows where {wanted} were written, or with"
            " other ones; the month stays in the database and is tried again"
        )
        self.key = key


class MonthLost(Rejected):
    """The table of an archived month is gone, and what is asked cannot be answered without it."""

    title = "Archived month lost"

    def __init__(self, months: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(months)}: archived, and its table is gone. Nothing was written. Make the"
            " table again from the object named in market.archived_months, see"
            " docs/ops/backfills.md"
        )
        self.months = months


class MaintenanceNotSet(Rejected):
    """No login that may vacuum."""

    def __init__(self) -> None:
        super().__init__("set MAINTENANCE_DATABASE_URL: PostgreSQL as the login maintenance")
