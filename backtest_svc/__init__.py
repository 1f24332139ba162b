"""Checks and formats backtest rules for people; the rules of a simulation are the engine's."""
