"""The RateCard: what tokens and GPU-hours cost inside the house, in the billing currency.

As in the other kinds, fields have snake_case names in Python and the YAML names in documents.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from exporter.documents.currencies import CODE_WORDS, currency_code
from exporter.documents.faults import faults_of, shown
from exporter.documents.fields import (
    LIST,
    NAMESPACE,
    Document,
    Expectation,
    Text,
    number,
    printable,
    yaml_name,
)

#: The glob of all models; the card must have it, so that no row is without a price.
ANY_MODEL = "*"

CURRENCY = Expectation(CODE_WORDS, lambda value: currency_code(printable(value)))
#: Counted in 1e-9 it fits in 64 bits; times a quantity of 9 digits the cost is whole at 18.
_PRICE = number(minimum=0, maximum=10**9, digits=9)
_EXPECTED = f"expected {_PRICE.words}"
Price = Annotated[Decimal, _PRICE]


class Coherent(Document):
    """A part whose fields must fit together; one error says what is wrong in and between them."""

    @classmethod
    @abstractmethod
    def disagreements(cls, given: Mapping[str, object]) -> Iterator[str]:
        """Faults between the fields, as given by their YAML names; their values may be wrong."""

    @model_validator(mode="wrap")
    @classmethod
    def _check_together(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        try:
            made, faults = handler(data), list[str]()
        except ValidationError as error:
            made, faults = None, list(faults_of(error, cls))
        faults += cls.disagreements(_given(cls, data))
        if faults or made is None:
            raise PydanticCustomError("inconsistent", "{faults}", {"faults": faults})
        return made


def _given(part: type[Document], data: Mapping[str, object]) -> Mapping[str, object]:
    """The fields that have a value, by their YAML names."""
    known = {field: yaml_name(field) for field in part.model_fields}
    return {known.get(key, key): value for key, value in data.items() if value is not None}


class RateCardModel(Coherent):
    """What a million tokens of the models that a glob matches cost, in one price or in two."""

    model: Text  # glob, capitals matter
    list_per_million_tokens: Price | None = None
    input_per_million: Price | None = None
    output_per_million: Price | None = None

    @property
    def priced_apart(self) -> bool:
        """Whether input and output tokens have prices of their own."""
        return self.list_per_million_tokens is None

    @classmethod
    def disagreements(cls, given: Mapping[str, object]) -> Iterator[str]:
        whole, halves = "listPerMillionTokens", ("inputPerMillion", "outputPerMillion")
        present = [name for name in halves if name in given]
        missing = [name for name in halves if name not in given]
        if whole in given and present:
            yield f"{whole}: is given besides {' and '.join(present)}, keep the one or the other"
        elif whole not in given and not present:
            yield f"{whole}: is required, or {' and '.join(missing)} instead, {_EXPECTED}"
        elif present and missing:
            yield f"{missing[0]}: is required, since {present[0]} is given, {_EXPECTED}"


class Contract(Coherent):
    """What a namespace pays instead of the list price: so many percent less, or a price."""

    namespace: Annotated[str, NAMESPACE]
    discount_percent: Annotated[Decimal, number(minimum=0, maximum=100)] | None = None
    per_million_tokens: Price | None = None

    @classmethod
    def disagreements(cls, given: Mapping[str, object]) -> Iterator[str]:
        discount, price = "discountPercent", "perMillionTokens"
        if discount in given and price in given:
            yield f"{discount}: is given besides {price}, keep one of them"
        elif discount not in given and price not in given:
            yield f"{discount}: is required, or {price} instead"


class RateCard(Coherent):
    """Internal prices: per million tokens by model, per GPU-hour where there are no tokens."""

    currency: Annotated[str, CURRENCY]
    models: Annotated[tuple[RateCardModel, ...], LIST]  # the first that matches applies
    gpu_hour: Price
    contracts: Annotated[tuple[Contract, ...], LIST] = ()

    @classmethod
    def disagreements(cls, given: Mapping[str, object]) -> Iterator[str]:
        yield from _glob_faults(_column(given.get("models"), "model"))
        yield from _repeated(
            "contracts", "namespace", _column(given.get("contracts"), "namespace") or ()
        )


def _column(items: object, field: str) -> Sequence[object] | None:
    """The field of each item of a list, null where an item has none; null if it is no list."""
    if not isinstance(items, list | tuple):
        return None
    return [
        item.get(field) if isinstance(item, dict) else getattr(item, field, None) for item in items
    ]


def _glob_faults(globs: Sequence[object] | None) -> Iterator[str]:
    """Models that have no price, and entries that no model comes to."""
    if globs is None:
        return
    yield from _repeated("models", "model", globs)
    if ANY_MODEL in globs:
        end = globs.index(ANY_MODEL)
        known = {glob for glob in globs[: end + 1] if isinstance(glob, str)}
        for index, glob in enumerate(globs):
            if index > end and isinstance(glob, str) and glob not in known:
                known.add(glob)
                yield (
                    f"models[{index}].model: {shown(glob)} can never match, since "
                    f'models[{end}] is "{ANY_MODEL}", move it before that'
                )
    elif all(isinstance(glob, str) for glob in globs):  # else it may be one with a fault
        yield f'models: no entry is for the model "{ANY_MODEL}", add one as the last'


def _repeated(items: str, field: str, values: Sequence[object]) -> Iterator[str]:
    firsts: dict[str, int] = {}
    for index, value in enumerate(values):
        first = firsts.setdefault(value, index) if isinstance(value, str) else index
        if first < index:
            yield (
                f"{items}[{index}].{field}: {shown(value)} is given already in {items}[{first}], "
                "keep one"
            )
