"""The parameters of HierHash, without any of its mathematics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from hashbench_methods.hierarchical.networks import ENCODERS

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.ranges import Interval, OneOf, Unless, Whole

POSITIVE = Interval(0, open_low=True)
YES_NO = OneOf(True, False)
WITH_GROUPS = Unless("prior", "gaussian")
WITH_CONTRAST = Unless("coarse_weight", 0)
WITH_FINE_LOSS = Unless("fine_weight", 0)
WITH_LAST_STAGE = Unless("self_epochs", 0)


@dataclass(eq=False, repr=False)
class HierHashParameters(NeuralHasher):
    """A neural hasher with the parameters of HierHash.

    The symbols are those of ``HierHash``.

    Args:
        norm: Euclidean norm that documents are scaled to; None for no scaling.
        view_dropout: dropout rate of a view; not used where views are given.
        encoder: "trunk" as in the published code or "two_layer" as in the paper, see ``LatentEncoder``.
        hidden: width of the hidden layers of means and variances.
        decoder_hidden: width of the hidden layer of the decoder.
        prior: "hierarchy", or "gaussian" for a standard normal one, without prototypes.
        n_fine: number of fine prototypes, K; at most the number of training documents.
        n_coarse: number of coarse prototypes, M.
        prototype_variance: sigma_s^2, the variance of z around a fine prototype.
        learnt_variance: each fine prototype has a variance of its own, which is trained and starts from
            ``prototype_variance`` whenever k-means sets the prototype.
        prototype_update: "kmeans_epoch": prototypes are the centres of k-means on the latent means of the
            training documents, before every epoch, as in the published code. "grad_reinit": they are trained
            as weights, and set to centres before the first epoch and after ``warmup_epochs``, as in the
            paper; Adam then starts anew, so that no moments of the old prototypes are left.
        kmeans_start: "warm": k-means starts from the prototypes, the first time by k-means++. "cold": every
            time from documents drawn at random, as in the published code.
        warmup_epochs: see ``prototype_update``. Training then goes on for at most ``epochs``.
        vae_weight: w_vae.
        kl_weight: w_kl.
        fine_temperature: tau_s, of ``q(s | z)`` and of KL_s.
        coarse_temperature: tau_y, of ``q(y | s, z)`` and of KL_y. The published code has 1.
        unit_z: whether z is scaled to norm 1 in KL_s, as in appendix A.4.
        gumbel_temperature: of the relaxed samples of s.
        coarse_weight: alpha.
        temperature: tau, of the cosines in L_diff and L_same.
        split_negatives: False replaces L_diff + L_same by one contrastive loss over all pairs.
        contrast_on: what they compare: "sample", z as in the paper, or "mean", mu as in the published code.
        fine_weight: beta.
        fine_probs: what L_fine compares: "clean", ``q(s | z)`` as in the paper, or "gumbel", relaxed samples
            as in the published code.
        entropy_weight: eta, the weight of the entropy of single documents in the mutual information.
        self_epochs: largest number of epochs of the last stage; 0 leaves it out.
        self_lr: its learning rate.
        self_patience: its patience.
        self_mi: whether the mutual information of groups and documents is part of its loss.
        fine_confidence: gamma_s, confidence threshold for the fine pseudo-label.
        coarse_confidence: gamma_y, confidence threshold for the coarse pseudo-label.
        fine_target_temperature: temperature of the probabilities that give the fine pseudo-label.
        coarse_target_temperature: temperature of the probabilities that give the coarse pseudo-label.
        prediction_temperature: temperature of the probabilities of the second view in the last stage.
        keep_stage: "best": a stage that did not raise the validation precision is undone. "last": the weights
            are those of the last stage, of its best epoch, as in the published code, and those of the end of
            the warm-up are trained on.

    The other parameters are those of ``NeuralHasher``.
    """

    epochs: int = 60
    batch_size: int = 64
    lr: float = 5e-4
    lr_schedule: str = "steps"
    lr_decay_docs: int = 0
    patience: int = 10
    norm: Annotated[float | None, POSITIVE] = 15.0
    view_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.1
    encoder: Annotated[str, OneOf(*ENCODERS)] = "trunk"
    hidden: Annotated[int, Whole(1)] = 1024
    decoder_hidden: Annotated[int, Whole(1)] = 128
    prior: Annotated[str, OneOf("gaussian", "hierarchy")] = "hierarchy"
    n_fine: Annotated[int, Whole(1), WITH_GROUPS] = 100
    n_coarse: Annotated[int, Whole(1), WITH_GROUPS] = 8
    prototype_variance: Annotated[float, POSITIVE, WITH_GROUPS] = 0.5
    learnt_variance: Annotated[bool, YES_NO, WITH_GROUPS] = False
    prototype_update: Annotated[str, OneOf("kmeans_epoch", "grad_reinit")] = "kmeans_epoch"
    kmeans_start: Annotated[str, OneOf("warm", "cold"), WITH_GROUPS] = "warm"
    warmup_epochs: Annotated[int, Whole(1), Unless("prototype_update", "kmeans_epoch")] = 15
    vae_weight: Annotated[float, Interval(0)] = 1.0
    kl_weight: Annotated[float, Interval(0)] = 1.0
    fine_temperature: Annotated[float, POSITIVE, WITH_GROUPS] = 1.0
    coarse_temperature: Annotated[float, POSITIVE, WITH_GROUPS] = 0.2
    unit_z: Annotated[bool, YES_NO, WITH_GROUPS] = False
    gumbel_temperature: Annotated[float, POSITIVE, WITH_FINE_LOSS, Unless("fine_probs", "clean")] = 1.0
    coarse_weight: Annotated[float, Interval(0)] = 1.0
    temperature: Annotated[float, POSITIVE, WITH_CONTRAST] = 0.3
    split_negatives: Annotated[bool, YES_NO, WITH_CONTRAST] = True
    contrast_on: Annotated[str, OneOf("mean", "sample"), WITH_CONTRAST] = "mean"
    fine_weight: Annotated[float, Interval(0)] = 0.5
    fine_probs: Annotated[str, OneOf("gumbel", "clean"), WITH_FINE_LOSS] = "gumbel"
    entropy_weight: Annotated[float, Interval(0), WITH_GROUPS] = 0.1
    self_epochs: Annotated[int, Whole(0)] = 20
    self_lr: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 1e-5
    self_patience: Annotated[int, Whole(0), WITH_LAST_STAGE, Unless("select_by", "last")] = 3
    self_mi: Annotated[bool, YES_NO, WITH_LAST_STAGE] = True
    fine_confidence: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 0.9
    coarse_confidence: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 0.9
    fine_target_temperature: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 5.0
    coarse_target_temperature: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 1.0
    prediction_temperature: Annotated[float, POSITIVE, WITH_LAST_STAGE] = 5.0
    keep_stage: Annotated[str, OneOf("best", "last"), Unless("select_by", "last")] = "best"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.prior == "gaussian" and (self.coarse_weight or self.fine_weight or self.self_epochs):
            raise HashbenchError(
                "a Gaussian prior has no groups: set coarse_weight, fine_weight and self_epochs to 0"
            )
