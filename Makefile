# One verb a job: setup, run, test, lint, format, bench, leaderboards, clean.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
PINNED_TORCH := torch==$(shell sed -n 's/^torch==//p' constraints.txt)

# On a Linux machine without an NVIDIA GPU only a CPU build will do, never gigabytes of CUDA.
ifeq ($(shell uname -sm)$(shell command -v nvidia-smi),Linux x86_64)
TORCH ?= $(PINNED_TORCH)+cpu
else
TORCH ?= $(PINNED_TORCH)
endif

LEADERBOARDS := docstrings,reuters,20newsgroups,20newsgroups-bydate,tmc
DENSE := docstrings
CLASSICAL := random,cosine,lsh,pcah,itq,sph,sth,bre,shttm,bre-s
GENERATIVE := vdsh*,nash*,gmsh*,bmsh*,vdsh@validated,nash*@validated,gmsh@validated,bmsh@validated
DENSE_METHODS := random,cosine,lsh,itq,vdsh,nash,bmsh,vdsh@validated,nash@validated,bmsh@validated
EQUAL_MEMORY := sign,median,pca-sign,truncate-sign,pq,opq
SECOND_PAPER := wish,corrsh,ammi,pairrec,snuh,smash
HIERHASH := hierhash,hierhash-base,hierhash-hier,hierhash-con
HIERHASH_VALIDATED := hierhash@validated,hierhash-base@validated,hierhash-hier@validated,hierhash-con@validated
PUBLISHED := lsh@published,pcah@published,itq@published,sph@published,sth@published,bre*@published,shttm@published,ksh@published,srbm@published,vdsh*@published,nash*@published,gmsh*@published,bmsh*@published

.PHONY: setup run test lint format bench leaderboards clean

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@echo "Installing hashbench and what it needs into $(VENV) ..."
	@$(PIP) "$(TORCH)" || { \
	  echo "No $(TORCH) on your package index. Name PyTorch's CPU index (pytorch.org, Get Started)"; \
	  echo "in PIP_EXTRA_INDEX_URL, or take what your index has: make setup TORCH=$(PINNED_TORCH)"; exit 1; }
	@$(PIP) -e ".[dev]"
	@touch $@

run: setup
	$(BIN)/hashbench run

test: setup lint
	$(BIN)/pytest -n 2 -m "slow or not slow"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python benchmarks/evaluation.py
	$(BIN)/python benchmarks/asymmetric.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/hierarchical.py

# Takes hours, and goes on where it was stopped. Needs the corpora in the data home:
# hashbench data fetch reuters 20newsgroups 20newsgroups-bydate tmc
# To include DBpedia, pass DENSE=docstrings,dbpedia.
leaderboards: setup
	$(BIN)/hashbench run --out leaderboards/results --datasets $(LEADERBOARDS) --methods '$(CLASSICAL),$(GENERATIVE)'
	$(BIN)/hashbench run --out leaderboards/results --datasets $(DENSE) --featurizers lsa \
	  --methods '$(DENSE_METHODS),$(HIERHASH),$(HIERHASH_VALIDATED),$(EQUAL_MEMORY),micpq'
	$(BIN)/hashbench run --out leaderboards/results --datasets $(LEADERBOARDS) --methods '$(SECOND_PAPER),simhash'
	$(BIN)/hashbench run --out leaderboards/results --datasets reuters,20newsgroups,tmc --methods '$(PUBLISHED)' --seeds 1
	$(BIN)/hashbench merge leaderboards/results --out leaderboards/results
	$(BIN)/hashbench leaderboard --results leaderboards/results --out leaderboards
	$(BIN)/python -m tests.readme

clean:
	rm -rf $(VENV) build dist
