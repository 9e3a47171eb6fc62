"""The Cost and Usage columns of FOCUS 1.0 to 1.4, one line each, in alphabetical order.

Facts (type, nullability, versions, deprecation) are those of the column pages of the FOCUS
specification, tags v1.0 to v1.2, and of the official models 1.3 and 1.4. The sentences are ours.
"""

from __future__ import annotations

from exporter.focus.allowed_values import ALLOWED_VALUES
from exporter.focus.column import Column, ColumnType

FOCUS_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")

# name, type, may be null, first and last version that defines it so, meaning
_TABLE = """
AllocatedMethodDetails     json     null  1.3-1.4  How a shared charge was split, with its ratios.
AllocatedMethodId          string   null  1.3-1.4  The documented method that split the charge.
AllocatedResourceId        string   null  1.3-1.4  The resource a shared charge was split to.
AllocatedResourceName      string   null  1.3-1.4  Display name of that resource.
AllocatedTags              json     null  1.3-1.4  Tags of that resource.
AvailabilityZone           string   null  1.0-1.4  Zone inside the region, null if not in one.
BilledCost                 decimal  never 1.0-1.4  What the account is charged.
BillingAccountId           string   never 1.0-1.4  Who is charged.
BillingAccountName         string   null  1.0-1.4  Display name of the billing account.
BillingAccountType         string   never 1.2-1.4  What kind of thing the billing account is.
BillingCurrency            string   never 1.0-1.4  ISO 4217 code of all cost columns.
BillingPeriodEnd           datetime never 1.0-1.4  Exclusive end of the calendar month.
BillingPeriodStart         datetime never 1.0-1.4  First moment of the calendar month.
CapacityReservationId      string   null  1.1-1.4  Always null: nothing is reserved.
CapacityReservationStatus  string   null  1.1-1.4  Always null: nothing is reserved.
ChargeCategory             string   never 1.0-1.4  Always Usage.
ChargeClass                string   null  1.0-1.4  Always null: files are replaced, not corrected.
ChargeDescription          string   null  1.0-1.4  The charge in one sentence.
ChargeFrequency            string   never 1.0-1.4  Always Usage-Based.
ChargePeriodEnd            datetime never 1.0-1.4  Exclusive end of the charge's period.
ChargePeriodStart          datetime never 1.0-1.4  First moment of the charge's period.
CommitmentDiscountCategory string   null  1.0-1.4  Always null: no commitments.
CommitmentDiscountId       string   null  1.0-1.4  Always null: no commitments.
CommitmentDiscountName     string   null  1.0-1.4  Always null: no commitments.
CommitmentDiscountQuantity decimal  null  1.1-1.4  Always null: no commitments.
CommitmentDiscountStatus   string   null  1.0-1.4  Always null: no commitments.
CommitmentDiscountType     string   null  1.0-1.4  Always null: no commitments.
CommitmentDiscountUnit     string   null  1.1-1.4  Always null: no commitments.
CommitmentProgramEligibilityDetails json null 1.4-1.4 Always null: no commitments.
ConsumedQuantity           decimal  null  1.0-1.4  Tokens used, or GPU-hours.
ConsumedUnit               string   null  1.0-1.4  Tokens or GPU-Hours.
ContractApplied            json     null  1.3-1.4  Always null: no contract commitments.
ContractedCost             decimal  never 1.0-1.4  Cost at negotiated prices.
ContractedUnitPrice        decimal  null  1.0-1.4  Negotiated price of one PricingUnit.
EffectiveCost              decimal  never 1.0-1.4  What the usage cost, or its contracted price.
HostProviderName           string   null  1.3-1.4  Whose data centre it ran in.
InvoiceDetailId            string   null  1.4-1.4  Always null: no invoices are issued.
InvoiceId                  string   null  1.2-1.4  Always null: no invoices are issued.
InvoiceIssuerName          string   never 1.0-1.4  Who charges the billing account.
ListCost                   decimal  never 1.0-1.4  Cost at list prices.
ListUnitPrice              decimal  null  1.0-1.4  List price of one PricingUnit.
PricingCategory            string   null  1.0-1.4  Standard: a list price, Dynamic: measured cost.
PricingCurrency            string   null  1.2-1.3  The currency of prices: BillingCurrency.
PricingCurrency            string   never 1.4-1.4  The currency of prices: BillingCurrency.
PricingCurrencyContractedUnitPrice decimal null 1.2-1.4 ContractedUnitPrice in that currency.
PricingCurrencyEffectiveCost decimal null  1.2-1.3 EffectiveCost in that currency.
PricingCurrencyEffectiveCost decimal never 1.4-1.4 EffectiveCost in that currency.
PricingCurrencyListUnitPrice decimal null  1.2-1.4 ListUnitPrice in that currency.
PricingQuantity            decimal  null  1.0-1.4  How many PricingUnits were used.
PricingUnit                string   null  1.0-1.4  1000000 Tokens or GPU-Hours.
ProviderName               string   never 1.0-1.3  Older name of ServiceProviderName.
PublisherName              string   never 1.0-1.3  Who made the service.
RegionId                   string   null  1.0-1.4  Region, null if unknown or more than one.
RegionName                 string   null  1.0-1.4  Display name of the region.
ResourceId                 string   null  1.0-1.4  Cluster, namespace and model, or the pool.
ResourceName               string   null  1.0-1.4  Model, namespace or cost profile.
ResourceType               string   null  1.0-1.4  AI Inference Endpoint or GPU Pool.
ServiceCategory            string   never 1.0-1.4  Always AI and Machine Learning.
ServiceName                string   never 1.0-1.4  Always On-Prem AI Inference.
ServiceProviderName        string   never 1.3-1.4  Who offers the service.
ServiceSubcategory         string   never 1.1-1.4  Always Generative AI.
SkuId                      string   null  1.0-1.4  Model, or GPU model of rows in GPU-hours.
SkuMeter                   string   null  1.1-1.4  Tokens, Input Tokens, Output Tokens or GPU-Hours.
SkuPriceDetails            json     null  1.1-1.4  Null: the price has no further conditions.
SkuPriceId                 string   null  1.0-1.4  SkuId, or one of its prices, such as its input.
SubAccountId               string   null  1.0-1.4  Namespace, or the label configured instead.
SubAccountName             string   null  1.0-1.4  The same as SubAccountId.
SubAccountType             string   null  1.2-1.4  Namespace, or the name of that label.
Tags                       json     null  1.0-1.4  Own keys, namespace labels and pod labels.
"""

_DEPRECATED = {"ProviderName": ("1.3",), "PublisherName": ("1.3",)}


def _column(line: str) -> Column:
    name, kind, null, span, meaning = line.split(maxsplit=4)
    first, last = (FOCUS_VERSIONS.index(version) for version in span.split("-"))
    return Column(
        name=name,
        type=ColumnType(kind),
        nullable=null == "null",
        versions=FOCUS_VERSIONS[first : last + 1],
        meaning=meaning,
        deprecated=_DEPRECATED.get(name, ()),
        allowed=ALLOWED_VALUES.get(name, ()),
    )


FOCUS_COLUMNS = tuple(_column(line) for line in _TABLE.strip().splitlines())
