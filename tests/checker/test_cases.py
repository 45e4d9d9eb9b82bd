"""Readable cases: histories with and without anomalies, and the findings' texts."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from backchannel.checker.check import check
from backchannel.checker.journal import (
    BadJournal,
    Change,
    Deliver,
    DeliverReceipt,
    Fail,
    Finish,
    History,
    Invoke,
    Ok,
    Record,
    Reset,
    Resume,
    Seen,
    Unknown,
    located,
)
from backchannel.checker.verdict import KEPT, FindingKind, Verdict
from backchannel.domain.ids import RESPONDER_ID

ADA, BOB = "ada-phone", "bob-phone"
TALK = "ada-bob"


def resume(device: str, at: int = 0, position: int | None = 0, epoch: str = "e1") -> Resume:
    user = device.split("-", maxsplit=1)[0]
    return Resume(at=at, device=device, user=user, epoch=epoch, position=position)


def invoke(at: int, key: str, body: str = "hi", *, device: str = ADA) -> Invoke:
    user = device.split("-", maxsplit=1)[0]
    peer = {"ada": "bob", "bob": "ada"}[user]
    return Invoke(
        at=at, device=device, user=user, client_id=key, conversation=TALK, body=body, to=peer
    )


def ok(at: int, key: str, seq: int, *, device: str = ADA, named: str = "") -> Ok:
    return Ok(at=at, device=device, client_id=key, id=named or f"m{seq}", seq=seq)


def deliver(at: int, seq: int, body: str = "hi", *, position: int | None = None) -> Deliver:
    return Deliver(
        at=at,
        device=BOB,
        conversation=TALK,
        id=f"m{seq}",
        sender="ada",
        body=body,
        source="live",
        seq=seq,
        position=seq if position is None else position,
    )


def history(at: int, *messages: Seen, asked: int | None = None) -> History:
    return History(
        at=at, device=BOB, conversation=TALK, messages=messages, complete=True, asked=asked
    )


def seen(seq: int, body: str = "hi") -> Seen:
    return Seen(seq=seq, id=f"m{seq}", sender="ada", body=body)


def checked(*records: Record) -> Verdict:
    return check(located(records, "journal"))


def kinds(*records: Record) -> set[FindingKind]:
    return set(checked(*records).totals)


STARTED: Sequence[Record] = (resume(ADA), resume(BOB))


def test_R2_one_client_id_accepted_for_two_bodies_is_a_conflict() -> None:
    sent = (*STARTED, invoke(1, "a"), invoke(2, "a", "other"))
    assert kinds(*sent, ok(3, "a", 1), ok(4, "a", 1)) == {FindingKind.CONFLICT}
    refused = Fail(at=4, device=ADA, client_id="a", code="client_id_reused")
    assert kinds(*sent, ok(3, "a", 1), refused) == set()


def test_R2_equal_bodies_with_different_client_ids_are_two_messages() -> None:
    sent = (*STARTED, invoke(1, "a"), invoke(2, "b"))
    assert kinds(*sent, deliver(3, 1), deliver(4, 2)) == set()
    assert kinds(*sent, deliver(3, 1), deliver(4, 2), deliver(5, 3)) == {FindingKind.CONFLICT}


def test_R3_a_lower_number_after_an_acknowledgement_is_reordered() -> None:
    first = (*STARTED, invoke(1, "a"), ok(3, "a", 2))
    assert kinds(*first, invoke(4, "b"), ok(5, "b", 1)) == {FindingKind.REORDERED}
    assert kinds(*STARTED, invoke(1, "a"), invoke(3, "b", device=BOB), ok(3, "a", 2)) == set()


def test_R3_overlapping_sends_may_have_either_order() -> None:
    both = (invoke(1, "a"), invoke(2, "b", device=BOB))
    assert kinds(*STARTED, *both, ok(3, "a", 2), ok(4, "b", 1, device=BOB)) == set()


def test_R4_swapped_messages_of_one_connection_are_reordered() -> None:
    both = (invoke(1, "a"), invoke(2, "b"))
    assert kinds(*STARTED, *both, ok(3, "a", 2), ok(4, "b", 1)) == {FindingKind.REORDERED}


def test_R4_a_retried_message_may_have_a_later_number() -> None:
    lost = Unknown(at=2, device=ADA, client_id="a")
    again = (invoke(1, "a"), lost, resume(ADA, 3), invoke(4, "b"), invoke(5, "a"))
    assert kinds(*STARTED, *again, ok(6, "b", 1), ok(7, "a", 2)) == set()


def test_R5_a_killed_device_may_receive_unstored_messages_again() -> None:
    sent = (*STARTED, invoke(1, "a"), invoke(1, "b"), ok(2, "a", 1), ok(2, "b", 2))
    taken = (*sent, deliver(3, 1), deliver(4, 2))
    assert kinds(*taken, resume(BOB, 5, position=1), deliver(6, 2)) == set()
    assert kinds(*taken, resume(BOB, 5, position=2), deliver(6, 2)) == {FindingKind.DUPLICATE}


def test_R5_a_message_below_the_resumed_position_is_a_duplicate() -> None:
    sent = (resume(ADA), invoke(1, "a"), ok(2, "a", 1))
    assert kinds(*sent, resume(BOB, 3, position=1), deliver(4, 1)) == {FindingKind.DUPLICATE}


def test_R5_a_new_device_need_not_receive_earlier_messages() -> None:
    sent = (resume(ADA), invoke(1, "a"), ok(2, "a", 1))
    fresh = (resume(BOB, 3, position=None), Finish(at=9, device=BOB))
    assert kinds(*sent, *fresh) == set()
    assert kinds(*sent, *fresh[:1], invoke(4, "b"), ok(5, "b", 2), fresh[1]) == {FindingKind.LOST}


def test_R5_a_reset_device_need_not_receive_earlier_messages() -> None:
    sent = (*STARTED, invoke(1, "a"), ok(2, "a", 1), deliver(3, 1))
    reset = Reset(at=4, device=BOB, epoch="e1", position=1)
    assert kinds(*sent, reset, history(6, seen(1), asked=5), Finish(at=9, device=BOB)) == set()


def test_R5_a_history_is_checked_by_the_time_of_its_request() -> None:
    sent = (*STARTED, invoke(1, "a"), ok(3, "a", 1))
    assert kinds(*sent, history(4, asked=2)) == set()
    assert kinds(*sent, history(4)) == {FindingKind.LOST}
    assert kinds(*sent, Finish(at=4, device=BOB, asked=2)) == set()
    assert kinds(*sent, Finish(at=4, device=BOB)) == {FindingKind.LOST}


def test_R3_a_missing_number_in_a_history_is_a_gap() -> None:
    sent = (*STARTED, invoke(1, "a"), invoke(1, "b"))
    assert kinds(*sent, history(4, seen(1), seen(3))) == {FindingKind.GAP}
    assert kinds(*sent, history(4, seen(2), seen(3))) == {FindingKind.GAP}
    assert kinds(*sent, history(4, seen(1), seen(2))) == set()


def test_R3_a_message_that_came_without_its_number_fills_one_gap() -> None:
    sent = (*STARTED, *(invoke(1, key, key) for key in "abc"))
    first, second, later = (deliver(at, at - 1, "abc"[at - 2]) for at in (2, 3, 4))
    unnumbered = replace(second, seq=None, position=None)
    assert kinds(*sent, first, unnumbered, later) == set()
    assert kinds(*sent, first, unnumbered, replace(later, seq=4, position=4)) == {FindingKind.GAP}
    assert kinds(*sent, first, later, replace(unnumbered, at=5)) >= {FindingKind.GAP}


def test_R3_a_gap_of_2_to_the_60_is_found_quickly() -> None:
    sent = (*STARTED, invoke(1, "a"), invoke(1, "b"))
    assert kinds(*sent, deliver(4, 1), deliver(5, 1 << 60)) == {FindingKind.GAP}


def test_R7_edits_and_deletions_are_not_anomalies() -> None:
    sent = (*STARTED, invoke(1, "a"), ok(2, "a", 1), deliver(3, 1))
    edited = Change(at=4, device=ADA, conversation=TALK, id="m1", body="ho")
    deleted = Change(at=5, device=ADA, conversation=TALK, id="m1", body=None)
    assert kinds(*sent, edited, history(6, seen(1, "ho"))) == set()
    assert kinds(*sent, edited, deleted, history(6, seen(1, ""))) == set()
    assert kinds(*sent, deleted, history(6)) == set()
    assert kinds(*sent, edited, history(6, seen(1, ""))) == {FindingKind.PHANTOM}


def test_R6_a_device_that_resumes_earlier_may_receive_receipts_again() -> None:
    sent = (*STARTED, *(invoke(1, key) for key in "abc"), ok(2, "a", 1), ok(2, "b", 2))
    marks = (_receipt(4, 1, position=8), _receipt(5, 3, position=9))
    back = (resume(ADA, 6, position=7), _receipt(7, 1, position=8))
    assert kinds(*sent, *marks, *back) == set()
    assert kinds(*sent, *marks, resume(ADA, 6, position=9), _receipt(7, 1, position=10)) == {
        FindingKind.RECEIPT
    }
    assert kinds(*sent, _receipt(4, 4)) == {FindingKind.RECEIPT}


def _receipt(at: int, seq: int, position: int | None = None) -> DeliverReceipt:
    return DeliverReceipt(
        at=at,
        device=ADA,
        conversation=TALK,
        reader="bob",
        mark="read",
        seq=seq,
        position=position,
    )


def test_S11_a_message_delivered_to_a_third_user_is_a_phantom() -> None:
    stranger = replace(deliver(3, 1), device="cyd-phone")
    others = (resume(ADA), resume("cyd-phone"), invoke(1, "a"), ok(2, "a", 1))
    assert kinds(*others, stranger) == {FindingKind.PHANTOM}


def test_answers_of_the_responder_are_not_phantoms() -> None:
    answer = replace(deliver(3, 2, "hello!"), sender=RESPONDER_ID)
    assert kinds(*STARTED, invoke(1, "a"), ok(2, "a", 1), deliver(3, 1), answer) == set()


def test_an_acknowledged_message_that_was_never_sent_is_a_phantom() -> None:
    assert kinds(*STARTED, ok(2, "a", 1)) == {FindingKind.PHANTOM}


def test_positions_of_different_epochs_are_not_compared() -> None:
    sent = (*STARTED, invoke(1, "a"), ok(2, "a", 1), deliver(3, 1))
    tablet = resume("bob-tablet", 4, epoch="e2")
    same = replace(deliver(5, 1, position=7), device="bob-tablet")
    assert kinds(*sent, tablet, same) == set()
    assert kinds(*sent, resume("bob-tablet", 4), same) == {FindingKind.DISAGREEMENT}


def test_a_finding_names_the_problem_and_its_records() -> None:
    sent = (*STARTED, invoke(1, "a"), ok(2, "a", 1), deliver(3, 1), deliver(4, 1))
    (finding,) = checked(*sent).findings[FindingKind.DUPLICATE]
    assert finding.text == "bob-phone was given message m1 twice"
    assert [str(each.location) for each in finding.evidence] == ["journal:5", "journal:6"]


def test_all_findings_are_counted_and_a_bounded_number_is_kept() -> None:
    twice = [deliver(3, 1)] * (KEPT + 11)
    verdict = checked(*STARTED, invoke(1, "a"), ok(2, "a", 1), *twice)
    assert verdict.totals == {FindingKind.DUPLICATE: KEPT + 10}
    assert len(verdict.findings[FindingKind.DUPLICATE]) == KEPT


def test_a_history_without_sends_or_finishes_is_not_checked() -> None:
    finish = Finish(at=9, device=BOB)
    assert not checked(*STARTED, finish).conclusive
    assert not checked(*STARTED, invoke(1, "a")).conclusive
    assert checked(*STARTED, invoke(1, "a"), finish).conclusive


def test_a_device_has_one_user() -> None:
    with pytest.raises(BadJournal, match=r"journal:2: user: device 'ada-phone' belongs to 'ada'"):
        checked(resume(ADA), Resume(at=1, device=ADA, user="bob"))
    with pytest.raises(BadJournal, match=r"journal:1: device: 'bob-phone' has no user yet"):
        checked(deliver(1, 1))
