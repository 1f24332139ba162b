"""Owns the rule language and the daily-bar simulator: a pure library, arrays in, results out."""
