"""The port book."""

import socket

import pytest

from stack.ports import LOOPBACK, NoFreePort, PortBook


def free_run(first: int) -> int:
    """The first of three free ports in a row."""
    book = PortBook()
    got = [book.take(str(number), first + number) for number in range(3)]
    return got[0] if got[2] - got[0] == 2 else free_run(got[2] + 1)


def test_a_port_is_handed_out_once_though_nobody_listens_yet(first_port: int) -> None:
    wanted = free_run(first_port + 100)
    book = PortBook()
    assert [book.take(name, wanted) for name in ("s3", "supervisor")] == [wanted, wanted + 1]


def test_a_name_keeps_its_port(first_port: int) -> None:
    book = PortBook()
    assert book.take("s3", first_port + 200) == book.take("s3", first_port + 200)


def test_a_taken_port_is_passed_over(first_port: int) -> None:
    wanted = free_run(first_port + 300)
    with socket.socket() as other:
        other.bind((LOOPBACK, wanted))
        other.listen()
        assert PortBook().take("s3", wanted) == wanted + 1


def test_ports_of_outgoing_connections_are_never_handed_out() -> None:
    book = PortBook()
    got = book.take("s3", 32767)
    assert got == 32767
    with pytest.raises(NoFreePort, match="aws"):
        book.take("aws", 32767)
