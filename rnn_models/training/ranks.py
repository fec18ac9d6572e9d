"""What the processes of one run do together. Without others, each method does its work and nothing else.

All processes run the same program on the same batches, in step. They differ in three things only: each reads its share
of the rows of a batch, the gradients are summed before each step, and the first process alone evaluates and writes.
`Trainer`, accelerate and DistributedDataParallel take no part in this and see one process, because

- DistributedDataParallel averages over processes, while a loss here is a mean over targets, of which processes have
  different numbers. Each process therefore scales its loss by its share of the targets, and the sum is the gradient
  of the complete batch, as one process computes it;
- it wraps the call of a model, while the loss of a language model is computed from the model's parts, and adversarial
  training calls the model several times a step;
- `Trainer` splits data by batches, while a recurrent state goes on in the rows of the next batch.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..data import InputError

if TYPE_CHECKING:
    from torch import Tensor

Result = TypeVar("Result")


class EndedElsewhere(Exception):
    """Another process of the run ended it and says why, or is not there any more."""


class Ranks:
    """The place of this process among those of a run.

    Attributes:
        rank: the number of this process, from 0.
        size: the number of processes.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self.group: Any = None
        if size > 1:
            import torch.distributed as dist

            # while the first process evaluates or writes, the others wait, however long it takes
            with _connected():
                self.group = dist.new_group(backend="gloo", timeout=datetime.timedelta(days=30))

    @property
    def is_first(self) -> bool:
        """Whether this is the process that evaluates, writes and speaks."""
        return self.rank == 0

    @contextmanager
    def quiet(self) -> Iterator[str | None]:
        """Inside, only the first process prints. Gives the others a folder of their own in place of the run's."""
        if self.is_first:
            yield None
            return
        with (
            open(os.devnull, "w", encoding="utf-8") as nothing,
            tempfile.TemporaryDirectory() as aside,
            contextlib.redirect_stdout(nothing),
            contextlib.redirect_stderr(nothing),
        ):
            yield aside

    def first(self, work: Callable[[], Result]) -> Result:
        """What `work` returns in the first process, for all of them.

        An error ends all: the first process raises it, the others `EndedElsewhere`.
        """
        if self.size == 1:
            return work()
        return self._from(0, work)

    def _from(self, rank: int, work: Callable[[], Result]) -> Result:
        import torch.distributed as dist

        found, error = None, None
        if self.rank == rank:
            try:
                found = work()
            except BaseException as caught:
                error = caught
        box: list[Any] = [found, error is None]
        with _connected(error):
            dist.broadcast_object_list(box, src=rank, group=self.group)
        if error is not None:
            raise error
        if not box[1]:
            raise EndedElsewhere
        return box[0]

    def each(self, work: Callable[[], Result]) -> Result:
        """What `work` returns in each process. The first one is done before the others begin, so that they find what
        it leaves in caches.

        An `InputError` in any process ends all: the first process raises it with the number of the other one.
        """
        if self.size == 1:
            return work()
        import torch.distributed as dist

        found: list[Result] = []
        self._from(0, lambda: found.append(work()) if self.is_first else None)
        problem = None
        if not self.is_first:
            try:
                found.append(work())
            except InputError as error:
                problem = str(error)
        problems: list[Any] = [None] * self.size
        with _connected():
            dist.all_gather_object(problems, problem, group=self.group)
        for rank, text in enumerate(problems):
            if text is not None:
                raise InputError(f"process {rank}: {text}") if self.is_first else EndedElsewhere
        return found[0]

    def check_devices(self, kind: str) -> None:
        """Raise `InputError`, elsewhere than in the first process `EndedElsewhere`, if this process computes on
        another kind of device than others: they would wait for each other's gradients in different places."""
        if self.size == 1:
            return
        import torch.distributed as dist

        kinds: list[Any] = [None] * self.size
        with _connected():
            dist.all_gather_object(kinds, kind, group=self.group)
        if len(set(kinds)) == 1:
            return
        if not self.is_first:
            raise EndedElsewhere
        listed = ", ".join(f"{other} of process {rank}" for rank, other in enumerate(kinds))
        raise InputError(
            f"the processes of the run compute on different kinds of device ({listed}); start them where all have the"
            " same, or with --use_cpu"
        )

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes in their order; in the first process alone, elsewhere nothing."""
        if self.size == 1:
            return [value]
        import torch.distributed as dist

        values: list[Any] | None = [None] * self.size if self.is_first else None
        with _connected():
            dist.gather_object(value, values, dst=0, group=self.group)
        return values or []

    def highest(self, value: int) -> int:
        """The highest of the values of all processes."""
        if self.size == 1:
            return value
        import torch
        import torch.distributed as dist

        found = torch.tensor(value)
        with _connected():
            dist.all_reduce(found, dist.ReduceOp.MAX, group=self.group)
        return int(found)

    def rows(self, count: int) -> range:
        """This process' share of the rows of a batch, which lie beside each other."""
        return range(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Make tensors those of the first process, in place."""
        if self.size == 1:
            return
        import torch.distributed as dist

        with _connected():
            for tensor in tensors:
                dist.broadcast(tensor, src=0)

    def add_up(self, parameters: Iterable[Tensor], loss: Tensor) -> Tensor:
        """Sum the gradients of all processes, in place, and the loss, which is returned.

        A parameter without a gradient in every process stays without: an optimizer leaves it as it is.
        """
        import torch
        import torch.distributed as dist

        parameters = [parameter for parameter in parameters if parameter.requires_grad]
        there = torch.tensor([parameter.grad is not None for parameter in parameters])
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        # one message is faster than one for each parameter
        flat = torch.cat([part.flatten().float() for part in (loss, there.to(loss.device), *parts)])
        with _connected():
            dist.all_reduce(flat)
        total, counts, *sums = flat.split([1, len(parameters), *(part.numel() for part in parts)])
        for parameter, count, part in zip(parameters, counts.tolist(), sums, strict=True):
            if count:
                parameter.grad = part.view_as(parameter).to(parameter.dtype)
        return total.view_as(loss)


ALONE = Ranks()


@contextmanager
def _connected(before: BaseException | None = None) -> Iterator[None]:
    """Turn the error of a connection that is lost into `EndedElsewhere`, or into the error `before` it."""
    try:
        yield
    except RuntimeError as error:
        raise before or EndedElsewhere("the connection to the other processes of the run is lost") from error
