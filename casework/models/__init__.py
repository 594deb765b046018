"""One child's case: why it is open, who holds it, what stands in the way, and what happened."""

from casework.models.cases import Case, CaseBarrier, CaseEntry, CaseQuerySet

__all__ = ["Case", "CaseBarrier", "CaseEntry", "CaseQuerySet"]
