#!/usr/bin/env python3
"""Tests of userland/tools/system.py: every error with its line, and what a good description becomes."""

import contextlib
import io
import os
import re
import struct
import subprocess
import sys
import tempfile

from test_mkbundle import ROOT, program, unpack

TOOL = os.path.join(ROOT, "userland", "tools", "system.py")
sys.path.insert(0, os.path.dirname(TOOL))
import system  # noqa: E402
results = []


def check(name, good, detail=""):
    results.append(bool(good))
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name), flush=True)
    if not good and detail:
        print("# " + str(detail).strip().replace("\n", "\n# "), flush=True)


def call(arguments):
    """(exit status, what is on stderr) of the tool: in this process, as a hundred starts of Python take long."""
    before, messages = sys.argv, io.StringIO()
    sys.argv = [TOOL] + arguments
    try:
        with contextlib.redirect_stderr(messages):
            return system.main(), messages.getvalue()
    finally:
        sys.argv = before


def run(folder, text, *extra):
    """(exit status, messages without the folder, archive or None) of a description."""
    path, output = os.path.join(folder, "a.system"), os.path.join(folder, "out.cpio")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    if os.path.exists(output):
        os.remove(output)
    status, messages = call([path, "--search-path", folder, "-o", output, "root=" + os.path.join(folder, "root.elf")] +
                            list(extra))
    archive = None
    if os.path.exists(output):
        with open(output, "rb") as file:
            archive = file.read()
    return status, messages.replace(folder + "/", ""), archive


SERVER = '<protection_domain name="ds" device_server="true" pp="true"><program_image path="a.elf"/></protection_domain>'


NAMES = '<protection_domain name="ns" name_server="true"><program_image path="a.elf"/></protection_domain>'


def pd(inside="", name="a", more=""):
    return '<protection_domain name="%s" %s><program_image path="a.elf"/>%s</protection_domain>' % (name, more, inside)


def child(more="", name="b", inside=""):
    return pd(inside, name, more)


def channel(first, second):
    return "<channel><end %s/><end %s/></channel>" % (first, second)


# Begun on one line, and ended on another one.
PARENT = '<protection_domain name="a"><program_image path="a.elf"/>'
PASSIVE_PARENT = '<protection_domain name="a" pp="true" passive="true"><program_image path="a.elf"/>'
REGION = '<memory_region name="m" size="0x1000"/>'
DEVICE = '<device name="d" compatible="x"/>'
TEMPLATE = '<template name="t"/>'

