#!/usr/bin/env python3
"""`make new-server NAME=x`: a new server that works: its folder and C file, its place in the build and in the demo.

    new_server.py NAME

Nothing is written unless all of it can be.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree

import system
import system_format

PROGRAMS, SYSTEM, SERVERS = "userland/programs.mk", "userland/demo.system", "userland/servers"
# Where else programs are named: the build and the descriptions know each name once.
BUILDS, DESCRIPTIONS = "tests/*/programs.mk", ("userland/*.system", "tests/system/*.system", "tests/system/*.xml")
NAME = re.compile(r"[a-z][a-z0-9-]{0,22}")
RULES = "# ---- Rules"
RESERVED = ("root", "system")

SOURCE = """\
/*
 * userland/servers/{name}/{name}.c: adds the numbers of a call, and counts the calls.
 *
 * `run {name} &` starts it, `run call {name} 2 3` calls it. Channel 1 is that of `call`; userland/demo.system has
 * the others.
 */
#include <stdio.h>

#include "userland/lib/pd.h"

static tess_word calls;

void init(void)
{{
    printf("{name}: ready\\n");
}}

void notified(tess_channel channel)
{{
    printf("{name}: channel %u signalled\\n", channel);
}}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{{
    tess_word sum = 0;

    (void)channel;
    for (unsigned i = 0; i < tess_msginfo_words(info); i++)
        sum += tess_mr_get(i);
    tess_mr_set(0, sum);
    tess_mr_set(1, ++calls);
    return tess_msginfo_new(0, 2); /* the label, and how many words */
}}
"""

BUILD = """\
USER_PROGRAMS += {name}
SRC_{name} := $(wildcard userland/servers/{name}/*.c)

"""

DESCRIPTION = """\

    <!-- {name}: writes to the console, and `call` calls it. -->
    <protection_domain name="{name}" start="request" priority="60" budget="10000" period="10000"
                       stack_size="0x4000" heap_size="0x4000" crashes="3" backoff="20000">
        <program_image path="{name}.elf" />
    </protection_domain>
    <channel>
        <end pd="{name}" id="0" pp="true" notify="false" name="console" />
        <end pd="console" id="{console}" notify="false" />
    </channel>
    <channel>
        <end pd="call" id="{call}" pp="true" notify="false" name="{name}" />
        <end pd="{name}" id="1" notify="false" />
    </channel>
"""


class Refused(Exception):
    """Why not, and what to do."""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def known_names():
    """Of every program that the build makes, and every program or template of a description."""
    names = set(os.listdir(SERVERS))
    for path in [PROGRAMS] + glob.glob(BUILDS):
        text = read(path)
        names |= set(re.findall(r"^SRC_([\w-]+) :=", text, re.MULTILINE))
        names |= set(" ".join(re.findall(r"^(?:USER_PROGRAMS|EXAMPLES|\w+_TEST) [:+]= ((?:.*\\\n)*.*)$", text,
                                         re.MULTILINE)).split())
    for path in sum(map(glob.glob, DESCRIPTIONS), []):
        names |= set(re.findall(r'<(?:protection_domain|template)\s+name="([^"]*)"', read(path)))
    return names


def check_name(name):
    if not name:
        raise Refused("no name; type make new-server NAME=something")
    if not NAME.fullmatch(name):
        raise Refused("'%s' is not a name; use at most 23 lower-case letters, digits and -, a letter first" % name)
    if name in RESERVED:
        raise Refused("'%s' is taken by the system; choose another name" % name)
    if name in known_names():
        raise Refused("there is a program '%s' already; choose another name, or remove that one from %s, %s and %s"
                      % (name, SERVERS, PROGRAMS, SYSTEM))


def free_id(description, program):
    taken = {int(end.get("id"), 0) for end in description.iter("end") if end.get("pd") == program}
    for element in description.iter("protection_domain"):
        if element.get("name") == program:
            taken |= {int(child.get("id"), 0) for child in element if child.get("id")}
    # What tests put behind the demo has ids of its own.
    for path in sum(map(glob.glob, DESCRIPTIONS), []):
        taken |= {int(number) for number in re.findall(r'<end pd="%s" id="(\d+)"' % re.escape(program), read(path))}
    number = next(number for number in range(system.IDS + 1) if number not in taken)
    if number == system.IDS:
        raise Refused("'%s' has no channel left; remove a server from %s" % (program, SYSTEM))
    return number


def make(name):
    programs, text = read(PROGRAMS), read(SYSTEM)
    try:
        description = xml.etree.ElementTree.fromstring(text)
    except xml.etree.ElementTree.ParseError as error:
        raise Refused("%s is not well-formed (%s); correct it first" % (SYSTEM, error)) from error
    check_name(name)
    most = system_format.PROGRAMS_MAX - 1
    if len(list(description.iter("protection_domain"))) + len(list(description.iter("template"))) >= most:
        raise Refused("%s has %d programs, and no place for more; remove a server from it" % (SYSTEM, most))
    if programs.count(RULES) != 1 or text.count("</system>") != 1:
        raise Refused("%s or %s has lost its shape; bring back the line '%s', or </system>"
                      % (PROGRAMS, SYSTEM, RULES))
    block = DESCRIPTION.format(name=name, console=free_id(description, "console"),
                               call=free_id(description, "call"))
    source = os.path.join(SERVERS, name, name + ".c")
    os.makedirs(os.path.dirname(source))
    write(source, SOURCE.format(name=name))
    write(PROGRAMS, programs.replace(RULES, BUILD.format(name=name) + RULES))
    write(SYSTEM, text.replace("</system>", block + "</system>"))
    print("made %s, and entries in %s and %s" % (source, PROGRAMS, SYSTEM))
    print("'make run', then at the prompt: run %s &, run call %s 2 3" % (name, name))


def main():
    if len(sys.argv) != 2:
        print("usage: new_server.py NAME", file=sys.stderr)
        return 2
    try:
        make(sys.argv[1])
    except (Refused, OSError) as error:
        print("new-server: error: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
