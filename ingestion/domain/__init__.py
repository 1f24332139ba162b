"""Frozen values and pure decisions about reported prices: no clock, no store, no network."""
