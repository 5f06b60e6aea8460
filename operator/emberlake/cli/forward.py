"""Forwards connections of this machine to a port of a pod, by the API server's port-forward."""

import socket
import sys
import threading
from contextlib import closing, suppress
from typing import Any

from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import CliError

_CHUNK = 1 << 16


def serve(cluster: Cluster, pod: str, port: int, listener: socket.socket) -> None:
    """Accept connections until interrupted; each gets a forward of its own.

    Raises:
        CliError: when the first forward is refused.
    """
    # The client forwards in threads of its own; what ends one is told in a line.
    threading.excepthook = lambda ended: print(f"emberlake: {ended.exc_value}", file=sys.stderr)
    # Asked once before anybody connects, so that a refusal ends the command and not a thread.
    cluster.forward(pod, port).socket.close()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_relay, args=(cluster, pod, port, connection), daemon=True).start()


def _relay(cluster: Cluster, pod: str, port: int, connection: socket.socket) -> None:
    with connection:
        try:
            remote = cluster.forward(pod, port)
        except CliError as error:
            print(f"emberlake: {error}", file=sys.stderr)
            return
        with closing(remote.socket):
            back = threading.Thread(target=_copy, args=(remote.socket, connection), daemon=True)
            back.start()
            _copy(connection, remote.socket)
            back.join()
        if problem := remote.problem():
            print(f"emberlake: pod {pod}: {' '.join(problem.split())}", file=sys.stderr)


def _copy(source: Any, target: Any) -> None:
    """Bytes from one socket to the other, until either closes."""
    with suppress(OSError):
        while piece := source.recv(_CHUNK):
            target.sendall(piece)
    # The other direction may still have something to say.
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
