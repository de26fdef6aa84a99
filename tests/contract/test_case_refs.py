"""Case references: a slip of the finger is caught, never answered with "no such case"."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.ids import CaseRef, PersonRef, case_ref_from, person_ref_from

SYMBOLS = "0123456789abcdefghjkmnpqrstvwxyz"
CASE_REF: TypeAdapter[str] = TypeAdapter(CaseRef)
PERSON_REF: TypeAdapter[str] = TypeAdapter(PersonRef)
REFS = [case_ref_from(bytes([number])) for number in range(40)]


def passes(case_ref: str) -> bool:
    try:
        CASE_REF.validate_python(case_ref)
    except ValidationError:
        return False
    return True


@given(st.binary(min_size=10, max_size=32))
def test_every_reference_that_is_made_passes_its_own_check(entropy: bytes) -> None:
    assert passes(case_ref_from(entropy))
    assert PERSON_REF.validate_python(person_ref_from(entropy)).startswith("p-")


@pytest.mark.parametrize("case_ref", REFS[:8])
def test_every_single_wrong_symbol_is_caught(case_ref: str) -> None:
    assert passes(case_ref)
    for place, right in enumerate(case_ref):
        for wrong in set(SYMBOLS) - {right} if right != "-" else ():
            assert not passes(case_ref[:place] + wrong + case_ref[place + 1 :]), (place, wrong)


def test_every_swap_of_neighbours_is_caught_but_0_with_z() -> None:
    missed, tried = set(), 0
    for case_ref in REFS:
        symbols = case_ref.replace("-", "")
        for place, (left, right) in enumerate(itertools.pairwise(symbols)):
            if left != right:
                tried += 1
                swapped = symbols[:place] + right + left + symbols[place + 2 :]
                if passes("-".join(swapped[i : i + 4] for i in range(0, 16, 4))):
                    missed.add(frozenset((left, right)))
    assert tried > 500
    assert missed <= {frozenset("0z")}


@pytest.mark.parametrize(
    "wrong", ["", "7k3q", REFS[0].upper(), REFS[0].replace("-", ""), REFS[0] + "\n", " " + REFS[0]]
)
def test_a_reference_has_one_way_of_being_written(wrong: str) -> None:
    assert not passes(wrong)


def test_references_use_no_symbol_that_is_easily_read_as_another() -> None:
    assert not set("ilou") & set("".join(REFS))


def test_a_reference_says_nothing_about_what_it_was_made_from() -> None:
    assert len({case_ref_from(bytes(9) + bytes([number])) for number in range(200)}) == 200
