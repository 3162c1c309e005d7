#!/usr/bin/env python3
"""Flattened device trees: read, change, write.

    tree.py FILE NODE PROPERTY NUMBER QEMU...    that of the machine, with this value there, to the file

    tree = Tree.of_board(["qemu-system-riscv64", "-M", "virt", ...])
    tree["/chosen"]["linux,initrd-start"] = cells(0x84000000)
    del tree["/soc/plic@c000000"]["reg"]
    blob = tree.blob()
"""

import os
import struct
import subprocess
import sys
import tempfile

MAGIC, VERSION, COMPATIBLE = 0xd00dfeed, 17, 16
BEGIN, END, PROPERTY, NOP, DONE = 1, 2, 3, 4, 9


def cells(*values):
    return struct.pack(">%dI" % len(values), *values)


class Node(dict):
    """Properties by name, as bytes; and child nodes."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.children = []

    def child(self, name):
        """The child, made if there is none."""
        for node in self.children:
            if node.name == name:
                return node
        self.children.append(Node(name))
        return self.children[-1]

    def remove(self, name):
        self.children = [node for node in self.children if node.name != name]


class Tree:
    def __init__(self, blob):
        header = struct.unpack_from(">10I", blob)
        if header[0] != MAGIC:
            raise ValueError("not a device tree")
        self.reservations = []
        at = header[4]
        while True:
            base, length = struct.unpack_from(">2Q", blob, at)
            at += 16
            if not base and not length:
                break
            self.reservations.append((base, length))
        self.root = self.read(blob, header[2], header[3])

    @classmethod
    def of_board(cls, command):
        """What QEMU gives to firmware on this machine."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tree.dtb")
            at = command.index("-M") + 1
            command = command[:at] + [command[at] + ",dumpdtb=" + path] + command[at + 1:]
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            with open(path, "rb") as file:
                return cls(file.read())

    @staticmethod
    def read(blob, at, strings):
        """The structure block at `at`; its one root node."""
        path, root = [], None
        while True:
            token, = struct.unpack_from(">I", blob, at)
            at += 4
            if token == BEGIN:
                end = blob.index(b"\0", at)
                node = Node(blob[at:end].decode())
                at = (end + 4) & ~3
                if path:
                    path[-1].children.append(node)
                else:
                    root = node
                path.append(node)
            elif token == END:
                path.pop()
            elif token == PROPERTY:
                length, name = struct.unpack_from(">2I", blob, at)
                at += 8
                end = blob.index(b"\0", strings + name)
                path[-1][blob[strings + name:end].decode()] = blob[at:at + length]
                at = (at + length + 3) & ~3
            elif token == DONE:
                return root
            elif token != NOP:
                raise ValueError("token %d" % token)

    def __getitem__(self, path):
        node = self.root
        for name in path.strip("/").split("/"):
            node = node.child(name) if name else node
        return node

    def blob(self):
        strings = {}

        def write(node):
            out = cells(BEGIN) + pad(node.name.encode() + b"\0")
            for name, value in node.items():
                offset = strings.setdefault(name, sum(len(other) + 1 for other in strings))
                out += cells(PROPERTY, len(value), offset) + pad(value)
            for child in node.children:
                out += write(child)
            return out + cells(END)

        structure = write(self.root) + cells(DONE)
        names = b"".join(name.encode() + b"\0" for name in strings)
        reserved = b"".join(struct.pack(">2Q", *one) for one in self.reservations + [(0, 0)])
        at_structure = 40 + len(reserved)
        at_names = at_structure + len(structure)
        return struct.pack(">10I", MAGIC, at_names + len(names), at_structure, at_names, 40, VERSION, COMPATIBLE,
                           0, len(names), len(structure)) + reserved + structure + names


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def main():
    path, node, name, number = sys.argv[1:5]
    tree = Tree.of_board(sys.argv[5:])
    if name not in tree[node]:
        sys.exit("%s: error: the machine has no %s in %s; look at what `dtc` prints of it" % (path, name, node))
    tree[node][name] = cells(int(number))
    with open(path, "wb") as file:
        file.write(tree.blob())


if __name__ == "__main__":
    main()
