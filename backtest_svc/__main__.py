"""python -m backtest_svc job <name>."""

from backtest_svc.app import command_line

if __name__ == "__main__":
    command_line()()
