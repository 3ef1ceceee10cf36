"""What a program may use."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.plan import Frozen

Count = Annotated[int, Field(ge=1)]


class Limits(Frozen):
    """What a program may use before it is stopped."""

    wall_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds on the clock: for what waits and computes nothing. Longer than `cpu_s`, since a busy machine is no fault
    of the program's."""
    cpu_s: Count = 10
    """Seconds of each process on a core."""
    memory_mib: Count = 512
    """Address space of each process, and resident memory of all together, MiB."""
    processes: Count = 16
    """Processes and threads at once."""
    output_kib: Count = 256
    """Standard output and error together, KiB."""
    scratch_mib: Count = 32
    """Files in /tmp, the only place that can be written, and the standard input, MiB."""
    files: Count = 4096
    """Files and folders in /tmp at once; looked at a few times a second, for the kernel counts no inodes per user."""