# What is on line 3 of a description, what is on line 2, and part of the error, which is on line 3.
ERRORS = (
    ("an unknown element", "<memory/>", "", "unknown element <memory> in <system>"),
    ("an unknown element in a program", pd("<vcpu/>"), "", "unknown element <vcpu> in <protection_domain>"),
    ("something in an empty element", '<device name="d" path="/x"><y/></device>', "", "unknown element <y> in <device>"),
    ("an unknown attribute", '<device name="d" path="/x" colour="red"/>', "", "unknown attribute 'colour'"),
    ("a missing attribute", '<memory_region name="m"/>', "", "<memory_region> has no attribute 'size'"),
    ("a bad number", '<memory_region name="m" size="4k"/>', "", 'size="4k" is not a number'),
    ("a number that is too large", pd(more='priority="255"'), "", "priority 255 is out of range"),
    ("a bad truth", pd(more='controller="yes"'), "", "neither true nor false"),
    ("a bad word", pd('<irq irq="3" id="0" trigger="falling"/>'), "", 'trigger="falling" is not known'),
    ("a bad name", '<memory_region name="a b" size="0x1000"/>', "", "is not a name"),
    ("a second region of a name", REGION, REGION, "a second memory_region named 'm', after line 2"),
    ("a second program of a name", pd(), pd(), "a second program named 'a', after line 2"),
    ("a second id", pd('<irq irq="3" id="1"/><irq irq="4" id="1"/>'), "", "a second id 1 in program 'a'"),
    ("an id used by irq and channel", channel('pd="a" id="1"', 'pd="b" id="1"'),
     pd('<irq irq="3" id="1"/>') + pd(name="b"), "a second id 1 in program 'a', after line 2"),
    ("a second name of a map", pd('<map mr="m"/><map mr="m"/>'), REGION, "a second name 'm' in program 'a'"),
    ("an unaligned size", '<memory_region name="m" size="0x1001"/>', "", "size 0x1001 is not a multiple of a page"),
    ("an unaligned stack", pd(more='stack_size="100"'), "", "stack_size 0x64 is not a multiple"),
    ("an unaligned address", pd('<map mr="m" vaddr="0x20010"/>'), REGION, "vaddr 0x20010 is not a multiple"),
    ("a page size", '<memory_region name="m" size="0x200000" page_size="0x200000"/>', "", "is not supported"),
    ("overlapping regions", '<memory_region name="n" size="0x1000" phys_addr="0x10001000"/>',
     '<memory_region name="m" size="0x2000" phys_addr="0x10000000"/>', "memory regions overlap: this one and the one of line 2"),
    ("two regions of one device", '<memory_region name="n" size="0x1000" device="d"/>',
     DEVICE + '<memory_region name="m" size="0x1000" device="d"/>', "memory regions overlap"),
    ("overlapping maps", pd('<map mr="m" vaddr="0x20000"/><map mr="n" vaddr="0x21000"/>'),
     '<memory_region name="m" size="0x2000"/><memory_region name="n" size="0x1000"/>', "maps overlap"),
    ("a map out of place", pd('<map mr="m" vaddr="0x100000"/>'), REGION, "is outside the region areas"),
    ("a map that ends out of place", pd('<map mr="m" vaddr="0x3ffff000"/>'), '<memory_region name="m" size="0x2000"/>',
     "is outside the region areas"),
    ("overlapping maps far away", pd('<map mr="m" vaddr="0x2000000"/><map mr="n" vaddr="0x2001000"/>'),
     '<memory_region name="m" size="0x2000"/><memory_region name="n" size="0x1000"/>', "maps overlap"),
    ("perms of other letters", pd('<map mr="m" perms="rz"/>'), REGION, 'perms="rz" is not known'),
    ("perms twice", pd('<map mr="m" perms="rr"/>'), REGION, 'perms="rr" is not known'),
    ("a size of a name that is taken", pd('<map mr="m" setvar_size="x"/><setvar symbol="x" value="1"/>'), REGION,
     "a second name 'x' in program 'a'"),
    ("more programs than root can signal",
     "".join(channel('pd="root" id="%d"' % n, 'pd="a" id="%d"' % n) for n in range(17)), pd(),
     "root signals in more than 16 channels"),
    ("more than there is room for", pd('<map mr="m"/>'), '<memory_region name="m" size="0x21000"/>', "no address is left"),
    ("a map of nothing", pd('<map mr="n"/>'), REGION, "there is no memory region 'n'"),
    ("a device that is not there", pd('<irq device="e" id="0"/>'), DEVICE, "there is no device 'e'"),
    ("a channel to nobody", channel('pd="a" id="0"', 'pd="b" id="0"'), pd(), "there is no program 'b'"),
    ("a channel with one end", '<channel><end pd="a" id="0"/></channel>', pd(), "a channel has two ends"),
    ("a channel to itself", channel('pd="a" id="0"', 'pd="a" id="1"'), pd(), "both ends are 'a'"),
    ("a notified template", channel('pd="a" id="0"', 'pd="t" id="0"'), pd() + TEMPLATE, "'t' is a template"),
    ("a second template", '<template name="u"/>', pd() + TEMPLATE, "a second <template>"),
    ("waiting for nobody", pd(more='after="z"'), "", "there is no program 'z'"),
    ("waiting in a circle", pd(more='after="b"'), pd(name="b", more='after="a"'), "waits for itself"),
    ("over-committed budgets", pd(name="b", more='budget="600" period="1000"'),
     pd(more='budget="600" period="1000"'), "the budgets add up to 1.20 processors: a 600/1000, b 600/1000"),
    ("a budget above its period", pd(more='budget="2000" period="1000"'), "", "is larger than its period"),
    ("a missing program", '<protection_domain name="a"><program_image path="b.elf"/></protection_domain>', "",
     "there is no program 'b.elf' in"),
    ("a program without an image", '<protection_domain name="a"/>', "", "has no <program_image>"),
    ("a second image", pd('<program_image path="a.elf"/>'), "", "a second <program_image>"),
    ("write without read", pd('<map mr="m" perms="w"/>'), REGION, "cannot be had without r"),
    ("a memory server that is not there", pd(more='pager="x"'), "", "there is no program 'x'"),
    ("a memory server without memory", pd(more='pager="b" quota="0x10000"'), pd(name="b"), "cannot be a memory server"),
    ("a client without a quota", pd(more='pager="b"'), pd(name="b", more='memory="0x10000"'), "needs a quota"),
    ("a quota and no server", pd(more='quota="0x10000"'), "", "has a quota and no memory server"),
    ("a client with a map", pd('<map mr="m"/>', more='pager="b" quota="0x10000"'),
     REGION + pd(name="b", more='memory="0x10000"'), "given memory or devices by root"),
    ("memory for anything", pd('<map mr="m" perms="rwx"/>'), REGION, "written and executed"),
    ("uncached memory", pd('<map mr="m" cached="false"/>'), REGION, "memory always is"),
    ("a program that nobody says to have used up its budget", pd(more='overruns="0" budget="1" period="20"'), "",
     "overruns 0 is out of range"),
    ("a count that is no number", pd(more='overruns="often"'), "", 'overruns="often" is not a number'),
    ("a program without a budget to use up", pd(more='overruns="3" budget="100" period="100"'), "",
     "'a' takes what others leave, and has no budget to use up; make its period longer than its budget, or leave overruns out"),
    ("the same, where budget and period are not said", TEMPLATE.replace("/>", ' overruns="3"/>'), "",
     "'t' takes what others leave"),
    ("a passive program that uses up its budget", pd(more='pp="true" passive="true" overruns="3" budget="100" period="200"'),
     "", "'a' is passive, and uses up the budgets of its callers; leave overruns or passive out"),
    ("a server that answers at once", pd(more='pp="true" answers="999"'), "", "answers 999 is out of range; use 1000 to"),
    ("a server that nobody calls", pd(more='answers="1000"'), "",
     "nobody calls 'a', which is to answer in time; add a channel with pp, or leave answers out"),
    ("a passive server that is to answer in time", pd(more='pp="true" passive="true" answers="1000"'), "",
     "'a' is passive, and takes the time for an answer from its caller; leave answers or passive out"),
    ("a template that is to answer", TEMPLATE.replace("/>", ' answers="1000"/>'), "", "unknown attribute 'answers'"),
    ("a passive program nobody calls", pd(more='passive="true"'), "", "nobody calls 'a'"),
    ("a passive program with an interrupt", pd('<irq irq="3" id="0"/>', more='pp="true" passive="true"'), "",
     "'a' is passive and is signalled"),
    ("a passive program that holds callers", pd(more='pp="true" callers="2" passive="true"'), "",
     "'a' is passive and holds callers"),
    ("a value of two sources", pd('<setvar symbol="x" value="1" region_paddr="m"/>'), REGION, "one source"),
    ("an interrupt of no number", pd('<irq id="0"/>'), "", "either a number or of a device"),
    ("a device of no kind", '<device name="d"/>', "", "neither where nor what"),
    ("devices that nobody gives out", pd('<irq irq="3" id="0"/>'), "", "'a' is given devices, and nobody gives them out"),
    ("a second device server", pd(more='device_server="true"'), SERVER, "a second device server, after line 2"),
    ("a device server with devices", pd('<irq irq="3" id="0"/>', more='device_server="true"'), "", "has none itself"),
    ("frames of registers", pd('<map mr="m" frames="true"/>'),
     DEVICE + SERVER + '<memory_region name="m" size="0x1000" device="d"/>', "frames of registers stay"),
    ("more frames than a CSpace holds", pd('<map mr="m" vaddr="0x2000000" frames="true"/><map mr="n" frames="true"/>'),
     '<memory_region name="m" size="0x1000000"/><memory_region name="n" size="0x1000"/>', "'a' is given more than 4096 frames"),
    ("more than a start block holds", pd("".join('<setvar symbol="x%d" value="1"/>' % n for n in range(83))), "",
     "what 'a' is given takes 4144 bytes of its start block, which has 4096"),
    ("longer arguments than that", pd('<argument text="%s"/>' % ("x" * 3890)), "", "'a' is given takes 4104 bytes"),
    ("an argument that may be anything", pd('<argument device="e"/>'), '<device name="e" path="/x"/>', "may be anything"),
    ("a name that nobody provides", pd('<uses name="x"/>'), NAMES, "nobody provides the name 'x'"),
    ("a second provider of a name", pd('<provides name="x" id="0"/>', name="b"), NAMES + pd('<provides name="x" id="0"/>'),
     "a second provider of the name 'x', after line 2"),
    ("a name without a name server", pd('<provides name="x" id="0"/>'), "", "there is no name server"),
    ("a second name server", pd(more='name_server="true"'), NAMES, "a second name server, after line 2"),
    ("a second use of a name", pd('<provides name="x" id="0"/><uses name="x"/><uses name="x"/>'), NAMES, "a second use of the name 'x' by 'a'"),
    ("a template that provides", '<template name="t"><provides name="x" id="0"/></template>', NAMES,
     "unknown element <provides> in <template>"),
    ("an id that a channel has", pd('<provides name="x" id="3"/>'), NAMES + pd(name="b") +
     channel('pd="a" id="3"', 'pd="b" id="3"'), "a second id 3 in program 'a'"),
    ("a scheduler nobody tells", pd(more='scheduler="true"'), "", "nobody tells 'a' of programs that start"),
    ("a template with authority", '<template name="t" sched_control="true"/>', "", "unknown attribute 'sched_control'"),
    ("a child without an id", child() + "</protection_domain>", PARENT, "'b' has no id by which 'a' could know it"),
    ("a child with an id out of range", child('id="62"') + "</protection_domain>", PARENT, "id 62 is out of range"),
    ("a second child with an id", child('id="1"', "c") + "</protection_domain>", PARENT + child('id="1"'),
     "a second id 1 in program 'a', after line 2"),
    ("a child with the id of an interrupt", '<irq irq="3" id="1"/></protection_domain>', SERVER + PARENT + child('id="1"'),
     "a second id 1 in program 'a', after line 2"),
    ("a child with the id of a channel", channel('pd="a" id="1"', 'pd="c" id="0"'),
     PARENT + child('id="1"') + "</protection_domain>" + pd(name="c"), "a second id 1 in program 'a', after line 2"),
    ("an id that nobody knows", pd(more='id="1"'), "", "'a' has an id and no parent"),
    ("a second program of a name, as a child", child('id="1"', "c") + "</protection_domain>", pd(name="c") + PARENT,
     "a second program named 'c', after line 2"),
    ("a child of root", child('id="1"') + "</protection_domain>", '<protection_domain name="root">',
     "root looks after every program"),
    ("root as a child", '<protection_domain name="root" id="1"/></protection_domain>', PARENT, "neither parent nor child"),
    ("a child of a passive program", child('id="1"') + "</protection_domain>", PASSIVE_PARENT,
     "'a' is passive, and would handle the faults of 'b'"),
    ("a child with a memory server", child('id="1" pager="m" quota="0x10000"') + "</protection_domain>",
     pd(name="m", more='memory="0x10000"') + PARENT, "'b' has a pager, which is told of its faults"),
    ("a child that gives out devices", child('id="1" device_server="true" pp="true"') + "</protection_domain>", PARENT,
     "'b' gives out devices, and starts before all others"),
    ("a child that waits for another one", child('id="1" after="c"') + "</protection_domain>", pd(name="c") + PARENT,
     "'b' is started when its parent is ready"),
    ("a parent that waits for its child", '<protection_domain name="a" after="b"><program_image path="a.elf"/>' +
     child('id="1"') + "</protection_domain>", "", "'a' waits for itself to start"),
    ("a grandchild without an id", pd(child(), "c", 'id="1"') + "</protection_domain>", PARENT, "'b' has no id by which 'c'"),
    ("a parent that calls its child", channel('pd="a" id="0" pp="true"', 'pd="b" id="0"'),
     PARENT + child('id="1"') + "</protection_domain>", "'a' calls its child 'b', and could not handle its fault"),
    ("a template as a child", "<template name='t'/></protection_domain>", PARENT, "unknown element <template> in"),
    ("a grant where nobody calls", channel('pd="a" id="0" grant="true"', 'pd="b" id="0"'), pd() + pd(name="b"),
     "capabilities travel with calls and answers"),
    ("a grant that is neither true nor false", channel('pd="a" id="0" pp="true" grant="yes"', 'pd="b" id="0"'),
     pd() + pd(name="b"), "neither true nor false"),
    ("a backoff for nothing", pd(more='backoff="1000"'), "", "is never started again"),
    ("a device that stands in for none", '<device name="e" path="/x" unless="d"/>', "", "there is no device 'd'"),
    ("registers of a device that is not there", '<memory_region name="m" size="0x1000" device="e"/>', DEVICE,
     "there is no device 'e'"),
    ("registers in two places", '<memory_region name="m" size="0x1000" device="d" phys_addr="0x10000000"/>', DEVICE,
     "both device and phys_addr"),
    ("registers nowhere", '<memory_region name="m" size="0x1000" phys_addr="0"/>', "", "phys_addr 0 is nowhere"),
    ("a value of a device that is not there", pd('<setvar symbol="x" device="e" property="y"/>'), DEVICE,
     "there is no device 'e'"),
    ("a value of a place that is not there", pd('<setvar symbol="x" region_paddr="n"/>'), REGION,
     "there is no memory region 'n'"),
    ("a value of a size that is not there", pd('<setvar symbol="x" region_size="n"/>'), REGION,
     "there is no memory region 'n'"),
    ("a device without a property", pd('<setvar symbol="x" device="d"/>'), DEVICE, "device and property belong together"),
    ("a property without a device", pd('<setvar symbol="x" value="1" property="y"/>'), "", "device and property belong"),
    ("an argument of a device that is not there", pd('<argument device="e"/>'), DEVICE, "there is no device 'e'"),
    ("an argument of nothing", pd('<argument/>'), "", "either a text or about a device"),
    ("an argument of two things", pd('<argument text="x" device="d"/>'), DEVICE, "either a text or about a device"),
    ("an image of root", '<protection_domain name="root"><program_image path="a.elf"/></protection_domain>', pd(),
     "root runs already"),
    ("an interrupt of root", '<protection_domain name="root"><irq irq="3" id="0"/></protection_domain>', SERVER,
     "root runs already"),
    ("a program that is called as root is", '<protection_domain name="a"><program_image path="root.elf"/></protection_domain>',
     "", "a program cannot be called 'root'"),
    ("a channel to call root", channel('pd="a" id="0" pp="true"', 'pd="root" id="0"'), pd(), "can call root already"),
    ("a signal that may be missing", channel('pd="a" id="0" optional="true"', 'pd="b" id="0"'), pd() + pd(name="b"),
     "only a call can be optional"),
    ("a second memory server", pd(name="d", more='pager="c" quota="0x10000"'),
     pd(name="b", more='memory="0x10000"') + pd(name="c", more='memory="0x10000"') + pd(more='pager="b" quota="0x10000"'),
     "a second memory server, 'c'"),
    ("more properties than root can ask for",
     pd("".join('<setvar symbol="x%d" device="d" property="y"/>' % n for n in range(33))), DEVICE, "more than 32 properties"),
    ("more names of one program", pd("".join('<uses name="x%d"/>' % n for n in range(16)), "b"),
     NAMES + pd("".join('<provides name="x%d" id="%d"/>' % (n, n) for n in range(16))), "'b' uses more than 15 names"),
    ("more names", pd('<provides name="z" id="60"/>', "b"),
     NAMES + pd("".join('<provides name="x%d" id="%d"/>' % (n, n) for n in range(48))), "more than 48 names"),
    ("more devices", '<device name="e" path="/x"/>', "".join('<device name="d%d" path="/x"/>' % n for n in range(24)),
     "more than 24 devices"),
    ("more memory regions", REGION, "".join('<memory_region name="m%d" size="0x1000"/>' % n for n in range(48)),
     "more than 48 memory regions"),
    ("more programs", pd(), "".join(pd(name="p%d" % n) for n in range(31)), "more than 31 programs"),
)


