"""Refusals that follow from types: of calls that differ for some, and of integers that may overflow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from emberlake.sail import arithmetic, joinorder, sqlshape
from emberlake.sail.calls import OWN_FUNCTION, TIMES, Call, differing, is_compared, known_differing
from emberlake.sail.inference import OPERATORS, names_of
from emberlake.sail.refusal import RefusedError
from emberlake.sail.rules import ARITHMETIC, Columns, Rules, check_finding, check_names
from emberlake.sail.sqlmend import Mended, Names, applied
from emberlake.sail.sqlshape import Shape
from emberlake.sail.verified import Verdict
from emberlake.sail.wire import Edit, Node

_CASTS = ("cast:", "try_cast:")
_OPERATORS = frozenset({*OPERATORS.values(), "<>", "coalesce", "if", "ifnull", "nvl", "when"})


def check_plan(
    relations: list[Node], edits: Mapping[int, Edit], rules: Rules, columns: Columns
) -> Mapping[int, Edit]:
    """What is replaced in a plan, with `edits` that were found before.

    Raises RefusedError for the first expression or union in the relations that may not pass.
    """
    strict = rules.engine == "Auto"
    shape = _shape(lambda: arithmetic.shape(relations, columns, edits, strict=strict), rules)
    _check_shape(shape, rules)
    return shape.edits or edits


def check_query(text: str, rules: Rules, columns: Columns, names: Names) -> str:
    """The same for a query in SQL; the text with what is mended in it. `names`: those of its columns."""
    try:
        tree = sqlshape.parsed(text)
    except RefusedError:
        if rules.engine == "Auto":
            raise
        return text
    columns.look_up(sqlshape.tables(tree))
    ordered = joinorder.ordered(text, tree, columns.table, columns.sizes)
    if ordered != text:
        tree = sqlshape.parsed(ordered)
    strict = rules.engine == "Auto"
    shape = _shape(lambda: sqlshape.query(ordered, tree, columns.table, strict=strict), rules)
    _check_shape(shape, rules)
    return mended(ordered, shape.mended, names, rules)


def mended(text: str, mends: Sequence[Mended], names: Names, rules: Rules) -> str:
    """The text with the mends. On Sail integers may be left that wrap around, which Auto hands over."""
    try:
        return applied(text, mends, names)
    except RefusedError:
        needed = [(node, mend) for node, mend in mends if not mend.optional]
        if rules.engine == "Auto" or len(needed) == len(mends):
            raise
        return applied(text, needed, names)


def _shape(read: Callable[[], Shape], rules: Rules) -> Shape:
    """What is read of the plan. What cannot be read has no known types: Sail runs it, Auto does not.

    What cannot be read and is known to differ passes on neither.
    """
    try:
        return read()
    except RefusedError as error:
        if rules.engine == "Auto" or _differs(error, rules):
            raise
        return Shape()


def _differs(error: RefusedError, rules: Rules) -> bool:
    return rules.verified.feature(error.refusal.feature).verdict is Verdict.DIFFERS


def _check_shape(shape: Shape, rules: Rules) -> None:
    """Refuse what is not known to be the same, and with Auto integers that may overflow."""
    for error in shape.unread:
        if rules.engine == "Auto" or _differs(error, rules):
            raise error
    if shape.refused:
        raise shape.refused[0]
    if rules.engine == "Sail":
        _check_known_calls(shape, rules)
        return
    check_names({*shape.functions, *_found_names(shape.calls)}, shape.features, rules)
    told = {call.name for call in shape.calls}
    told.update(name for node, _ in shape.mended for name in names_of(node))
    _check_own_functions(shape, rules)
    for call in sorted(shape.calls, key=str) + [Call(name) for name in sorted(shape.functions - told)]:
        if call.name not in rules.own and (apart := differing(call, rules.verified)):
            check_finding(*apart, rules)
        _check_compared(call, rules)
    if shape.doubts:
        raise RefusedError("overflow", f"Sail does not tell when an integer overflows: {shape.doubts[0]}")


def _check_compared(call: Call, rules: Rules) -> None:
    """Refuse a function with arguments of kinds that nobody compared; operators have rules of their own."""
    if call.name not in rules.own | _OPERATORS and not is_compared(call, rules.verified):
        kinds = ", ".join(str(kind) for kind in call.signature or ())
        raise RefusedError(call.name, f"{call.name}({kinds}) has not been compared with Spark")


def _check_own_functions(shape: Shape, rules: Rules) -> None:
    """A function of the script is given a timestamp in another way."""
    name = "udf.python:timestamp"
    finding = rules.verified.feature(name)
    own = [call for call in shape.calls if call.name in rules.own | {OWN_FUNCTION}]
    times = TIMES if rules.engine == "Auto" else {"timestamp", "timestamp_ntz"}
    if finding.verdict is Verdict.DIFFERS and any(
        times & set((None,) if call.signature is None else call.signature) for call in own
    ):
        check_finding(name, finding, rules)


def _check_known_calls(shape: Shape, rules: Rules) -> None:
    """Refuse the clauses that give another result, and the casts and calls that do for their types."""
    # of a union the values are Spark's whatever its types
    for name in sorted(shape.features - {"sql.union"}):
        check_finding(name, rules.verified.feature(name), rules)
    for name in sorted(shape.functions):
        if name.startswith(_CASTS):
            # only this one of the types of intervals was compared
            compared = name.replace("interval", "interval day to second")
            check_finding(name, rules.verified.function(compared), rules)
    _check_own_functions(shape, rules)
    for call in sorted(shape.calls, key=str):
        if call.name not in rules.own and (apart := known_differing(call, rules.verified)):
            check_finding(*apart, rules)


def _found_names(calls: Iterable[Call]) -> set[str]:
    """Operators of arithmetic, whose names stand in no list of functions."""
    return {call.name for call in calls} & ARITHMETIC
