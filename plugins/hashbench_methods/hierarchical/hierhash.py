"""HierHash: generative hashing with a two-level hierarchy of prototypes as the prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import torch
from hashbench_methods.hierarchical.losses import (
    agreement_loss,
    mutual_information,
    plain_contrast,
    prototype_kl,
    sample_labels,
    self_label_loss,
    split_contrast,
)
from hashbench_methods.hierarchical.networks import ENCODERS, LatentEncoder, two_layers
from hashbench_methods.hierarchical.prototypes import Prototypes, effective_number
from hashbench_methods.hierarchical.stages import Stage
from hashbench_methods.hierarchical.two_views import TwoViewHasher, Views
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import categorical_kl, gaussian_kl
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, OneOf, Unless, Whole

LEVELS = ("fine", "coarse")


@dataclass(eq=False, repr=False)
class HierHash(TwoViewHasher):
    """Prototype-induced hierarchical generative hashing (Zhang, Su, Chen and Song 2024).

    A Gaussian variational autoencoder of dense document vectors. The prior of the latent vector z is centred
    at one of ``n_fine`` prototypes, each of which belongs to one of ``n_coarse``. The groups s and y of a
    document, sampled from ``q(s | z)`` and ``q(y | s, z)``, decide which documents of a batch are negatives
    of the contrastive losses. Bits are the signs of the posterior means. The loss, with the weights below, is

        vae_weight (|x - x'|^2 + kl_weight (KL_z + KL_s + KL_y))
        + coarse_weight (L_diff + L_same) + fine_weight L_fine

    and in a last stage the cross-entropy with the pseudo-labels of confident documents. With validation
    labels, the codes are those of the stage with the higher validation precision.

    It needs dense vectors of about the norm of BERT's [CLS] vectors. Without ``views`` from a featurizer, the
    two views of a document are its vector with dropout, anew in every step, and the whole vector is
    reconstructed.

    The number of classes is information from the labels, so that ``n_coarse`` is a parameter and never taken
    from the data.

    Args:
        prior: "hierarchy", or "gaussian" for a standard normal one, without prototypes.
        n_fine: number of fine prototypes, K; at most the number of training documents.
        n_coarse: number of coarse prototypes, M.
        encoder: "trunk" as in the published code or "two_layer" as in the paper, see ``LatentEncoder``.
        hidden: width of the hidden layers of means and variances.
        decoder_hidden: width of the hidden layer of the decoder.
        vae_weight: see above.
        kl_weight: see above.
        coarse_weight: see above, alpha in the paper.
        fine_weight: see above, beta in the paper.
        temperature: of the cosines in L_diff and L_same.
        fine_temperature: of ``q(s | z)``, and of KL_s.
        coarse_temperature: of ``q(y | s, z)``, and of KL_y. The published code has 1.
        prototype_variance: variance of z around a fine prototype.
        gumbel_temperature: of the relaxed samples.
        entropy_weight: weight of the entropy of single documents in the mutual information, eta.
        fine_probs: what L_fine compares: "gumbel", relaxed samples as in the published code, or "clean",
            ``q(s | z)`` as in the paper.
        cat_terms: KL_s and KL_y as in appendix A of the paper and in its code, negative logarithms of the
            softmax probability of the groups drawn ("proto_nce"), or the divergences of equation 7
            ("exact_kl").
        kl3_use_z: in KL_y of "proto_nce", z counts as well as its prototype, as in the paper; the published
            code leaves it out.
        split_negatives: False replaces L_diff + L_same by one contrastive loss over all pairs.
        prototype_update: "kmeans_epoch": prototypes are the centres of k-means on the latent vectors of the
            training documents, before every epoch, as in the published code. "grad_reinit": they are trained
            as weights, and set to centres before the first epoch and after ``warmup_epochs``, as in the
            paper.
        warmup_epochs: see there. Training then continues with a new Adam optimiser, for at most ``epochs``.
        self_epochs: largest number of epochs of the last stage; 0 leaves it out.
        self_lr: its learning rate.
        self_patience: its patience.
        self_mi: whether the mutual information of groups and documents is part of its loss.
        fine_confidence: confidence threshold for the fine pseudo-label.
        coarse_confidence: confidence threshold for the coarse pseudo-label.
        fine_target_temperature: temperature of the probabilities that give the fine pseudo-label.
        coarse_target_temperature: temperature of the probabilities that give the coarse pseudo-label.
        prediction_temperature: temperature of the probabilities of the second view in the last stage.

    The other parameters are those of ``TwoViewHasher`` and ``NeuralHasher``.

    Attributes:
        fine_labels_: nearest fine prototype of each training document, int64 of shape (n_train,). This and
            the next three are None with a Gaussian prior.
        coarse_labels_: most probable coarse prototype given that one, the same shape.
        prototypes_: a module with ``fine``, shape (n_fine, n_bits), and ``coarse``, shape (n_coarse, n_bits).
        owners_: coarse prototype nearest to each fine one, int64 of shape (n_fine,).
    """

    epochs: int = 60
    batch_size: int = 64
    lr: float = 5e-4
    lr_schedule: str = "steps"
    lr_decay_docs: int = 0
    patience: int = 10
    prior: Annotated[str, OneOf("gaussian", "hierarchy")] = "hierarchy"
    n_fine: Annotated[int, Whole(1), Unless("prior", "gaussian")] = 100
    n_coarse: Annotated[int, Whole(1), Unless("prior", "gaussian")] = 8
    encoder: Annotated[str, OneOf(*ENCODERS)] = "trunk"
    hidden: Annotated[int, Whole(1)] = 1024
    decoder_hidden: Annotated[int, Whole(1)] = 128
    vae_weight: Annotated[float, Interval(0)] = 1.0
    kl_weight: Annotated[float, Interval(0)] = 1.0
    coarse_weight: Annotated[float, Interval(0)] = 1.0
    fine_weight: Annotated[float, Interval(0)] = 0.5
    temperature: Annotated[float, Interval(0, open_low=True), Unless("coarse_weight", 0)] = 0.3
    fine_temperature: Annotated[float, Interval(0, open_low=True), Unless("prior", "gaussian")] = 1.0
    coarse_temperature: Annotated[float, Interval(0, open_low=True), Unless("prior", "gaussian")] = 0.2
    prototype_variance: Annotated[float, Interval(0, open_low=True), Unless("prior", "gaussian")] = 0.5
    gumbel_temperature: Annotated[
        float, Interval(0, open_low=True), Unless("fine_weight", 0), Unless("fine_probs", "clean")
    ] = 1.0
    entropy_weight: Annotated[float, Interval(0), Unless("prior", "gaussian")] = 0.1
    fine_probs: Annotated[str, OneOf("gumbel", "clean"), Unless("fine_weight", 0)] = "gumbel"
    cat_terms: Annotated[str, OneOf("proto_nce", "exact_kl"), Unless("prior", "gaussian")] = "proto_nce"
    kl3_use_z: Annotated[
        bool, OneOf(True, False), Unless("prior", "gaussian"), Unless("cat_terms", "exact_kl")
    ] = True
    split_negatives: Annotated[bool, OneOf(True, False), Unless("coarse_weight", 0)] = True
    prototype_update: Annotated[str, OneOf("kmeans_epoch", "grad_reinit")] = "kmeans_epoch"
    warmup_epochs: Annotated[int, Whole(1), Unless("prototype_update", "kmeans_epoch")] = 15
    self_epochs: Annotated[int, Whole(0)] = 20
    self_lr: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 1e-5
    self_patience: Annotated[int, Whole(0), Unless("self_epochs", 0), Unless("select_by", "last")] = 3
    self_mi: Annotated[bool, OneOf(True, False), Unless("self_epochs", 0)] = True
    fine_confidence: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 0.9
    coarse_confidence: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 0.9
    fine_target_temperature: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 5.0
    coarse_target_temperature: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 1.0
    prediction_temperature: Annotated[float, Interval(0, open_low=True), Unless("self_epochs", 0)] = 5.0

    @property
    def fit_diagnostics_(self) -> FitDiagnostics:
        """The stage and the epoch that were kept, see ``NeuralHasher``, and the groups of the documents."""
        values = {"stage": self.stage_, **super().fit_diagnostics_.values, **self.group_diagnostics_}
        if self.fine_labels_ is None or self.coarse_labels_ is None:
            return FitDiagnostics(values)
        groups = (Groups("coarse", self.coarse_labels_), Groups("fine", self.fine_labels_, self.owners_))
        return FitDiagnostics(values, groups)

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self.encoder_ = LatentEncoder(
            data.n_features, self.n_bits, kind=self.encoder, hidden=self.hidden, generator=generator
        )
        self.decoder_ = two_layers(self.n_bits, self.decoder_hidden, data.n_features, generator=generator)
        self.prototypes_: Prototypes | None = None
        if self.prior == "hierarchy":
            n_fine = min(self.n_fine, len(data))
            self.prototypes_ = Prototypes(
                n_fine,
                min(self.n_coarse, n_fine),
                self.n_bits,
                learnt=self.prototype_update == "grad_reinit",
                generator=generator,
            )

    def _loss(self, batch: Batch, step: Step, views: Views | None = None) -> Mapping[str, Term]:
        n = len(batch.rows)
        two = bool(self.coarse_weight or self.fine_weight)
        seen, target = self._seen(batch, 2 if two else 1, views, step.generator)
        mean, log_variance = self.encoder_(seen)
        z = gaussian_sample(mean, log_variance, step.generator)
        errors = ((self.decoder_(z[:n]) - target) ** 2).sum(dim=1)
        terms = {"reconstruction": Term(errors, self.vae_weight)}
        if self.prototypes_ is None:
            return {**terms, "kl": Term(gaussian_kl(mean, log_variance), self.vae_weight * self.kl_weight)}
        log_fine = self.prototypes_.log_fine(z, self.fine_temperature)
        relaxed, drawn = sample_labels(log_fine, self.gumbel_temperature, step.generator)
        s = drawn[:n]
        log_coarse = self.prototypes_.log_coarse(z[:n], s, self.coarse_temperature)
        y = sample_labels(log_coarse, self.gumbel_temperature, step.generator)[1]
        kl = prototype_kl(mean[:n], log_variance[:n], self.prototypes_.fine[s], self.prototype_variance)
        if self.cat_terms == "proto_nce":
            kl_fine, kl_coarse = self._drawn_group_terms(self.prototypes_, z[:n], s, y)
        else:
            kl_fine, kl_coarse = self._exact_group_terms(self.prototypes_, log_fine[:n], log_coarse, y)
        for name, divergence in (("kl", kl), ("kl_fine", kl_fine), ("kl_coarse", kl_coarse)):
            terms[name] = Term(divergence, self.vae_weight * self.kl_weight)
        if self.coarse_weight:
            terms |= self._coarse_terms(self.prototypes_, mean, y)
        if self.fine_weight:
            q_fine = relaxed if self.fine_probs == "gumbel" else log_fine.exp()
            fine = agreement_loss(q_fine[:n], q_fine[n:]) - self._information(q_fine[:n], q_fine[n:])
            terms["fine"] = Term(fine, self.fine_weight)
        return terms

    def _drawn_group_terms(
        self, prototypes: Prototypes, z: Tensor, s: Tensor, y: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the negative logarithms of the probabilities of s and y by cosine (equations 29 to 34).

        For unit vectors ``-|z - m|^2 / t = 2 z.m / t`` up to a constant, hence the half of a temperature; the
        paper's equation 30 has the factor 2 in the numerator only. z is not scaled in the term of s.
        """
        fine, coarse = prototypes.unit_fine(), prototypes.unit_coarse()
        anchors = fine[s] + normalize(z) if self.kl3_use_z else fine[s]
        return (
            cross_entropy(z @ fine.T / (self.fine_temperature / 2), s, reduction="none"),
            cross_entropy(anchors @ coarse.T / self.coarse_temperature, y, reduction="none"),
        )

    def _exact_group_terms(
        self, prototypes: Prototypes, log_fine: Tensor, log_coarse: Tensor, y: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return ``KL(q(s | z) || p(s | y))`` and ``KL(q(y | s, z) || p(y))`` with a uniform p(y).

        p(s | y) is taken as a constant, as in appendix A.4.
        """
        uniform = log_coarse.new_zeros(log_coarse.shape[1]).log_softmax(dim=0)
        of_coarse = prototypes.log_fine_of_coarse().detach()
        return categorical_kl(log_fine, of_coarse[y]), categorical_kl(log_coarse, uniform)

    def _coarse_terms(self, prototypes: Prototypes, mean: Tensor, y: Tensor) -> dict[str, Term]:
        if not self.split_negatives:
            return {"contrast": Term(plain_contrast(mean, self.temperature), self.coarse_weight)}
        different, same = split_contrast(mean, y, prototypes.coarse, self.temperature)
        return {
            "different": Term(different, self.coarse_weight),
            "same": Term(same, self.coarse_weight),
        }

    def _self_labelling_loss(
        self, batch: Batch, step: Step, views: Views | None = None
    ) -> Mapping[str, Term]:
        """Return the cross-entropy of second views with confident pseudo-labels of first ones (equation 23).

        The paper prints a minus sign before it. Pseudo-labels are the most probable groups given the means.
        """
        assert self.prototypes_ is not None
        n = len(batch.rows)
        seen, _ = self._seen(batch, 2, views, step.generator)
        first, second = self.encoder_(seen)[0].split(n)
        targets = self.prototypes_.log_groups(
            first, self.fine_target_temperature, self.coarse_target_temperature
        )
        predictions = self.prototypes_.log_groups(
            second, self.prediction_temperature, self.prediction_temperature
        )
        confidences = (self.fine_confidence, self.coarse_confidence)
        terms = {}
        for level, target, prediction, confidence in zip(
            LEVELS, targets, predictions, confidences, strict=True
        ):
            best, labels = target.max(dim=1)
            losses = self_label_loss(prediction, labels, best.exp() > confidence)
            terms[f"self_{level}"] = Term(losses, 0.5)
            if self.self_mi:
                information = self._information(target.exp(), prediction.exp())
                terms[f"information_{level}"] = Term(-information.expand(n), 0.5)
        return terms

    def _information(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the mean over two views of the mutual information of groups and documents, a scalar."""
        weight = self.entropy_weight
        return (mutual_information(first, weight) + mutual_information(second, weight)) / 2

    def _values(self, documents: Rows) -> Tensor:
        mean: Tensor = self.encoder_(self._vectors(documents))[0]
        return mean

    def _stages(self, data: TrainingData, views: Views | None, seed: int) -> Sequence[Stage]:
        plan = self._plan(seed)
        place = partial(self._place_prototypes, data, seed)
        train = Stage("training", partial(self._loss, views=views), plan, place)
        stages = [train]
        if self.prototype_update == "grad_reinit":
            warmup = replace(plan, epochs=self.warmup_epochs, patience=self.warmup_epochs)
            stages = [
                replace(train, name="warm-up", plan=warmup),
                replace(train, plan=replace(plan, seed=seed + 1)),
            ]
        if self.self_epochs:
            last = replace(
                plan,
                epochs=self.self_epochs,
                lr=self.self_lr,
                patience=self.self_patience,
                min_epochs=1,
                seed=seed + 2,
            )
            loss = partial(self._self_labelling_loss, views=views)
            stages.append(Stage("self-labelling", loss, last, lambda: None))
        return stages

    def _between_epochs(self, data: TrainingData, seed: int) -> None:
        if self.prototype_update == "kmeans_epoch":
            self._place_prototypes(data, seed)

    def _place_prototypes(self, data: TrainingData, seed: int) -> None:
        if self.prototypes_ is not None:
            self.prototypes_.cluster(self._all_values(data), seed)

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        if self.prototypes_ is None:
            return {}
        return self._describe_groups(self.prototypes_, self._values(sample))

    def _describe_groups(self, prototypes: Prototypes, z: Tensor) -> dict[str, float]:
        """Return the effective number of groups, and the fraction of documents above the confidence."""
        clean = prototypes.log_groups(z, self.fine_temperature, self.coarse_temperature)
        target = prototypes.log_groups(z, self.fine_target_temperature, self.coarse_target_temperature)
        confidences = (self.fine_confidence, self.coarse_confidence)
        found = {}
        for level, log_q, log_target, confidence in zip(LEVELS, clean, target, confidences, strict=True):
            found[f"effective_{level}"] = effective_number(log_q)
            confident = log_target.amax(dim=1).exp() > confidence
            found[f"confident_{level}"] = float(confident.float().mean())
        return found

    def _conclude(self, data: TrainingData) -> None:
        self.fine_labels_ = self.coarse_labels_ = self.owners_ = None
        self.group_diagnostics_: Mapping[str, float] = {}
        if self.prototypes_ is None:
            return
        with torch.inference_mode():
            z = torch.from_numpy(self._all_values(data)).to(self.prototypes_.fine.device)
            groups = self.prototypes_.log_groups(z, self.fine_temperature, self.coarse_temperature)
            self.fine_labels_, self.coarse_labels_ = (each.argmax(dim=1).cpu().numpy() for each in groups)
            self.owners_ = self.prototypes_.owners().cpu().numpy()
            self.group_diagnostics_ = self._describe_groups(self.prototypes_, z)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.prior == "gaussian" and (self.coarse_weight or self.fine_weight or self.self_epochs):
            raise HashbenchError(
                "a Gaussian prior has no groups: set coarse_weight, fine_weight and self_epochs to 0"
            )
