"""The port book."""

import socket
from contextlib import closing

import pytest

from stack.ports import LOOPBACK, NoFreePort, PortBook


def free_run(first: int) -> int:
    """The first of three free ports in a row."""
    with closing(PortBook()) as book:
        got = [book.take(str(number), first + number) for number in range(3)]
    return got[0] if got[2] - got[0] == 2 else free_run(got[2] + 1)


def test_a_port_is_handed_out_once_though_nobody_listens_yet(first_port: int) -> None:
    wanted = free_run(first_port + 100)
    with closing(PortBook()) as book:
        assert [book.take(name, wanted) for name in ("s3", "supervisor")] == [wanted, wanted + 1]


def test_a_name_keeps_its_port(first_port: int) -> None:
    with closing(PortBook()) as book:
        assert book.take("s3", first_port + 200) == book.take("s3", first_port + 200)


def test_a_taken_port_is_passed_over(first_port: int) -> None:
    wanted = free_run(first_port + 300)
    with socket.socket() as other:
        other.bind((LOOPBACK, wanted))
        other.listen()
        with closing(PortBook()) as book:
            assert book.take("s3", wanted) == wanted + 1


def test_two_stacks_that_start_together_get_different_ports(first_port: int) -> None:
    """Found when two checkouts started at once: both were given a port nobody listened on yet."""
    wanted = free_run(first_port + 400)
    with closing(PortBook()) as ours, closing(PortBook()) as theirs:
        assert [ours.take("s3", wanted), theirs.take("s3", wanted)] == [wanted, wanted + 1]


def test_ports_of_outgoing_connections_are_never_handed_out() -> None:
    with closing(PortBook()) as book:
        assert book.take("s3", 32767) == 32767
        with pytest.raises(NoFreePort, match="aws"):
            book.take("aws", 32767)
