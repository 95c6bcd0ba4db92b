"""The bags of a dose as facts: until when each may be used, and whether its label says what the records say.

It reads nothing of its own: the rows come from `reading.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial

from mfg.batches.container_labels import Physical
from mfg.batches.expiry import ends_in
from mfg.batches.filling_rules import End
from mfg.batches.records import DoseBag
from mfg.donors.rules import DonorFacts
from mfg.labelling.records import PrintedLabel
from mfg.labelling.rules import ACCOUNTED
from mfg.release.dossier import BagFacts, LabelFacts
from mfg.release.label_facts import About, about, bag_label_facts, differing
from mfg.release.reading import Read
from mfg.trial.dose import DoseFacts
from mfg.trial.protocol import Protocol

LAYOUT = "dose_bag"


def bag_facts(read: Read, arithmetic: DoseFacts, protocol: Protocol, donor: DonorFacts) -> tuple[BagFacts, ...]:
    """The bags of the present fill; empty before it is filled."""
    if not read.bags:
        return ()
    filled, common, ends = read.whole.filled, common_of(read, donor), ends_in(read.whole, read.bags)
    return tuple(_bag(bag, ends, filled.labels.get(bag.container, ()),
                      partial(bag_label_facts, common, bag, arithmetic, protocol)) for bag in read.bags)


def _bag(bag: DoseBag, ends: tuple[End, ...], printed_on: Sequence[PrintedLabel],
         now_says: Callable[[Physical], dict[str, str]]) -> BagFacts:
    """A bag; its expiry is the earliest of what was fixed when it was filled and what bounds its cells since."""
    governs = min((End(bag.expires_at, bag.expiry_governed_by), *ends))
    label = next((one for one in reversed(printed_on) if one.layout == LAYOUT), None)
    labels: tuple[LabelFacts, ...] = ()
    if label is not None:
        printed: dict[str, str] = json.loads(label.facts)
        unlike = differing(printed, now_says(Physical(label.code, label.copy > 1)))
        labels = (LabelFacts(label.code, _coi(printed), label.printed_at, unlike, label.state),)
    return BagFacts(bag.container, bag.filled_at, bag.filled_by, governs.at, governs.why,
                    bag.checked_by, bag.withdrawn_at, labels, _loose(printed_on, label))


def _loose(printed_on: Sequence[PrintedLabel], standing: PrintedLabel | None) -> tuple[tuple[str, str], ...]:
    """Labels of a bag that nobody can account for: another bag may carry them."""
    return tuple((one.code, one.state) for one in sorted(printed_on, key=lambda one: one.code)
                 if one is not standing and one.state not in ACCOUNTED)


def common_of(read: Read, donor: DonorFacts) -> About:
    """What the labels of these bags have in common."""
    return about(read.session, read.of, read.bags, donor, read.whole.filled.divisions)


def _coi(facts: dict[str, str]) -> str | None:
    """The chain of identity as it stands on a label, without the gaps for the eye."""
    return facts["coi"].replace(" ", "") if "coi" in facts else None