# Attribute, what is left and right of its value, the least, the most, and by how much another value is out of range.
RANGES = (
    ("virtio", DEVICE[:-2] + ' virtio="', '"/>', 1, 0xffffffff, 1),
    ("size", '<memory_region name="m" size="', '"/>', 0x1000, 0x1000000, 0x1000),
    ("stack_size", '<protection_domain name="a" stack_size="', "", 0x1000, 0x40000, 0x1000),
    ("heap_size", '<protection_domain name="a" heap_size="', "", 0, 0x1000000, 0x1000),
    ("memory", '<protection_domain name="a" memory="', "", 0, 1 << 30, 0x1000),
    ("memory_most", '<protection_domain name="a" memory_most="', "", 0, 1 << 30, 0x1000),
    ("priority", '<protection_domain name="a" priority="', "", 0, 254, 1),
    ("callers", '<protection_domain name="a" callers="', "", 0, 63, 1),
    ("crashes", '<protection_domain name="a" crashes="', "", 0, 1000, 1),
    ("backoff", '<protection_domain name="a" crashes="1" backoff="', "", 0, 60000000, 1),
    ("budget", '<protection_domain name="a" period="60000000" budget="', "", 20, 60000000, 1),
    ("period", '<protection_domain name="a" budget="20" period="', "", 20, 60000000, 1),
    ("irq", '<protection_domain name="a"><program_image path="a.elf"/><irq id="0" irq="', '"/></protection_domain>', 1, 1023, 1),
    ("id", '<protection_domain name="a"><program_image path="a.elf"/><irq irq="3" id="', '"/></protection_domain>', 0, 61, 1),
)


