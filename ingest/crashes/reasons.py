"""Names for the reasons why programs are ended, by their system's numbers."""

from __future__ import annotations

from ingest.crashes.minidump import Crash, Minidump, Module

_WINDOWS = {
    0x40010005: "DBG_CONTROL_C",
    0x80000001: "EXCEPTION_GUARD_PAGE",
    0x80000002: "EXCEPTION_DATATYPE_MISALIGNMENT",
    0x80000003: "EXCEPTION_BREAKPOINT",
    0x80000004: "EXCEPTION_SINGLE_STEP",
    0xC0000005: "EXCEPTION_ACCESS_VIOLATION",
    0xC0000006: "EXCEPTION_IN_PAGE_ERROR",
    0xC0000008: "EXCEPTION_INVALID_HANDLE",
    0xC0000017: "STATUS_NO_MEMORY",
    0xC000001D: "EXCEPTION_ILLEGAL_INSTRUCTION",
    0xC0000025: "EXCEPTION_NONCONTINUABLE_EXCEPTION",
    0xC000008C: "EXCEPTION_ARRAY_BOUNDS_EXCEEDED",
    0xC000008D: "EXCEPTION_FLT_DENORMAL_OPERAND",
    0xC000008E: "EXCEPTION_FLT_DIVIDE_BY_ZERO",
    0xC000008F: "EXCEPTION_FLT_INEXACT_RESULT",
    0xC0000090: "EXCEPTION_FLT_INVALID_OPERATION",
    0xC0000091: "EXCEPTION_FLT_OVERFLOW",
    0xC0000092: "EXCEPTION_FLT_STACK_CHECK",
    0xC0000093: "EXCEPTION_FLT_UNDERFLOW",
    0xC0000094: "EXCEPTION_INT_DIVIDE_BY_ZERO",
    0xC0000095: "EXCEPTION_INT_OVERFLOW",
    0xC0000096: "EXCEPTION_PRIV_INSTRUCTION",
    0xC00000FD: "EXCEPTION_STACK_OVERFLOW",
    0xC0000194: "EXCEPTION_POSSIBLE_DEADLOCK",
    0xC0000374: "STATUS_HEAP_CORRUPTION",
    0xC0000409: "STATUS_STACK_BUFFER_OVERRUN",
    0xC0000420: "STATUS_ASSERTION_FAILURE",
    0xC06D007E: "DELAY_LOAD_MODULE_NOT_FOUND",
    0xC06D007F: "DELAY_LOAD_PROC_NOT_FOUND",
    0xE0434352: "CLR exception",
    0xE06D7363: "C++ exception",
}
_SIGNALS = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    5: "SIGTRAP",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    10: "SIGUSR1",
    11: "SIGSEGV",
    12: "SIGUSR2",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
    16: "SIGSTKFLT",
    31: "SIGSYS",
}
_MACH = {
    1: "EXC_BAD_ACCESS",
    2: "EXC_BAD_INSTRUCTION",
    3: "EXC_ARITHMETIC",
    4: "EXC_EMULATION",
    5: "EXC_SOFTWARE",
    6: "EXC_BREAKPOINT",
    7: "EXC_SYSCALL",
    8: "EXC_MACH_SYSCALL",
    9: "EXC_RPC_ALERT",
    10: "EXC_CRASH",
    11: "EXC_RESOURCE",
    12: "EXC_GUARD",
}
_NAMES = {
    "Windows": _WINDOWS,
    "macOS": _MACH,
    "iOS": _MACH,
    "Linux": _SIGNALS,
    "Android": _SIGNALS,
}
# Codes by which a dump says that nothing had crashed when it was asked for.
_REQUESTED = {0x517A7ED, 0x43507378, 0xFFFFFFFF}

_ACCESS_CODES = {0xC0000005, 0xC0000006}
_ACCESSES = {0: "read", 1: "write", 8: "execution"}
# Whose address tells what could not be reached, not where the program was.
_FAULTS = {"SIGSEGV", "SIGBUS", "EXC_BAD_ACCESS"}


def name_of(dump: Minidump) -> str:
    """What the system calls the reason; "Minidump" where there is none."""
    crash = dump.crash
    if crash is None:
        return "Minidump"
    if crash.code in _REQUESTED:
        return "Dump on request"
    known = _NAMES.get(dump.system, {}).get(crash.code)
    return known or f"Exception {crash.code:#010x}"


def explanation_of(dump: Minidump) -> str:
    """What was attempted and where, as far as the dump tells."""
    crash = dump.crash
    if crash is None:
        return ""
    parts = [_attempt(crash, name_of(dump)), place_of(dump)]
    return " at ".join(part for part in parts if part)


def place_of(dump: Minidump) -> str:
    """Where the crashed thread was, as the offset into a module."""
    address = instruction_of(dump)
    module = dump.module_at(address)
    if module is not None:
        return f"{base_name(module)}+{address - module.address:#x}"
    return f"{address:#x}" if address else ""


def instruction_of(dump: Minidump) -> int:
    """The address of the crashed thread's instruction; 0 where it is not known."""
    crash = dump.crash
    if crash is None:
        return 0
    if crash.instruction or name_of(dump) in _FAULTS:
        return crash.instruction
    return crash.address


def base_name(module: Module) -> str:
    """A module's file name without its folders, of whichever system."""
    return module.name.replace("\\", "/").rpartition("/")[2]


def _attempt(crash: Crash, name: str) -> str:
    if crash.code in _ACCESS_CODES and len(crash.parameters) >= 2:
        kind, address = crash.parameters[:2]
        return f"{_ACCESSES.get(kind, 'access')} of {address:#x}"
    if name in _FAULTS:
        return f"access to {crash.address:#x}"
    return ""
