"""Checks what a system description (system.py) says of servers that root gives authority to: the device server, the name
server, schedulers; of passive programs; and of those that root watches."""

import system_format

ROOT_IMAGE = "root"


def check(system):
    check_schedulers(system)
    check_passive(system)
    check_watched(system)
    check_device_server(system)
    check_names(system)


def check_schedulers(system):
    told = {other.get("pd") for ends in system.channels for (end, _), (other, _) in (ends, ends[::-1])
            if end.get("pd") == ROOT_IMAGE and end.get("notify", True)}
    for name, program in system.programs.items():
        if program.get("scheduler") and name not in told:
            system.error(program.line, "nobody tells '%s' of programs that start and end" % name,
                       "add a channel with an <end> of root, which signals it")


def find_called(system):
    """The programs that others call: over channels, by names, as every program may."""
    called = {other.get("pd") for ends in system.channels for (end, _), (other, _) in (ends, ends[::-1]) if end.get("pp")}
    return called | {name for name, program in system.programs.items() if program.all("provides") or any(
        program.get(word) for word in ("pp", "device_server", "name_server"))}


def check_passive(system):
    """A passive program runs for its callers and for nobody else."""
    called = find_called(system)
    told = {other.get("pd") for ends in system.channels for (end, _), (other, _) in (ends, ends[::-1])
            if end.get("notify", True)}
    for name, program in system.programs.items():
        if not program.get("passive"):
            continue
        if name not in called:
            system.error(program.line, "nobody calls '%s', and a passive program runs only then" % name,
                       "add a channel with pp, or leave passive out")
        if name in told or program.all("irq"):
            system.error(program.line, "'%s' is passive and is signalled, with nothing to run on" % name,
                       'write notify="false" at the other ends and take <irq> out, or leave passive out')
        if program.get("callers"):
            system.error(program.line, "'%s' is passive and holds callers, on whose contexts it runs" % name,
                       "leave callers or passive out")


def check_watched(system):
    """What root is to say of a program, it must be able to see."""
    served = find_called(system) | {program.get("pager") for program in system.programs.values()} | {
        program.parent.get("name") for program in system.programs.values()}
    for name, program in system.programs.items():
        budget = program.get("budget", 1000)
        if program.get("overruns") and program.get("passive"):
            system.error(program.line, "'%s' is passive, and uses up the budgets of its callers" % name,
                         "leave overruns or passive out")
        elif program.get("overruns") and program.get("period", budget) == budget:
            system.error(program.line, "'%s' takes what others leave, and has no budget to use up" % name,
                         "make its period longer than its budget, or leave overruns out")
        if program.get("answers") and program.get("passive"):
            system.error(program.line, "'%s' is passive, and takes the time for an answer from its caller" % name,
                         "leave answers or passive out")
        elif program.get("answers") and name not in served:
            system.error(program.line, "nobody calls '%s', which is to answer in time" % name,
                         "add a channel with pp, or leave answers out")


def check_device_server(system):
    servers = [program for program in system.programs.values() if program.get("device_server")]
    for server in servers[1:]:
        system.error(server.line, "a second device server, after line %d" % servers[0].line, "leave one")
    for server in servers[:1]:
        if system.is_given_devices(server) or server.get("after"):
            system.error(server.line, "'%s' gives out devices: it has none itself, and waits for nobody" %
                       server.get("name"), "take <irq>, maps of registers and after out")
    for program in system.programs.values():
        if not servers and system.is_given_devices(program):
            system.error(program.line, "'%s' is given devices, and nobody gives them out" % program.get("name"),
                       'add a <protection_domain device_server="true" pp="true"> with program_image devices.elf')
            break
    signals = [end for ends in system.channels for end, _ in ends if end.get("pd") == "root" and end.get("notify", True)]
    if len(signals) > system_format.ROOT_SIGNALS_MAX:
        system.error(signals[system_format.ROOT_SIGNALS_MAX].line,
                     "root signals in more than %d channels" % system_format.ROOT_SIGNALS_MAX,
                     'write notify="false" at its end, or leave the channel out')
    told = [v for p in system.programs.values() for v in p.all("setvar") if v.get("device")]
    if len(told) > system_format.VALUES_MAX:
        system.error(told[system_format.VALUES_MAX].line, "more than %d properties" % system_format.VALUES_MAX,
                   "remove some")


def check_names(system):
    """Names that are found while the system runs: who provides them, who uses them."""
    servers = [program for program in system.programs.values() if program.get("name_server")]
    for server in servers[1:]:
        system.error(server.line, "a second name server, after line %d" % servers[0].line, "leave one")
    provided, seen, first = {}, {}, None
    for program in system.programs.values():
        for entry in program.all("provides"):
            system.check_id(program, entry)
            if entry.get("name") is not None:
                system.once(provided, entry.get("name"), entry, "provider of the name '%s'" % entry.get("name"))
        first = first or next(iter(program.all("provides", "uses")), None)
    for program in system.programs.values():
        uses = program.all("uses")
        for entry in uses:
            system.once(seen, (program.get("name"), entry.get("name")), entry,
                      "use of the name '%s' by '%s'" % (entry.get("name"), program.get("name")))
            if entry.get("name") not in provided:
                system.error(entry.line, "nobody provides the name '%s'" % entry.get("name"),
                           "correct it, or add <provides> to a program; there are: " + (", ".join(provided) or "none"))
        if len(uses) > system_format.FOUND_MAX:
            system.error(program.line, "'%s' uses more than %d names" % (program.get("name"), system_format.FOUND_MAX),
                       "remove some")
    if len(provided) > system_format.NAMES_MAX:
        system.error(max(provided.values()), "more than %d names" % system_format.NAMES_MAX, "remove some")
    if first and not servers:
        system.error(first.line, "a name, and there is no name server",
                   'add a <protection_domain name_server="true"> with program_image names.elf')