def check_ranges(folder):
    """The least and the most are taken, the values beside them are not."""
    for name, left, right, least, most, step in RANGES:
        right = right or '"><program_image path="a.elf"/></protection_domain>'
        first = SERVER if "name=\"a\"" in left else SERVER + pd()
        for value in (least, most):
            status, messages, _ = run(folder, "<system>\n%s\n%s%d%s\n</system>\n" % (first, left, value, right))
            check("takes %s %d" % (name, value), status == 0 and not messages, messages)
        for value in ([least - step] if least else []) + [most + step]:
            status, messages, _ = run(folder, "<system>\n%s\n%s%d%s\n</system>\n" % (first, left, value, right))
            wanted = "a.system:3: error: %s %d is out of range; use %d to %d\n" % (name, value, least, most)
            check("refuses %s %d" % (name, value), status == 1 and wanted in messages, messages)


def check_command(folder):
    """What is wrong outside the description."""
    path, good = os.path.join(folder, "none.system"), os.path.join(folder, "good.system")
    status, messages = call([path])
    check("refuses a description that is not there", status == 1 and
          messages == "%s:1: error: cannot be read (No such file or directory); give an existing file\n" % path, messages)
    with open(good, "w", encoding="utf-8") as file:
        file.write("<system>%s</system>" % pd())
    output = os.path.join(folder, "none.cpio")
    for what, members, expected in (("a member without a file", ["x"], "'x' is not NAME=FILE"),
                                    ("a bundle without root", [], "there is no program 'root'"),
                                    ("a member that is not there", ["root=" + folder + "/x.elf"], "cannot be read")):
        status, messages = call([good, "--search-path", folder, "-o", output] + members)
        check("refuses " + what, status == 1 and expected in messages and not os.path.exists(output) and
              re.fullmatch(r"\S+:\d+: error: [^;]+; .+\n", messages), messages)


