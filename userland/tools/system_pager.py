"""Checks what a system description says of a memory server and its clients; for system.py."""

PAGE = 0x1000
QUOTA_LEAST = 12  # pages: what the server needs to know of a program, and what that needs to run at all


def check(system):
    """Each client can be one, and there is one server at most."""
    first = None
    for program in system.programs.values():
        name, pager = program.get("name"), system.refer(program, "pager", system.programs, "program")
        if pager is None:
            for attribute in ("quota", "placement"):
                if attribute in program.values and "pager" not in program.values:
                    system.error(program.line, "'%s' has a %s and no memory server" % (name, attribute), "add pager")
            continue
        if first not in (None, pager.get("name")):
            system.error(program.line, "a second memory server, '%s'" % pager.get("name"), "use '%s' for all" % first)
        first = first or pager.get("name")
        if pager.tag == "template" or not pager.get("memory") or pager.get("pager"):
            system.error(program.line, "'%s' cannot be a memory server" % pager.get("name"),
                         "give it memory, and no pager of its own")
        if program.all("map", "irq") or program.get("memory"):
            system.error(program.line, "'%s' is given memory or devices by root" % name,
                         "leave map, irq and memory out where there is a pager")
        if program.get("quota", 0) < PAGE * QUOTA_LEAST:
            system.error(program.line, "'%s' needs a quota of its memory server" % name,
                         "add quota, of at least %#x" % (PAGE * QUOTA_LEAST))
