"""Checks what a system description (system.py) says of programs inside programs: parents and their children."""

ROOT_IMAGE = "root"


def all_programs(element):
    """Every program below the element, parents before their children."""
    for program in element.all("protection_domain", "template"):
        yield program
        yield from all_programs(program)


def settle(system):
    """Checks parents and children; a child is started after its parent."""
    for program in system.programs.values():
        for child in program.all("protection_domain"):
            check_child(system, program, child)
        if program.parent.tag == "system" and "id" in program.values:
            system.error(program.line, "'%s' has an id and no parent" % program.get("name"),
                         "leave id out, or put it into the program that is to handle its faults")


def check_child(system, parent, child):
    name = child.get("name")
    if "id" not in child.values:
        system.error(child.line, "'%s' has no id by which '%s' could know it" % (name, parent.get("name")),
                     "add id, as for the ends of channels")
    system.check_id(parent, child)
    if ROOT_IMAGE in (name, parent.get("name")):
        system.error(child.line, "root looks after every program, and is neither parent nor child",
                     "take '%s' out of '%s'" % (name, parent.get("name")))
    if parent.get("passive"):
        system.error(child.line, "'%s' is passive, and would handle the faults of '%s' on a context that ends with it" %
                     (parent.get("name"), name), "leave passive out, or take '%s' out of it" % name)
    if child.get("pager"):
        system.error(child.line, "'%s' has a pager, which is told of its faults" % name,
                     "leave pager out, or take it out of '%s'" % parent.get("name"))
    if child.get("device_server"):
        system.error(child.line, "'%s' gives out devices, and starts before all others" % name,
                     "take it out of '%s'" % parent.get("name"))
    elif "after" in child.values:
        system.error(child.line, "'%s' is started when its parent is ready, and not after another one" % name,
                     "leave after out, or write it at '%s'" % parent.get("name"))
    else:
        child.values["after"] = parent.get("name")


def check(system):
    """A parent that waits for its child would not hear of the child's fault, and both would wait for ever."""
    for ends in system.channels:
        for (end, program), (_, other) in (ends, ends[::-1]):
            if end.get("pp") and program and other and other.parent is program:
                system.error(end.line, "'%s' calls its child '%s', and could not handle its fault meanwhile" % (
                    program.get("name"), other.get("name")), "signal the child, or let it call its parent")