def check_errors(folder):
    for name, third, second, expected in ERRORS:
        status, messages, archive = run(folder, "<system>\n%s\n%s\n</system>\n" % (second, third))
        form = [re.fullmatch(r"a\.system:(\d+): error: [^;]+; .+", line) for line in messages.splitlines()]
        there = any(f and f[1] == "3" and expected in f[0] for f in form)
        check("refuses " + name, status == 1 and all(form) and there and archive is None, messages)


def check_several(folder):
    text = '<system>\n<memory/>\n<memory_region name="m" size="1"/>\n%s\n\n<x/></system>\n' % pd('<map mr="z"/>')
    status, messages, _ = run(folder, text)
    lines = [int(line.split(":")[1]) for line in messages.splitlines()]
    check("several errors in one run, in order", status == 1 and lines == [2, 3, 4, 6], messages)
    status, messages, _ = run(folder, "<system>\n<device>\n</system>\n")
    check("XML that is not well-formed", status == 1 and "a.system:3: error: not well-formed XML" in messages, messages)
    status, messages, _ = run(folder, "<systems>\n</systems>\n")
    check("another outermost element", status == 1 and "a.system:1: error: the outermost element" in messages, messages)
    status, messages, _ = run(folder, "<system>\n</system>\n")
    check("nothing in it", status == 1 and "a.system:1: error: there is no program" in messages, messages)


