"""The life of runs, in every order of clicks, messages, losses and restarts.

Hypothesis plays learners, workers and bad luck against a real service with stub workers.
A small model knows what each learner asked for last. After every sequence the service must
have done it, or have said why not.
"""

import errno
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from scheduler_driver import SMALL, SchedulerDriver
from stub_worker import ROWS

from ssl_core.service import ACTIVE, ENDED, RESUMABLE, State, run_files
from ssl_core.service.quotas import MAX_RUNS_OF_A_USER
from ssl_core.service.scheduler import KILL_SECONDS, MAX_WORKER_DEATHS, Scheduler
from ssl_core.service.states import (
    COMMANDED,
    COMMANDS,
    Event,
    next_state,
)
from ssl_core.service.worker_pool import MAX_DELAY_S

OWNERS = ("ann", "ann/left", "ann/right", "bob", "cid")
WORKERS = 2
PERMITTED = {
    # What a learner's last command may have become once all is quiet.
    "train": {State.QUEUED, State.RUNNING},
    "pause": {State.PAUSED},
    "stop": {State.STOPPED},
}


@dataclass
class Wish:
    """What a run's owner asked for last.

    Args:
        command: "train", "pause" or "stop".
        config: the knobs of the run with every change that was accepted.
        steps: single steps that were asked for while it was paused.
        excuse: whether something ended it or paused it that its owner did not ask for.
    """

    command: str
    config: dict[str, object]
    excuse: bool = False


class Disk:
    """``atomic_write`` on a disk that may be full."""

    def __init__(self) -> None:
        self.full = False
        self.write = run_files.atomic_write

    @contextmanager
    def atomic_write(self, path: Path) -> Iterator[BinaryIO]:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        with self.write(path) as f:
            yield f


