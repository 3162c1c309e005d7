#!/bin/bash
# tests/tools/setup.sh: which tools the tree needs, on Debian 12, and how they get there.
#
#   setup.sh ensure GROUP...   silent when everything is there; otherwise installs what is missing with
#                              apt, or names the exact command to type and fails
#   setup.sh doctor            prints every tool, its version or what is missing, and installs nothing
#
# Groups: build (compile and pack), run (boot it), test (host tests and lint), debug, card (images of cards),
# uboot (boot them with U-Boot).
# A row is: group, what must exist (a command, or a file when it begins with /), Debian package.
set -u

table() {
    cat <<'ROWS'
build riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf
build riscv64-unknown-elf-objcopy binutils-riscv64-unknown-elf
build /usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs picolibc-riscv64-unknown-elf
build python3 python3
run qemu-system-riscv64 qemu-system-misc
run /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin qemu-system-data
test git git
test gcc gcc
test gcov gcc
test /usr/include/stdio.h libc6-dev
test cppcheck cppcheck
test clang-format clang-format
test dtc device-tree-compiler
test patch patch
test cpio cpio
debug gdb-multiarch gdb-multiarch
card mformat mtools
uboot /usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin u-boot-qemu
uboot fdtput device-tree-compiler
ROWS
}

present() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Prints the packages missing for the groups in $@, each once.
missing() {
    local group what package
    table | while read -r group what package; do
        case " $* " in *" $group "*) present "$what" || echo "$package" ;; esac
    done | sort -u
}

ensure() {
    local packages sudo=
    [ -n "$(missing "$@")" ] || return 0
    exec 9<"$0"
    flock 9 # make asks for several groups at once, and apt does not like that
    packages=$(missing "$@" | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    [ "$(id -u)" = 0 ] || sudo=sudo
    local command="$sudo apt-get update && $sudo apt-get install -y --no-install-recommends $packages"
    command=${command## }
    command=${command//  / }
    echo "tessera: missing packages: $packages"
    if ! command -v apt-get >/dev/null; then
        echo "tessera: this is not a Debian system; install the equivalents of these Debian 12 packages: $packages"
        return 1
    fi
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
        echo "tessera: not root, and there is no sudo; as root, type: ${command//sudo /}"
        return 1
    fi
    if [ -n "$sudo" ] && ! { true </dev/tty; } 2>/dev/null; then
        sudo="sudo -n" # nobody is there to type a password
    fi
    echo "tessera: installing them now${sudo:+ through sudo}: $command"
    if $sudo apt-get -q update && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $packages && [ -z "$(missing "$@")" ]; then
        return 0
    fi
    echo "tessera: could not install them; type: $command"
    return 1
}

doctor() {
    local group what package version bad=0
    while read -r group what package; do
        if ! present "$what"; then
            printf '%-6s %-58s MISSING, in package %s\n' "$group" "$what" "$package"
            bad=1
        else
            case $what in
            /*) version=present ;;
            *) version=$("$what" --version 2>&1 | head -n 1) ;;
            esac
            printf '%-6s %-58s %s\n' "$group" "$what" "$version"
        fi
    done < <(table)
    if [ $bad = 1 ]; then
        echo "type: apt-get update && apt-get install -y --no-install-recommends $(missing build run test debug card uboot |
            tr '\n' ' ')(as root)"
    fi
    return $bad
}

case ${1-} in
ensure) shift; ensure "$@" ;;
doctor) doctor ;;
*) echo "usage: $0 ensure GROUP... | doctor"; exit 2 ;;
esac
