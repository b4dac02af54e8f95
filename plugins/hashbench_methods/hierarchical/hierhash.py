"""HierHash: generative hashing with a two-level hierarchy of prototypes as the prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from hashbench_methods.hierarchical.coarse_loss import CoarseLoss
from hashbench_methods.hierarchical.fine_loss import FineLoss
from hashbench_methods.hierarchical.groups import DocumentGroups, describe_groups, draw_groups
from hashbench_methods.hierarchical.networks import LatentEncoder, two_layers
from hashbench_methods.hierarchical.parameters import HierHashParameters
from hashbench_methods.hierarchical.prototypes import Prototypes
from hashbench_methods.hierarchical.self_labelling import SelfLabelling
from hashbench_methods.hierarchical.stages import train_in_stages
from hashbench_methods.hierarchical.training import latent_means, set_prototypes, training_stages
from hashbench_methods.hierarchical.vae_loss import HierarchicalVaeLoss
from hashbench_methods.hierarchical.views import check_vectors, dense_vectors, seen
from torch import Tensor, nn

from hashbench.hashing.fit_diagnostics import FitDiagnostics
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import gaussian_kl
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Measurement, Step, Term
from hashbench.hashing.nn.views import Views, checked_views
from hashbench.hashing.projection import Matrix


@dataclass(eq=False, repr=False)
class HierHash(HierHashParameters):
    """Prototype-induced hierarchical generative hashing (Zhang, Su, Chen and Song 2024).

    A variational autoencoder of dense document vectors x with ``q(z | x) = N(mu, diag(sigma^2))``. The prior
    of z is centred at one of K fine prototypes, each of which belongs to one of M coarse ones. The groups s
    and y of a document, drawn from ``q(s | z)`` and ``q(y | s, z)``, decide which documents of a batch are
    negatives of the contrastive losses. Bits are the signs of mu. The loss is

        w_vae (|x - x'|^2 + w_kl (KL_z + KL_s + KL_y)) + alpha (L_diff + L_same) + beta L_fine

    see ``HierarchicalVaeLoss``, ``CoarseLoss`` and ``FineLoss``; in a last stage it is L_self, see
    ``SelfLabelling``. Without ``views`` from a featurizer the two views of a document are its vector with
    dropout, anew in every step, and the whole vector is reconstructed. Vectors need about the norm of BERT's
    [CLS] vectors. M is a parameter, since the number of classes is information from the labels.

    Attributes:
        stage_: name of the stage whose weights are kept, see ``training_stages``.
        prototypes_: a ``Prototypes``; None with a Gaussian prior.
        groups_: the ``DocumentGroups`` of the training documents; None with a Gaussian prior.
    """

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        n_fine, width = min(self.n_fine, len(data)), data.n_features
        self.encoder_ = LatentEncoder(width, self.n_bits, self.encoder, self.hidden, generator=generator)
        self.decoder_ = two_layers(self.n_bits, self.decoder_hidden, width, generator=generator)
        self.prototypes_: Prototypes | None = None
        if self.prior == "hierarchy":
            self.prototypes_ = prototypes = Prototypes(
                n_fine,
                min(self.n_coarse, n_fine),
                self.n_bits,
                learnt=self.prototype_update == "grad_reinit",
                variance=self.prototype_variance,
                learnt_variance=self.learnt_variance,
                start=self.kmeans_start,
                generator=generator,
            )
            taus = self.fine_temperature, self.coarse_temperature
            self.vae_loss_ = HierarchicalVaeLoss(prototypes, *taus, self.unit_z)
            self.coarse_loss_ = CoarseLoss(prototypes, self.temperature, self.split_negatives)
            self.fine_loss_ = FineLoss(self.entropy_weight)
            self.self_labelling_ = SelfLabelling.of(self, prototypes)

    def _loss(self, batch: Batch, step: Step, views: Views | None = None) -> Mapping[str, Term]:
        n, n_views = len(batch.rows), 2 if self.coarse_weight or self.fine_weight else 1
        x, target = seen(batch, n_views, views, self.norm, self.view_dropout, step.generator)
        mean, log_variance = self.encoder_(x)
        z = gaussian_sample(mean, log_variance, step.generator)
        error = ((self.decoder_(z[:n]) - target) ** 2).sum(dim=1)
        terms = {"reconstruction": Term(error, self.vae_weight)}
        kl_weight = self.vae_weight * self.kl_weight
        if self.prototypes_ is None:
            return {**terms, "kl": Term(gaussian_kl(mean, log_variance), kl_weight)}
        taus = self.fine_temperature, self.coarse_temperature, self.gumbel_temperature
        groups = draw_groups(self.prototypes_, z, n, *taus, step.generator)
        divergences = self.vae_loss_(mean[:n], log_variance[:n], z[:n], groups.s, groups.y)
        terms |= {name: Term(values, kl_weight) for name, values in divergences.items()}
        if self.coarse_weight:
            contrasts = self.coarse_loss_(z if self.contrast_on == "sample" else mean, groups.y)
            terms |= {name: Term(values, self.coarse_weight) for name, values in contrasts.items()}
        if self.fine_weight:
            q = groups.relaxed if self.fine_probs == "gumbel" else groups.log_fine.exp()
            terms["fine"] = Term(self.fine_loss_(q[:n], q[n:]), self.fine_weight)
        return terms

    def _self_labelling_loss(
        self, batch: Batch, step: Step, views: Views | None = None
    ) -> Mapping[str, Term]:
        x, _ = seen(batch, 2, views, self.norm, self.view_dropout, step.generator)
        return self.self_labelling_(*self.encoder_(x)[0].split(len(batch.rows)))

    def _values(self, documents: Rows) -> Tensor:
        mean: Tensor = self.encoder_(dense_vectors(documents, self.norm))[0]
        return mean

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
        *,
        views: Views | None = None,
    ) -> None:
        views = checked_views(views, (len(data), 2, self.n_features_in_), self.words_)
        loss = partial(self._loss, views=views)
        last_loss = partial(self._self_labelling_loss, views=views)
        place = partial(set_prototypes, self.prototypes_, self._values, data, seed)
        stages = training_stages(self, self._plan(seed), loss, last_loss, place)
        self.history_, self.stage_, self.kept_epoch_ = train_in_stages(
            network, data, stages, measure, adjust, keep=self.keep_stage
        )
        self.groups_: DocumentGroups | None = None
        if self.prototypes_ is not None:
            taus = self.fine_temperature, self.coarse_temperature
            means = latent_means(self._values, data)
            self.groups_ = DocumentGroups.of(self.prototypes_, means, *taus, self.self_labelling_)

    def _choose_features(self, X: Matrix) -> Matrix:
        X = super()._choose_features(X)
        check_vectors(X, self.norm, type(self).__name__)
        return X

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        if self.prototypes_ is None:
            return {}
        taus = self.fine_temperature, self.coarse_temperature
        return describe_groups(self.prototypes_, self._values(sample), *taus, self.self_labelling_)

    @property
    def fit_diagnostics_(self) -> FitDiagnostics:
        """The stage and the epoch that were kept, see ``NeuralHasher``, and the groups of the documents."""
        values = {"stage": self.stage_, **super().fit_diagnostics_.values}
        if self.groups_ is None:
            return FitDiagnostics(values)
        return FitDiagnostics({**values, **self.groups_.diagnostics}, self.groups_.reported())
