from hashbench.testing import parametrize_with_checks

from hashbench_group_pairs.hasher import GroupPairs


@parametrize_with_checks(["group-pairs"])
def test_it_keeps_the_contract_of_hashers(hasher, check):
    check(hasher)


def test_every_bit_splits_the_training_documents_in_halves():
    from hashbench.testing.toy_corpus import planted_corpus

    X = planted_corpus().X
    codes = GroupPairs(n_bits=16, random_state=0).fit(X).transform(X)
    assert abs(codes.mean(axis=0) - 0.5).max() < 0.05
