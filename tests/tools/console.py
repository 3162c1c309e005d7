#!/usr/bin/env python3
"""`make console`: this terminal becomes the console of a board started by `make debug`. Ctrl-] leaves."""

import os
import select
import socket
import sys
import termios
import tty


def main():
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(sys.argv[1])
    except OSError as error:
        sys.exit("%s: %s; start the board with `make debug` in another terminal" % (sys.argv[1], error))
    saved = termios.tcgetattr(0) if sys.stdin.isatty() else None
    print("console of the board; Ctrl-] leaves", flush=True)
    try:
        if saved:
            tty.setraw(0)
        while True:
            ready = select.select([0, link], [], [])[0]
            if link in ready:
                data = link.recv(4096)
                if not data:
                    break
                os.write(1, data)
            if 0 in ready:
                data = os.read(0, 4096)
                if not data or b"\x1d" in data:
                    break
                link.sendall(data)
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
    print()


if __name__ == "__main__":
    main()
