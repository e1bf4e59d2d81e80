"""A deadline shuts what it watches, whatever that waits for; before it is over it touches nothing."""

import socket
import time

import pytest

from hetero2.io.deadline import Deadline


@pytest.fixture
def pair():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_a_connection_that_waits_is_shut_when_the_time_is_over(pair):
    deadline = Deadline(0.1)
    start = time.monotonic()
    with deadline.enforced():
        deadline.watch(pair[0])
        assert pair[0].recv(1) == b""  # waits for what never comes
        assert deadline.over
    assert 0.05 < time.monotonic() - start < 5
    assert deadline.left() <= 0


def test_in_time_nothing_is_shut(pair):
    deadline = Deadline(60)
    with deadline.enforced():
        deadline.watch(pair[0])
        pair[1].send(b"x")
        assert pair[0].recv(1) == b"x"
        assert 50 < deadline.left() <= 60
    assert not deadline.over
    pair[1].send(b"y")
    assert pair[0].recv(1) == b"y"  # the connection itself stays open


def test_whoever_connects_too_late_is_closed(pair):
    deadline = Deadline(0)
    with pytest.raises(TimeoutError, match=r"^connected too late$"):
        deadline.watch(pair[0])
    assert pair[0].fileno() == -1


def test_one_that_is_gone_does_not_keep_the_others_open(pair):
    deadline = Deadline(0.1)
    gone = socket.socketpair()
    with deadline.enforced():
        deadline.watch(gone[0])
        deadline.watch(pair[0])
        for end in gone:
            end.shutdown(socket.SHUT_RDWR)
            end.close()
        assert pair[0].recv(1) == b""
