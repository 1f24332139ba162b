"""python -m signals_svc job <name>."""

from signals_svc.app import command_line

if __name__ == "__main__":
    command_line()()
