"""Checks that what a system description (system.py) gives a program fits into its start block (userland/lib/start.h)."""

BLOCK, HEADER, RECORD = 4096, 56, 48  # bytes


def text_record(text):
    return RECORD + -(-(len(text.encode()) + 1) // 8) * 8


def needed(system, program):
    """Bytes, at least: what may be absent when the program starts does not count."""
    maps, name = program.all("map"), program.get("name")
    records = 1 + len(maps) + 2 * len(program.all("irq")) + len(program.all("setvar", "protection_domain"))
    records += sum(bool(entry.get("frames")) + ("setvar_size" in entry.values) for entry in maps)
    for ends in system.channels:
        for end, _ in ends:
            if end.get("pd") == name and not end.get("optional"):
                records += end.get("pp", False) + end.get("notify", True)
    texts = [name] + [argument.get("text", "") for argument in program.all("argument")]
    return HEADER + records * RECORD + sum(map(text_record, texts))


def check(system):
    for program in system.programs.values():
        if program.get("name") is not None and program.get("name") != "root" and needed(system, program) > BLOCK:
            system.error(program.line, "what '%s' is given takes %d bytes of its start block, which has %d" %
                         (program.get("name"), needed(system, program), BLOCK),
                         "take away channels, maps, values or arguments")
