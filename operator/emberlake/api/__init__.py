"""The resources users write, one module per kind; the CRDs are generated from them."""

GROUP = "emberlake.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

REQUESTED_AT = f"{GROUP}/requested-at"
CANCEL_REQUESTED_AT = f"{GROUP}/cancel-requested-at"
# Of a Crawl: a dry run now; and the run whose tables shall stand again, `12` or `12@anything`.
PLAN_REQUESTED_AT = f"{GROUP}/plan-requested-at"
ROLLBACK_TO = f"{GROUP}/rollback-to"
# With DISABLED as its value the operator makes no write for the object that carries it.
RECONCILE = f"{GROUP}/reconcile"
DISABLED = "disabled"