class RunMachine(RuleBasedStateMachine):
    """Clicks, messages, losses and restarts, in any order."""

    @initialize()
    def open(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="runs_"))
        self.disk = Disk()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(run_files, "atomic_write", self.disk.atomic_write)
        self.driver = SchedulerDriver(self.root, workers=WORKERS, queue=4)
        self.wishes: dict[str, Wish] = {}

    def teardown(self) -> None:
        if not hasattr(self, "driver"):
            return
        self.disk.full = False
        try:
            self._check_that_every_wish_comes_true()
        finally:
            self.driver.service.close()
            self.patch.undo()
            shutil.rmtree(self.root)

    # --- learners ---------------------------------------------------------------------

    @rule(owner=st.sampled_from(OWNERS), seed=st.integers(0, 1))
    def submit(self, owner: str, seed: int) -> None:
        config = replace(SMALL, seed=seed)
        before = set(self.wishes)
        present = {r: s for r, s in self._states().items() if self._owner(r) == owner}
        try:
            run = self.driver.service.submit(config, owner=owner)
        except ValueError:
            assert self._states() == self._states(), "a refusal changes nothing"
            for old, state in present.items():
                assert self._state(old) == state, "a refused run has stopped another"
            return
        if run in before:
            return  # the same as the present one
        for old, state in present.items():
            if state in ACTIVE:
                self.wishes[old].command = "stop"
        self.wishes[run] = Wish("train", config.flat())

    @precondition(lambda self: self.wishes)
    @rule(data=st.data(), command=st.sampled_from(["pause", "resume", "step", "stop"]))
    def click(self, data: st.DataObject, command: str) -> None:
        run = self._any_run(data)
        before = self._state(run)
        present = self._present_of_owner(run)
        try:
            getattr(self.driver.service, command)(run)
        except ValueError as refusal:
            assert self._state(run) == before, "a refused command changes nothing"
            assert "\n" not in str(refusal)
            return
        if command == "stop" and before in ENDED:
            return
        wish = self.wishes[run]
        wish.command = {"resume": "train", "step": "pause"}.get(command, command)
        wish.excuse = False
        if command == "resume" and before not in (State.QUEUED, *_TRAINS):
            for other in present - {run}:
                self.wishes[other].command = "stop"

    @precondition(lambda self: self.wishes)
    @rule(data=st.data(), temperature=st.sampled_from([0.1, 0.2, 0.7]))
    def adjust(self, data: st.DataObject, temperature: float) -> None:
        self._adjust(self._any_run(data), {"temperature": temperature}, accepted=True)

    @precondition(lambda self: self.wishes)
    @rule(data=st.data())
    def adjust_beyond_the_data(self, data: st.DataObject) -> None:
        """Only the worker knows how many rows there are."""
        self._adjust(self._any_run(data), {"batch_size": 2 * ROWS}, accepted=False)

    def _adjust(self, run: str, changes: dict[str, object], accepted: bool) -> None:
        before = self._state(run)
        try:
            self.driver.service.adjust(run, changes)
        except ValueError:
            assert before in ENDED or before is State.STOPPING
            return
        assert self._state(run) == before
        if accepted:
            self.wishes[run].config |= changes

    @precondition(lambda self: self.wishes)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self.driver.service.status(self._any_run(data))

    # --- workers ----------------------------------------------------------------------

    @rule(index=st.integers(0, 3))
    def a_worker_gets_ready(self, index: int) -> None:
        if workers := [w for w in self.driver.living if not w.was_ready]:
            workers[index % len(workers)].get_ready()

    @rule(index=st.integers(0, 3))
    def a_worker_takes_a_message(self, index: int) -> None:
        if workers := [w for w in self.driver.living if w.inbox]:
            workers[index % len(workers)].take()

    @rule(index=st.integers(0, 3))
    def a_worker_trains(self, index: int) -> None:
        if workers := [w for w in self.driver.living if w.run]:
            workers[index % len(workers)].train()

    @rule(
        index=st.integers(0, 3),
        how=st.sampled_from(["finished", "limit", "failed", "diverged"]),
    )
    def a_run_ends_by_itself(self, index: int, how: str) -> None:
        workers = [w for w in self.driver.living if w.run in self.wishes]
        if workers:
            worker = workers[index % len(workers)]
            self.wishes[worker.run].excuse = True
            worker.end(how, "It ended by itself")

    # --- bad luck ---------------------------------------------------------------------

    @rule(index=st.integers(0, 3))
    def a_worker_is_lost(self, index: int) -> None:
        if workers := self.driver.living:
            worker = workers[index % len(workers)]
            run = self._scheduler.busy.get(worker)
            worker.lose()
            if run and run.worker_deaths >= MAX_WORKER_DEATHS:
                self._excuse(run.files.run_id, forgets_changes=True)

    @rule(fail=st.booleans())
    def starts_of_workers_fail(self, fail: bool) -> None:
        self.driver.starts_fail = fail

    @rule(full=st.booleans())
    def the_disk_is_full(self, full: bool) -> None:
        self.disk.full = full

    @rule()
    def the_service_sweeps(self) -> None:
        self.driver.now += 0.5
        self.driver.service.sweep()

    @rule()
    def time_passes(self) -> None:
        """Nobody looks for as long as it takes for a run to be paused."""
        self.driver.now += self.driver.settings.idle_timeout_s + KILL_SECONDS
        for run, state in self._states().items():
            if state in ACTIVE:
                self.wishes[run].excuse = True
        self.driver.service.sweep()

    @rule(clean=st.booleans())
    def the_server_restarts(self, clean: bool) -> None:
        self.disk.full = False
        service = self.driver.service
        service._scheduler.save_changes()
        before = self._states()
        if clean:
            service.close()
        else:  # killed: its workers see the end of their pipes
            service._closed.set()
            service._root_lock.release()
        self.driver.open()
        for run, state in before.items():
            now = self._state(run)
            if state in ENDED:
                assert now == state
            elif state in (State.PAUSED, State.PAUSING, State.PREEMPTING):
                assert now is State.PAUSED
            elif state is State.STOPPING:
                assert now is State.STOPPED
            else:
                assert now is State.INTERRUPTED
                self.wishes[run].excuse = True

    # --- what always holds ------------------------------------------------------------

    @invariant()
    def always(self) -> None:
        """One run a worker, the queued runs in the queue, and nobody above the cap."""
        if not hasattr(self, "driver"):
            return
        scheduler, runs = self._scheduler, self.driver.service._runs.values()
        assert scheduler.busy == {run.worker: run for run in runs if run.worker}
        assert len(scheduler.busy) == sum(run.worker is not None for run in runs)
        queued = [run for run in runs if run.state is State.QUEUED]
        assert Counter(scheduler.queue) == Counter(queued)
        training = [run for run in runs if run.training]
        per_user = Counter(run.user_id for run in training)
        assert max(per_user.values(), default=0) <= MAX_RUNS_OF_A_USER
        per_owner = Counter(run.spec.owner for run in training)
        assert max(per_owner.values(), default=0) <= 1

    def _check_that_every_wish_comes_true(self) -> None:
        """Everybody does what they have been told, and nothing goes wrong any more."""
        driver, service = self.driver, self.driver.service
        driver.starts_fail = False
        for _ in range(3):  # workers that are killed meanwhile are replaced later
            driver.now += MAX_DELAY_S
            for run in self.wishes:
                service.status(run)  # somebody looks
            driver.settle()
        assert len(driver.living) == WORKERS, "the pool is back at its size"
        assert all(worker.ready for worker in driver.living)
        for run, wish in self.wishes.items():
            state = self._state(run)
            if not wish.excuse:
                assert state in PERMITTED[wish.command], (run, wish, state)
            kept, known = service._runs[run].files.record(), service._runs[run].record()
            # Ticks are on the disk, too, but in the worker's files.
            progress = {n: getattr(kept, n) for n in ("step", "seconds", "updated")}
            assert kept == replace(known, **progress)
        waiting = [r for r in service._runs.values() if r.state is State.QUEUED]
        assert not waiting or len(service._scheduler.busy) == WORKERS
        self._check_that_no_change_is_lost()

    def _check_that_no_change_is_lost(self) -> None:
        """Each run that can still train gets a worker, and has every accepted change."""
        service = self.driver.service
        for run in self.wishes:
            if self._state(run) in ACTIVE:
                service.pause(run)
        self.driver.settle()
        for run, wish in self.wishes.items():
            if self._state(run) not in ACTIVE | RESUMABLE:
                continue
            service.resume(run)
            self.driver.settle()
            if self._state(run) is not State.RUNNING:
                continue  # superseded by this very check
            assert service.status(run).config == wish.config
            service.pause(run)
            self.driver.settle()
            before = self.driver.worker_of(run).step
            service.step(run)
            service.step(run)
            self.driver.settle()
            assert self.driver.worker_of(run).step == before + 2
            assert self._state(run) is State.PAUSED
            service.stop(run)
            self.driver.settle()
            assert self._state(run) is State.STOPPED

    # --- helpers ----------------------------------------------------------------------

    @property
    def _scheduler(self) -> Scheduler:
        return self.driver.service._scheduler

    def _any_run(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.wishes)))

    def _state(self, run: str) -> State:
        return self.driver.service._runs[run].state

    def _states(self) -> dict[str, State]:
        return {run: self._state(run) for run in self.wishes}

    def _owner(self, run: str) -> str:
        return self.driver.service._runs[run].spec.owner

    def _present_of_owner(self, run: str) -> set[str]:
        return {
            other
            for other, state in self._states().items()
            if state in ACTIVE and self._owner(other) == self._owner(run)
        }

    def _excuse(self, run: str, forgets_changes: bool = False) -> None:
        self.wishes[run].excuse = True
        if forgets_changes:
            self.wishes[run].config = dict(self.driver.service._runs[run].config)


_TRAINS = (State.STARTING, State.RUNNING)


def test_every_wish_comes_true_a_few_sequences() -> None:
    _play(examples=15)


@pytest.mark.slow
def test_every_wish_comes_true_many_sequences() -> None:
    _play(examples=1_000)


def _play(examples: int) -> None:
    run_state_machine_as_test(
        RunMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- the table -------------------------------------------------------------------------


def test_every_active_run_can_be_stopped_and_paused() -> None:
    for state in ACTIVE:
        for event in (Event.STOP, Event.SHUT_DOWN):
            assert next_state(state, event, has_worker=True) is not None
    for state in ACTIVE - {State.STOPPING}:
        for command in COMMANDS:
            assert next_state(state, command, has_worker=True) in ACTIVE | {
                State.STOPPED
            }


def test_an_end_is_final_but_for_resuming_an_interrupted_run() -> None:
    for state in ENDED:
        for event in Event:
            after = next_state(state, event, has_worker=False)
            resumed = state in RESUMABLE and event is Event.RESUME
            assert resumed or after is None


def test_a_worker_that_takes_commands_is_lost_without_the_run() -> None:
    for state in COMMANDED:
        assert next_state(state, Event.LOSE_WORKER, has_worker=True) in ACTIVE
