"""GET /cards/{card_id}/signal/receipt: what a signal rests on, to be checked by anybody."""

from fastapi import APIRouter, Depends

from api_gw.http.cards import SIGNAL_KEPT_S, Horizon
from api_gw.http.deps import AsOf, CardId, Given, GradeCode, Kept
from api_gw.http.receipt_schemas import Receipt, ReceiptPart
from api_gw.usecases.receipt import receipt

router = APIRouter(prefix="/cards/{card_id}", tags=["cards"])


@router.get("/signal/receipt", dependencies=[Depends(Kept(SIGNAL_KEPT_S))])
async def get_receipt(
    services: Given,
    card_id: CardId,
    grade: GradeCode = "raw",
    horizon: Horizon = None,
    as_of: AsOf = None,
) -> Receipt:
    """What the newest signal of an instrument was made of, and whether that is still so."""
    found = await receipt(
        card_id,
        grade,
        horizon=horizon or services.default_horizon,
        as_of=as_of,
        receipts=services.receipts,
        signals=services.signals,
        cards=services.cards,
        prices=services.prices,
    )
    digests = found.digests or {}
    return Receipt(
        card_id=card_id,
        grade_code=grade,
        horizon_days=found.horizon_days,
        asof_ts=found.asof_ts,
        known_at=found.known_at,
        written_at=found.written_at,
        heard=found.heard,
        hash=found.hash,
        intact=not found.altered,
        altered=found.altered,
        parts=[
            ReceiptPart.model_validate(
                {"name": name, "digest": digests.get(name), "content": content}
            )
            for name, content in found.contents.items()
        ],
    )
