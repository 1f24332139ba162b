"""Decides which worker runs which tests: a file at a time, and what a lost worker left to another.

As pytest-xdist has it, the run waited forever for a worker that was lost: what it had left was
handed out again with what it had done, and a worker with one test left waits to hear of the next.
"""

from contextlib import suppress

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class FilesTogether(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives each worker a file at a time, because a file's tests share servers."""

    def remove_node(self, node: WorkerController) -> str | None:
        """Returns the test that the worker was lost in, which is not run again."""
        workload = self.assigned_work[node]
        left = [(unit, test) for unit in workload.values() for test in unit if not unit[test]]
        for unit, test in left[:1]:
            unit[test] = True
        self.assigned_work[node] = {
            scope: unit for scope, unit in workload.items() if not all(unit.values())
        }
        super().remove_node(node)
        return left[0][1] if left else None

    def _assign_work_unit(self, node: WorkerController) -> None:
        # One that is lost, of which nobody has heard yet: what it is given now, it then leaves.
        with suppress(OSError):
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if node not in self.registered_collections:
            return  # it takes another's place and is not ready yet
        super()._reschedule(node)
        # A worker begins a test when it has heard of the one after it, or that there is none.
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
