#!/bin/bash
# platform/card/uboot_tree.sh: the device tree with which U-Boot boots Tessera on a board of QEMU by itself.
#
#   uboot_tree.sh TREE BOARD BUNDLE QEMU-COMMAND...
#
# It is the tree that this QEMU command makes, and in it the node /config, from which U-Boot takes its
# first command. Debian's U-Boot wants its files at addresses of its default environment, most of them
# more than 192 MB behind the start of memory, and has no place to keep another environment in.
set -eu

tree=$1 board=$2 bundle=$3
shift 3

case $board in
virt)
    # Addresses within 128 MB; then U-Boot looks for a card as always.
    command='setenv scriptaddr 0x85000000; setenv fdt_addr_r 0x85100000; setenv ramdisk_addr_r 0x85200000'
    command="$command; run distro_bootcmd"
    ;;
sifive_u)
    # This U-Boot has no driver for the card of the board: QEMU puts the files into memory (Makefile).
    command="booti 0x84000000 0x85200000:$(printf %x "$(stat -c %s "$bundle")") \${fdtcontroladdr}"
    ;;
*)
    echo "uboot_tree.sh: error: no way to boot $board" >&2
    exit 1
    ;;
esac

"$@" -machine dumpdtb="$tree" 2>/dev/null </dev/null
[ -s "$tree" ] || { echo "uboot_tree.sh: error: QEMU wrote no device tree; its command: $*" >&2; exit 1; }
fdtput -c "$tree" /config
fdtput -t s "$tree" /config bootcmd "$command"
fdtput -t i "$tree" /config bootdelay 0
