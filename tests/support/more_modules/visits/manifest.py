"""What visits declares of itself: something of everything that can happen after a write."""

from typing import Final

from chalicelib.after_write import Fact, Grain, Handler, HandlerKind, Projection, TimerType
from chalicelib.modules import (
    EQUALITY,
    ByIndex,
    ByPartition,
    ComputedFrom,
    Filter,
    JobType,
    Kind,
    Listing,
    Manifest,
    Permission,
    Port,
    Protocol,
    Text,
)

VISIT: Final = Kind(
    "visit",
    ByIndex(),
    prefix="vis",
    listing=Listing(
        filters=(Filter("outlet", EQUALITY, counted=True), Filter("purpose", EQUALITY, counted=True)),
        counted_by="visit_held",
    ),
    personal=frozenset({"title"}),
)
VISITOR: Final = Kind("visitor", ComputedFrom("contact"))
VISIT_WORD: Final = Kind("visit_word", ComputedFrom("visit"))
TALLY: Final = Kind("tally", ByPartition())
DIMENSIONS: Final = ("outlet", "purpose", "mood")
PORTS: Final = (
    Port.TIMELINE_ENTRY,
    Port.BADGE,
    Port.SEGMENT_ATTRIBUTE,
    Port.EXCLUSION_REASON,
    Port.CUSTOMER_LEVEL,
    Port.TASK,
    Port.APPROVAL,
)


def _text(text: str) -> Text:
    return Text(text, text)


def _job(name: str) -> JobType:
    return JobType(f"visits.{name}", _text(name), f"modules.visits.jobs:{name}")


MANIFEST: Final = Manifest(
    name="visits",
    titles=Text("Visits", "到店"),
    version="0.1.0",
    paths=("visits", "visit-jobs"),
    kinds=(VISIT, VISITOR, VISIT_WORD, TALLY),
    permissions=(Permission("visits:read", _text("See visits")), Permission("visits:write", _text("Note visits"))),
    requires=("contacts",),
    events=("visit.created", "visit.updated", "visit.deleted"),
    handlers=(
        Handler(
            "tell", HandlerKind.REACTS, ("visit.created", "visit.updated"), "modules.visits.handlers:tell_of_visit"
        ),
        Handler("untell", HandlerKind.MAINTAINS, ("visit.deleted",), "modules.visits.handlers:tell_no_longer"),
        Handler(
            "know_visitors",
            HandlerKind.REACTS,
            ("contact.created", "contact.updated", "contact.merged", "contact.unmerged", "contact.restored"),
            "modules.visits.handlers:know_visitor",
        ),
        Handler(
            "forget_visitors",
            HandlerKind.MAINTAINS,
            ("contact.deleted", "contact.redirected"),
            "modules.visits.handlers:forget_visitor",
        ),
        Handler(
            "hear",
            HandlerKind.REACTS,
            ("approval.decided", "approval.expired"),
            "modules.visits.handlers:hear",
            once=True,
        ),
        Handler("tally", HandlerKind.REACTS, ("contact.*",), "modules.visits.handlers:tally", once=True),
    ),
    projections=(Projection("words", "visit", frozenset({"title"}), "modules.visits.derived:words"),),
    facts=(
        Fact(
            "visit_made",
            "visit",
            "modules.visits.derived:made",
            dimensions=DIMENSIONS,
            pairs=(("outlet", "purpose"),),
            measures=("minutes", "spent"),
            histograms=("minutes",),
            grains=(Grain.DAY, Grain.MONTH),
            shards=2,
        ),
        Fact(
            "visit_held",
            "visit",
            "modules.visits.derived:held",
            dimensions=("outlet", "purpose"),
            watches=frozenset({"outlet", "purpose", "unit_path"}),
        ),
    ),
    jobs=tuple(_job(name) for name in ("climb", "stumble", "refuse", "look_around")),
    timers=(
        TimerType("visits.follow_up", HandlerKind.REACTS, "modules.visits.handlers:follow_up"),
        TimerType("visits.clear_up", HandlerKind.MAINTAINS, "modules.visits.handlers:follow_up"),
    ),
    contributes=PORTS,
    implements={
        Protocol.REBUILD: "modules.visits.handlers:rebuild",
        Protocol.EXPORT_SUBJECT: "modules.visits.subjects:export_step",
        Protocol.ERASE_SUBJECT: "modules.visits.subjects:erase_step",
        Protocol.ON_MERGE: "modules.visits.handlers:on_merge",
        Protocol.ON_UNMERGE: "modules.visits.handlers:on_unmerge",
    },
)
