"""The same codes from the processor and from the GPU, as far as rounding allows."""

from __future__ import annotations

from unittest import SkipTest

from hashbench.testing.subject import Subject, conformance_check, expect
from hashbench.testing.toy_corpus import planted_corpus

DIFFERING_SHARE = 0.05


@conformance_check
def check_cpu_cuda_agree(subject: Subject) -> None:
    """Fitted and encoded on CPU and on CUDA with the same seed, codes differ in at most one bit in 20.

    Catches noise that is drawn on the device, by a generator that depends on it, and tensors left behind on
    the other device. The sums of a GPU are taken in another order, so that some bits may differ.
    """
    if "device" not in subject.new().get_params():
        raise SkipTest("it takes no device")
    import torch

    if not torch.cuda.is_available():
        raise SkipTest("there is no GPU here")
    corpus = planted_corpus()
    cpu, cuda = (
        subject.encode(subject.fitted(corpus, device=device), corpus.X) for device in ("cpu", "cuda")
    )
    share = (cpu != cuda).mean()
    expect(share <= DIFFERING_SHARE, f"{share:.1%} of the bits differ between cpu and cuda")
