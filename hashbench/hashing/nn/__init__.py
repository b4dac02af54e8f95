"""Building blocks of neural hashers. Importing one of these modules loads torch, importing this does not.

A neural hasher is a dataclass derived from ``NeuralHasher``: its fields are its parameters, and it writes
what its modules are, what a batch costs, and what its bits are cut from. A complete autoencoder::

    from dataclasses import dataclass
    from hashbench.hashing.nn.decoder import WordDecoder, reconstruction_target
    from hashbench.hashing.nn.hasher import NeuralHasher
    from hashbench.hashing.nn.layers import Encoder
    from hashbench.hashing.nn.trainer import Term

    @dataclass(eq=False, repr=False)
    class Autoencoder(NeuralHasher):
        hidden: int = 500
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

* ``batches``: documents as tensors, never documents x words; word dropout
* ``layers``: a first layer for sparse documents, encoders with named heads, dropout from a generator
* ``decoder``: log-linear softmax over words with its loss from the words that occur, Gaussian for vectors
* ``sampling``: straight-through bits, Gaussian samples, latent noise
* ``divergences``: Kullback-Leibler terms in closed form
* ``labels``: a classifier on the code, for single and multiple labels
* ``schedules``: ramps and decays in documents seen
* ``trainer`` and ``selection``: the training loop, and the epoch with the best validation documents
* ``hasher``: ``NeuralHasher``, all of a hasher but its modules and its loss
"""
