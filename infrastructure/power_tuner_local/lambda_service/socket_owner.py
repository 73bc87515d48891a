"""Whose socket is at the other end of a connection on loopback."""

import os
import socket
import struct
import sys
from pathlib import Path

_SOCKETS = Path("/proc/net/tcp")
_ADDRESS, _USER = 1, 7
_READINGS = 3


def is_of_another_user(host: str, port: int) -> bool:
    """Return whether a socket on loopback belongs to another user than this process; False where /proc is missing.

    The columns are those of proc(5): an address is its bytes as a number of this machine, in hexadecimal.
    """
    if not _SOCKETS.exists():
        return False
    (packed,) = struct.unpack(f"{'<' if sys.byteorder == 'little' else '>'}I", socket.inet_aton(host))
    wanted = f"{packed:08X}:{port:04X}"
    # The kernel writes the table in pieces: while others come and go, a line can be missing from one reading.
    for _ in range(_READINGS):
        for line in _SOCKETS.read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[_ADDRESS] == wanted:
                return int(columns[_USER]) != os.getuid()
    return True
