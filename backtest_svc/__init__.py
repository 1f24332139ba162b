"""Checks and runs backtest rules for people; how orders are filled is the engine's."""
