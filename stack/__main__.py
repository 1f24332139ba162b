"""Entry of `python -m stack`."""

from stack.commands import main

main(prog_name="python -m stack")