GOOD = """<system>
  <device name="line" path="stdout-path" compatible="ns16550a sifive,uart0"/>
  <memory_region name="registers" size="0x1000" device="line"/>
  <memory_region name="shared" size="0x2000"/>
  <protection_domain name="a" priority="7" budget="100" period="1_000" crashes="3" backoff="5" stack_size="0x3000"
                     overruns="7" answers="5_000">
    <program_image path="a.elf"/>
    <map mr="registers" perms="rw" setvar_vaddr="regs"/>
    <map mr="shared" vaddr="0x30000" perms="r"/>
    <irq device="line" id="4" trigger="edge" name="interrupt"/>
    <setvar symbol="place" region_paddr="shared"/>
  </protection_domain>
  <template name="rest" heap_size="0x4000"/>
""" + SERVER + """
  <channel><end pd="rest" id="0" pp="true" notify="false" name="service"/><end pd="a" id="9" notify="false"/></channel>
</system>
"""


def records(data):
    """[(kind, body)] by userland/root/system.h."""
    magic, version, length = struct.unpack_from("<8sII", data)
    assert magic == b"tesssyst" and version == 1 and length == len(data)
    found, at = [], 16
    while at < length:
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 8 == 0
        found.append((kind, data[at + 8:at + size]))
        at += size
    return found


