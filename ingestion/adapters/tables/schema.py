"""What the tables share."""

from sqlalchemy import DateTime, MetaData

metadata = MetaData(schema="market")

Moment = DateTime(timezone=True)
