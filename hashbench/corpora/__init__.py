"""The corpora that come with hashbench, one folder each: spec, files and loader.

The ``__init__`` module of a folder has the spec, with the files that it declares, and imports nothing heavy;
the loader is in the module beside it. What several loaders share is in ``hashbench.data``.
"""

from __future__ import annotations

from hashbench.corpora.agnews import AGNEWS
from hashbench.corpora.dbpedia import DBPEDIA
from hashbench.corpora.dbpedia14 import DBPEDIA14
from hashbench.corpora.docstrings import DOCSTRINGS
from hashbench.corpora.mat import MAT
from hashbench.corpora.newsgroups import NEWSGROUPS, NEWSGROUPS_BYDATE
from hashbench.corpora.nyt import NYT
from hashbench.corpora.rcv1 import RCV1
from hashbench.corpora.reuters import REUTERS
from hashbench.corpora.tmc import TMC

DATASETS = [
    DOCSTRINGS,
    REUTERS,
    NEWSGROUPS,
    NEWSGROUPS_BYDATE,
    TMC,
    AGNEWS,
    DBPEDIA,
    DBPEDIA14,
    NYT,
    RCV1,
    MAT,
]
