"""The featurizers that come with hashbench. Importing this loads nothing heavy."""

from __future__ import annotations

from hashbench.specs import Citation, FeaturizerSpec

_WEIGHTS = Citation(
    "Salton and Buckley",
    "Term-weighting approaches in automatic text retrieval",
    "Information Processing & Management",
    1988,
)
_VECTOR_SPACE = Citation(
    "Salton, Wong and Yang",
    "A vector space model for automatic indexing",
    "Communications of the ACM",
    1975,
)

FEATURIZERS = [
    FeaturizerSpec(
        "tfidf",
        "hashbench.features.tfidf:Tfidf",
        "L2-normalised sublinear tf-idf of at most 10,000 terms",
        accepts=("text", "counts"),
        introduced={"power": 1.0},
        citation=_WEIGHTS,
        licence="MIT",
    ),
    FeaturizerSpec(
        "counts",
        "hashbench.features.counts:Counts",
        "Counts of at most 10,000 terms",
        accepts=("text", "counts"),
        citation=_VECTOR_SPACE,
        licence="MIT",
    ),
    FeaturizerSpec(
        "binary",
        "hashbench.features.binary:Binary",
        "1 for each of at most 10,000 terms that occurs",
        accepts=("text", "counts"),
        citation=_WEIGHTS,
        licence="MIT",
    ),
    FeaturizerSpec(
        "bm25",
        "hashbench.features.bm25:Bm25",
        "BM25 weights of at most 10,000 terms, k1 = 1.2 and b = 0.75",
        accepts=("text", "counts"),
        citation=Citation(
            "Robertson and Zaragoza",
            "The Probabilistic Relevance Framework: BM25 and Beyond",
            "Foundations and Trends in Information Retrieval",
            2009,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "lsa",
        "hashbench.features.lsa:Lsa",
        "256 leading singular directions of tf-idf, rows of norm 15",
        accepts=("text", "counts"),
        introduced={"power": 1.0},
        citation=Citation(
            "Deerwester, Dumais, Furnas, Landauer and Harshman",
            "Indexing by Latent Semantic Analysis",
            "Journal of the American Society for Information Science",
            1990,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "lda",
        "hashbench.features.lda:Lda",
        "Proportions of 100 topics of latent Dirichlet allocation",
        accepts=("text", "counts"),
        citation=Citation(
            "Blei, Ng and Jordan",
            "Latent Dirichlet Allocation",
            "Journal of Machine Learning Research",
            2003,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "doc2vec",
        "hashbench.features.doc2vec:Doc2Vec",
        "Paragraph vectors of 256 dimensions",
        citation=Citation(
            "Le and Mikolov", "Distributed Representations of Sentences and Documents", "ICML", 2014
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "sentence",
        "hashbench.features.sentence:Sentence",
        "Vectors of a pretrained sentence encoder, rows of norm 15; needs hashbench[sentence]",
        provides=("views",),
        citation=Citation(
            "Reimers and Gurevych",
            "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
            "EMNLP-IJCNLP",
            2019,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "tokens",
        "hashbench.features.tokens:Tokens",
        "Vectors of the first 51 tokens from a pretrained sentence encoder; needs hashbench[sentence]",
        citation=Citation(
            "Reimers and Gurevych",
            "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
            "EMNLP-IJCNLP",
            2019,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "simcse",
        "hashbench.features.simcse:SimCSE",
        "[CLS] vectors of BERT fine-tuned on the training texts; needs hashbench[sentence]",
        provides=("views",),
        citation=Citation(
            "Gao, Yao and Chen",
            "SimCSE: Simple Contrastive Learning of Sentence Embeddings",
            "EMNLP",
            2021,
        ),
        licence="MIT",
    ),
    FeaturizerSpec(
        "given",
        "hashbench.features.given:Given",
        "The vectors that a corpus without texts or counts was published as, unchanged",
        accepts=("vectors",),
        licence="MIT",
    ),
]
