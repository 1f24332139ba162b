"""python -m api_gw serve | openapi | job <name>."""

from api_gw.app import command_line

if __name__ == "__main__":
    command_line()()
