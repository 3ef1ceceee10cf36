"""What to run: the frozen types into which every config is validated."""

from harness.plan.audit import Audit
from harness.plan.base import Frozen, Lang, Mode, Name, Share, in_language
from harness.plan.engine import Engine, FakeEngine, RemoteEngine, VllmEngine
from harness.plan.gates import (
    Compared,
    Floor,
    Gate,
    ImportedOutcome,
    Independence,
    Licence,
    NonInferiority,
    Ratio,
)
from harness.plan.hardware import Hardware, Schedule
from harness.plan.model import (
    ClosedSource,
    DirectorySource,
    GgufPackageSource,
    HubSource,
    Model,
    PackagedFile,
    RecipeSource,
    SketchSource,
    Source,
)
from harness.plan.points import PointItem
from harness.plan.policy import Component, Declaration, Lineage, PolicyRow
from harness.plan.round import Round, Tracking
from harness.plan.rules import Below, Elimination, KeepK, LeaveK, Lowest, Rules
from harness.plan.serving import Serving, Shape
from harness.plan.source import (
    BasicSource,
    OwnChoice,
    PanelMean,
    Part,
    Scoring,
    SuiteMean,
    TableValue,
    TaskMean,
    WeightedMean,
    basic,
)
from harness.plan.source import (
    Source as Measure,
)
from harness.plan.suite import Origin, Shots, Suite, Task

__all__ = [
    "Audit",
    "BasicSource",
    "Below",
    "ClosedSource",
    "Compared",
    "Component",
    "Declaration",
    "DirectorySource",
    "Elimination",
    "Engine",
    "FakeEngine",
    "Floor",
    "Frozen",
    "Gate",
    "GgufPackageSource",
    "Hardware",
    "HubSource",
    "ImportedOutcome",
    "Independence",
    "KeepK",
    "Lang",
    "LeaveK",
    "Licence",
    "Lineage",
    "Lowest",
    "Measure",
    "Mode",
    "Model",
    "Name",
    "NonInferiority",
    "Origin",
    "OwnChoice",
    "PackagedFile",
    "PanelMean",
    "Part",
    "PointItem",
    "PolicyRow",
    "Ratio",
    "RecipeSource",
    "RemoteEngine",
    "Round",
    "Rules",
    "Schedule",
    "Scoring",
    "Serving",
    "Shape",
    "Share",
    "Shots",
    "SketchSource",
    "Source",
    "Suite",
    "SuiteMean",
    "TableValue",
    "Task",
    "TaskMean",
    "Tracking",
    "VllmEngine",
    "WeightedMean",
    "basic",
    "in_language",
]
