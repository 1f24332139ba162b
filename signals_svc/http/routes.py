"""POST /internal/infer, and whether the process runs."""

from time import perf_counter

import structlog
from fastapi import APIRouter, Depends, Response

from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.signal import Signal
from signals_svc.http.deps import Given, insider
from signals_svc.http.schemas import InferAnswer, InferRequest, InstrumentAsked, Reason, SignalNow

router = APIRouter()


@router.get("/healthz")
async def healthz(serving: Given) -> dict[str, str]:
    """The process answers; nothing else is asked, and nobody who waits for a turn is in the way."""
    return {"status": "ok", "instance": serving.instance_id}


@router.post("/internal/infer", dependencies=[Depends(insider)])
def post_infer(serving: Given, request: InferRequest, response: Response) -> InferAnswer:
    """What would be signalled of hot cards by everything that is known now."""
    response.headers["Cache-Control"] = "no-store"
    asked = {
        Instrument(CardId(one.card_id), GradeCode(one.grade_code)) for one in request.instruments
    }
    with serving.turns.one():
        now, begun = serving.clock(), perf_counter()
        said = serving.infer(sorted(asked), now)
        took_ms = round(1000 * (perf_counter() - begun), 1)
    structlog.get_logger().info("signals.inferred_now", instruments=len(asked), took_ms=took_ms)
    return InferAnswer(
        known_at=now,
        took_ms=took_ms,
        signals=[told(one) for one in said.signals],
        without_price=[
            InstrumentAsked(card_id=card, grade_code=grade) for card, grade in said.without_price
        ],
    )


def told(signal: Signal) -> SignalNow:
    """The response model of a signal."""
    shared = SignalNow.model_fields.keys() & signal.__dataclass_fields__.keys() - {"reasons"}
    return SignalNow(
        card_id=signal.instrument.card_id,
        grade_code=signal.instrument.grade_code,
        reasons=[Reason.model_validate(one) for one in signal.reasons],
        **{name: getattr(signal, name) for name in shared},
    )
