"""BLEU of what a network says: by hand, and what is asked of the network."""

import math

import pytest
import torch

from ddspec.vocabulary.measures.bleu import Bleu, greedy

LENGTH, TOKENS, BEGIN, END = 6, 12, 1, 2


def observed(say, targets):
    """A network that says, of a source and the tokens before, one token more at each place."""
    targets = torch.tensor(targets)
    source = torch.arange(3, 3 + len(targets))[:, None].expand(-1, LENGTH).double()
    moved = torch.full((len(targets), LENGTH), 11.0).double()  # wrong: it must not be looked at
    moved[:, 0] = BEGIN

    class Model:
        inputs = torch.cat([source, moved], dim=1)
        counts = torch.ones(len(targets), dtype=torch.float64)

        def __call__(self, inputs):
            scores = torch.zeros(len(inputs), LENGTH, TOKENS)
            for row, one in enumerate(inputs.long().tolist()):
                for place in range(LENGTH):
                    before = one[LENGTH : LENGTH + place + 1]
                    scores[row, place, say(one[0], before)] = 1
            return scores.flatten(1)

    Model.targets = targets
    return Model()


def sentence(*tokens):
    return [*tokens, END, *(-1 for _ in range(LENGTH - 1 - len(tokens)))]


def known(translations):
    """Says a sentence of each source, as long as it heard what it said itself."""

    def say(source, before):
        tokens = [BEGIN, *translations[source], END]
        place = len(before)
        return tokens[place] if before == tokens[:place] and place < len(tokens) else 0

    return say


def test_what_is_said_is_heard_again():
    model = observed(known({3: (5, 6, 7), 4: (8,)}), [sentence(5, 6, 7), sentence(8)])
    assert greedy(model).tolist() == [[5, 6, 7, END, 0, 0], [8, END, 0, 0, 0, 0]]


def test_saying_all_that_was_wanted_scores_a_hundred():
    wanted = {3: (5, 6, 7, 8), 4: (8, 9, 8, 9, 5)}
    model = observed(known(wanted), [sentence(*tokens) for tokens in wanted.values()])
    assert float(Bleu().value(model)) == pytest.approx(100)


def test_runs_in_common_are_counted_over_all_sentences():
    """Of one token 4 of 5 and 2 of 4, of two 3 of 4 and 1 of 3, and so on."""
    said = {3: (5, 6, 7, 8, 9), 4: (5, 6, 9, 10)}
    wanted = [sentence(5, 6, 7, 8, 10), sentence(5, 6, 11, 3, 4)]
    score = float(Bleu().value(observed(known(said), wanted)))
    shares = (4 + 2) / 9, (3 + 1) / 7, (2 + 0) / 5, (1 + 0) / 3
    brevity = math.exp(1 - 10 / 9)
    expected = 100 * brevity * math.exp(sum(map(math.log, shares)) / 4)
    assert score == pytest.approx(expected)


def test_it_is_asked_of_one_model_at_a_time():
    assert Bleu.alone
    assert Bleu().use == "test"
    assert Bleu(samples=7).cap == 7
