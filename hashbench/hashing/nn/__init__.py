"""Building blocks of neural hashers. Importing one of these modules loads torch, importing this does not.

A neural hasher is a dataclass derived from ``NeuralHasher``. Its fields are its parameters, each with its
range. It builds its modules, computes the loss of a batch, and returns the values that its bits are
thresholded from. A complete autoencoder::

    from dataclasses import dataclass
    from typing import Annotated

    from hashbench.hashing.nn.decoder import WordDecoder, reconstruction_target
    from hashbench.hashing.nn.hasher import NeuralHasher
    from hashbench.hashing.nn.layers import Encoder
    from hashbench.hashing.nn.trainer import Term
    from hashbench.ranges import Whole

    @dataclass(eq=False, repr=False)
    class Autoencoder(NeuralHasher):
        hidden: Annotated[int, Whole(1)] = 500
        threshold: str = "median"

        def _build(self, data, generator):
            heads = {"code": self.n_bits}
            self.encoder_ = Encoder(data.n_features, heads, hidden=self.hidden, generator=generator)
            self.decoder_ = WordDecoder(data.document_shares(), self.n_bits, generator=generator)

        def _loss(self, batch, step):
            code = self.encoder_(batch.documents, step.generator)["code"]
            target = reconstruction_target(batch.documents, "binary")
            return {"reconstruction": Term(self.decoder_.loss(code, target))}

        def _values(self, documents):
            return self.encoder_(documents)["code"]

* ``batches``: sparse documents as tensors, without a dense matrix of documents x terms; dropout of terms
* ``layers``: a linear layer for sparse documents, encoders with named heads, batch normalisation, dropout
* ``decoder``: log-linear softmax over terms, with a loss computed from the terms that occur; Gaussian decoder
* ``random_values``: noise that is the same on every device; ``step.generator`` is on the CPU
* ``sampling``: bits with the straight-through estimator, Gaussian samples, latent noise
* ``divergences``: Kullback-Leibler divergences in closed form
* ``labels``: a classifier on the latent code, for single and multiple labels
* ``schedules``: warm-up and decay in documents seen
* ``options``: the parameters of training
* ``trainer``: the training loop
* ``epoch_selection``: the validation precision that selects the epoch
* ``hasher``: ``NeuralHasher``, everything but the modules and the loss
* ``reconstruction``: ``ReconstructingHasher``, a neural hasher with an encoder and a decoder of the documents
"""