def name_of(body):
    return body[:24].rstrip(b"\0").decode()


def check_good(folder):
    status, messages, archive = run(folder, GOOD, "more=" + os.path.join(folder, "a.elf"))
    if not check_is("packs a good description", status == 0 and not messages, messages):
        return
    members = [m for m in unpack(archive) if not m[0].startswith(".")]
    check("root first, then the description", [m[0] for m in members] == ["root", "system", "more", "a"], members)
    check("the description is aligned", members[1][1] % 8 == 0)
    found = records(members[1][2])
    check("the records in their order", [kind for kind, _ in found] == [1, 2, 2, 3, 3, 4, 4, 5, 8, 3, 7, 3],
          [kind for kind, _ in found])
    check("device: path and kinds", found[0][1][40:].startswith(b"stdout-path\0ns16550a\0sifive,uart0\0\0"))
    check("region: size and device", struct.unpack_from("<QQII", found[1][1], 24) == (0x1000, 0, 1, 0))
    values = struct.unpack_from("<18I", found[4][1], 64)
    check("program: server and woken, started at boot", values[0] == 8 | 16 | 32, values)
    check("program: its numbers", values[1:6] == (7, 100, 1000, 3, 0) and values[7:11] == (1, 3, 5, 0), values)
    check("program: when root says that it loops or does not answer", values[16:] == (7, 5000), values)
    check("map: the first free address", name_of(found[5][1]) == "regs" and
          struct.unpack_from("<QII", found[5][1], 24) == (0x20000, 1, 3))
    check("map: the given address", name_of(found[6][1]) == "shared" and
          struct.unpack_from("<QII", found[6][1], 24) == (0x30000, 2, 1))
    check("irq: device, trigger and bit", struct.unpack_from("<IIIII", found[7][1], 24) == (0, 1, 0, 1, 4))
    check("value: where a region is", struct.unpack_from("<QII", found[8][1], 24) == (0, 2, 2))
    check("the device server", struct.unpack_from("<I", found[11][1], 64)[0] == 1024 | 8 | 32)
    check("call: the server and its id", name_of(found[10][1]) == "service" and
          struct.unpack_from("<II", found[10][1], 24) == (2, 9))
    check("packing twice gives the same bytes", run(folder, GOOD, "more=" + os.path.join(folder, "a.elf"))[2] == archive)


FAMILY = """<system>
  <protection_domain name="a"><program_image path="a.elf"/>
    <protection_domain name="b" id="3"><program_image path="a.elf"/>
      <protection_domain name="c" id="0"><program_image path="a.elf"/></protection_domain>
    </protection_domain>
  </protection_domain>
  <memory_region name="far" size="0x3000"/>
  <protection_domain name="d"><program_image path="a.elf"/>
    <map mr="far" vaddr="0x2_000_000" perms="wr" setvar_size="far_bytes"/>
  </protection_domain>
  <channel><end pd="c" id="1" pp="true" grant="true"/><end pd="d" id="1"/></channel>
  <channel><end pd="b" id="1" pp="true"/><end pd="d" id="2" grant="true"/></channel>
  <channel><end pd="b" id="2" pp="true"/><end pd="a" id="2"/></channel>
  <channel><end pd="a" id="4" pp="true"/><end pd="c" id="4"/></channel>
</system>
"""


