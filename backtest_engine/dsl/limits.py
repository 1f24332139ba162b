"""What a rule may be at most, so that no text can exhaust the one who reads it."""

MAX_CHARACTERS = 20_000
MAX_LINES = 200
MAX_LINE_CHARACTERS = 2_000
MAX_DEPTH = 40  # of an expression within expressions
MAX_MEMBERS = 500  # of a list after IN
MAX_WINDOW_DAYS = 1_830  # five years of days and the leap days among them
MAX_NUMBER = 1e12
MIN_NUMBER = 1e-9  # but 0 itself may be written
MAX_PROBLEMS = 20  # told at once; a reader mends a few and asks again
