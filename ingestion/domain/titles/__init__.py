"""Reads a listing's title: which card and grade it says, or why nobody can tell. No I/O."""
