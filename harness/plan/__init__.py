"""What to run: the frozen types into which every config is validated."""

from harness.plan.base import Frozen, Lang, Mode, Name, Share, in_language
from harness.plan.engine import Engine, FakeEngine, RemoteEngine, VllmEngine
from harness.plan.model import DirectorySource, GgufPackageSource, HubSource, Model, PackagedFile, Source
from harness.plan.round import Round, Tracking
from harness.plan.rules import Floor, Gate, KeepK, PointItem, Ratio, Rules
from harness.plan.suite import Suite, Task

__all__ = [
    "DirectorySource",
    "Engine",
    "FakeEngine",
    "Floor",
    "Frozen",
    "Gate",
    "GgufPackageSource",
    "HubSource",
    "KeepK",
    "Lang",
    "Mode",
    "Model",
    "Name",
    "PackagedFile",
    "PointItem",
    "Ratio",
    "RemoteEngine",
    "Round",
    "Rules",
    "Share",
    "Source",
    "Suite",
    "Task",
    "Tracking",
    "VllmEngine",
    "in_language",
]