def check_family(folder):
    status, messages, archive = run(folder, FAMILY)
    if not check_is("packs children and grants", status == 0 and not messages, messages):
        return
    found = records([m for m in unpack(archive) if m[0] == "system"][0][2])
    programs = [body for kind, body in found if kind == 3]
    check("parents before their children", [name_of(body) for body in programs] == ["root", "a", "b", "c", "d"])
    children = [(name_of(body),) + struct.unpack_from("<II", body, 24) for kind, body in found if kind == 12]
    check("a child: its name at the parent, program and id", children == [("child3", 3, 3), ("child0", 4, 0)], children)
    flags = [struct.unpack_from("<I", body, 64)[0] for body in programs]
    check("parents are servers, children start at boot", [f & (8 | 32) for f in flags[1:]] == [40, 40, 40, 40], flags)
    after = [struct.unpack_from("<I", body, 64 + 4 * 10)[0] for body in programs]
    check("behind their parents", after == [0, 0, 2, 3, 0], after)
    calls = [struct.unpack_from("<IIII", body, 24) for kind, body in found if kind == 7]
    check("calls with grant, and without", calls == [(4, 4, 0, 0), (5, 2, 0, 0), (2, 2, 0, 0), (5, 1, 0, 1)], calls)
    place = [struct.unpack_from("<QII", body, 24) for kind, body in found if kind == 4]
    check("a map far away, and letters in another order", place == [(0x2000000, 1, 3)], place)
    size = [(name_of(body),) + struct.unpack_from("<QII", body, 24) for kind, body in found if kind == 8]
    check("the size of what is mapped", size == [("far_bytes", 0, 3, 1)], size)
    check("who answers with capabilities, and to whom they come", [f & (8192 | 16384) for f in flags[1:]] ==
          [0, 16384, 0, 8192 | 16384], flags)


# Every element and attribute of Microkit's, but virtual machines and what is for other machines.
MICROKIT = """<?xml version="1.0" encoding="UTF-8"?>
<system>
  <memory_region name="uart" size="0x1_000" phys_addr="0x10_000_000" />
  <memory_region name="ring" size="0x4_000" page_size="0x1_000" />
  <protection_domain name="driver" priority="254" budget="100" period="1000" stack_size="0x2000">
    <program_image path="a.elf" />
    <map mr="uart" vaddr="0x2_000_000" perms="rw" cached="false" setvar_vaddr="uart_base" />
    <map mr="ring" vaddr="0x4_000_000" perms="rw" cached="true" setvar_vaddr="ring" setvar_size="ring_bytes" />
    <irq irq="10" id="0" trigger="level" />
    <setvar symbol="ring_paddr" region_paddr="ring" />
    <protection_domain name="inner" priority="253" id="3"><program_image path="a.elf" /></protection_domain>
  </protection_domain>
  <protection_domain name="server" priority="252" passive="true"><program_image path="a.elf" /></protection_domain>
  <protection_domain name="client" priority="1"><program_image path="a.elf" /></protection_domain>
  <channel><end pd="client" id="1" pp="true" notify="false" /><end pd="server" id="1" notify="false" /></channel>
  <channel><end pd="client" id="2" notify="true" /><end pd="driver" id="2" /></channel>
"""


def check_microkit(folder):
    status, messages, _ = run(folder, MICROKIT + SERVER + "</system>\n")
    check("takes what a description of Microkit's says, and a device server", status == 0 and not messages, messages)
    messages = run(folder, MICROKIT + "</system>\n")[1]
    check("and asks for that one when it is missing", messages.count("\n") == 1 and "'driver' is given devices" in messages,
          messages)


def check_is(name, good, detail):
    check(name, good, detail)
    return good


def check_tree():
    """The descriptions of the tree are good but for programs that may not be built."""
    for path in ("userland/demo.system", "userland/minimal.system", "userland/examples.system", "tests/system/restart.system"):
        done = subprocess.run([sys.executable, TOOL, os.path.join(ROOT, path), "--search-path", "/nowhere"],
                              capture_output=True, text=True, check=False)
        others = [line for line in done.stderr.splitlines() if "there is no program" not in line]
        check(path + " has no error", not others, "\n".join(others))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("root", "a"):
            with open(os.path.join(folder, name + ".elf"), "wb") as file:
                file.write(program())
        check_errors(folder)
        check_ranges(folder)
        check_command(folder)
        check_several(folder)
        check_good(folder)
        check_family(folder)
        check_microkit(folder)
    check_tree()
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
