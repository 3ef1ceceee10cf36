"""System calls that a program in the sandbox is refused, as the filter that the kernel reads (seccomp, classic BPF).

Namespaces of its own would give it mounts without a limit; shared memory, memory files and keys lie outside of every
limit on a process, and keys outlive it.
"""

from __future__ import annotations

import errno
import platform
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_* of <linux/audit.h>."""

REFUSED = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "semget": (64, 190), "msgget": (68, 186), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "syslog": (103, 116), "swapon": (167, 224), "reboot": (169, 142), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "acct": (163, 89), "quotactl": (179, 60),
}  # fmt: skip
"""Numbers on x86_64 and aarch64."""

CLONE, CLONE3 = (56, 220), 435
SOCKET, FAMILIES = (41, 198), (1, 2, 10)
"""Sockets of these families only (AF_UNIX, AF_INET, AF_INET6): a network namespace has no walls for others, such as the
sockets between a virtual machine and its host."""
NEW_NAMESPACES = 0x7E020000
"""CLONE_NEW* of <linux/sched.h>."""
FOREIGN_ABI = 0x40000000
"""From this number on: calls of x32, which would go round the table."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def refusals(machine: str | None = None) -> bytes | None:
    """The filter for this machine; None where its architecture is not known."""
    name = machine or platform.machine()
    if name not in ARCHITECTURES:
        return None
    place = list(ARCHITECTURES).index(name)
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, ARCHITECTURES[name]), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, FOREIGN_ABI), (_RETURN, 0, 0, _FAIL | errno.ENOSYS)]
    for numbers in REFUSED.values():
        steps += [(_EQUAL, 0, 1, numbers[place]), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    steps += [(_EQUAL, 0, len(FAMILIES) + 3, SOCKET[place]), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    steps += [(_EQUAL, len(FAMILIES) - turn, 0, family) for turn, family in enumerate(FAMILIES)]
    steps += [(_RETURN, 0, 0, _FAIL | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]
    # The C library falls back to clone, whose flags can be read here.
    steps += [(_EQUAL, 0, 1, CLONE3), (_RETURN, 0, 0, _FAIL | errno.ENOSYS)]
    steps += [(_EQUAL, 0, 3, CLONE[place]), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 0, 1, NEW_NAMESPACES)]
    steps += [(_RETURN, 0, 0, _FAIL | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
