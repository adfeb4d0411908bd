"""A version's way, and who may let it go on. Pure.

    draft ⇄ review → published → expired

**Four eyes:** who has written a version does not publish it. One version of an article is published in a language: the
next one takes its place, and what was published stays readable.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.modules import Text


class VersionStatus(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    EXPIRED = "expired"


class Step(StrEnum):
    """What is done to a version."""

    SUBMIT = "submit"
    """Its writer thinks that it is good."""
    RETURN = "return"
    """Somebody else does not."""
    PUBLISH = "publish"
    EXPIRE = "expire"
    """It is not to be read any more: by hand, by time, or because the next one is."""


@dataclass(frozen=True, slots=True)
class Move:
    """From which status a step leads where, and what events call it."""

    begins: VersionStatus
    ends: VersionStatus
    verb: str


MOVES: Final[Mapping[Step, Move]] = {
    Step.SUBMIT: Move(VersionStatus.DRAFT, VersionStatus.REVIEW, "submitted"),
    Step.RETURN: Move(VersionStatus.REVIEW, VersionStatus.DRAFT, "returned"),
    Step.PUBLISH: Move(VersionStatus.REVIEW, VersionStatus.PUBLISHED, "published"),
    Step.EXPIRE: Move(VersionStatus.PUBLISHED, VersionStatus.EXPIRED, "expired"),
}


class Reason(StrEnum):
    """Why a step is refused."""

    WRONG_STATUS = "wrong_status"
    OWN_WORDS = "own_words"


@dataclass(frozen=True, slots=True)
class Refused:
    """That a step can't be done, and why."""

    reason: Reason
    detail: Text


def take(status: VersionStatus, step: Step, actor: str, writers: Collection[str]) -> VersionStatus | Refused:
    """Where a version stands after a step, or why it can't be done. ``writers`` are all who wrote at it."""
    move = MOVES[step]
    if status is not move.begins:
        return Refused(
            Reason.WRONG_STATUS, Text("The version's status does not allow it.", "该版本的当前状态不允许此操作。")
        )
    if step is Step.PUBLISH and actor in writers:
        return Refused(
            Reason.OWN_WORDS,
            Text(
                "Who has written a version does not publish it: ask somebody else.",
                "撰写者不能发布自己的版本，请由他人发布。",
            ),
        )
    return move.ends
