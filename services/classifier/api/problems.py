"""Which error is which problem; ``docs/problems.md`` explains every slug."""

from services.classifier.domain.book_review import QuarterNotBegun
from services.classifier.domain.instants import DayLongAgo
from services.classifier.domain.policy_checks import PolicyContradictory
from services.classifier.domain.records import RecordContradictory
from services.classifier.importers.any_file import UnreadableFile
from services.classifier.store.policies import PolicyVersionNotFound
from services.classifier.usecases.address_blocks import AddressBlockNotFound
from services.classifier.usecases.agencies import (
    SenderNotAnswerable,
    SenderNotPrintable,
    SenderTooLong,
    WebhookSourceNotFound,
)
from services.classifier.usecases.calibration import PolicyNotInForce
from services.classifier.usecases.classification_reading import (
    CustomerNotClassified,
    UnknownCustomer,
)
from services.classifier.usecases.contracts import ContractAmbiguous, ContractNotFound
from services.classifier.usecases.customer_refusals import (
    BirthDateInFuture,
    ConnectionToItself,
    CustomerIdReserved,
    CustomerNotFound,
    CustomerWasErased,
    CustomerWasMerged,
    DeathDateInFuture,
)
from services.classifier.usecases.event_intake import TooManyEvents
from services.classifier.usecases.import_words import ImportWordNotFound
from services.classifier.usecases.imports import ImportEnded, ImportNotFound
from services.classifier.usecases.merges import (
    MergeContinued,
    MergeContradictory,
    MergeIntoItself,
    MergeNotFound,
)
from services.classifier.usecases.overrides import OverrideEndsInPast, SegmentNotInModel
from services.classifier.usecases.policies import ActivationInPast, ActivationTooFarAhead
from services.classifier.usecases.portfolio.parting import NoPartingCandidate, PartingInopportune
from services.classifier.usecases.portfolio.reviews import BookReviewNotFound
from services.classifier.usecases.reclassification import (
    DayAlreadyPassed,
    DayNotBegun,
    ReclassificationNotFound,
)
from services.classifier.usecases.simulation import SimulationDayOutOfReach, SimulationRunning
from services.classifier.usecases.unassigned_commissions import CommissionNotFound
from shared.contracts.customers import NegativePremium
from shared.db.kept_keys import IdempotencyKeyReused
from shared.heavy_reads import TooManyHeavyReads
from shared.instants import InstantAhead
from shared.web.cursors import CursorNotValid
from shared.web.documents import Raised
from shared.web.problems import INVALID_BODY, TRY_AGAIN, ProblemType

SIGNATURE_REFUSED = ProblemType("signature-refused", 401, "The webhook's signature is not right")
TIMESTAMP_REFUSED = ProblemType("timestamp-refused", 401, "The webhook is too old or of tomorrow")
EVENT_TYPE_UNKNOWN = ProblemType("event-type-unknown", 422, "There is no such type of event")

_CUSTOMER_NOT_FOUND = ProblemType("customer-not-found", 404, "There is no such customer")

PROBLEMS: dict[type[Exception], ProblemType] = {
    CustomerNotFound: _CUSTOMER_NOT_FOUND,
    UnknownCustomer: _CUSTOMER_NOT_FOUND,
    SenderTooLong: ProblemType(
        "sender-too-long", 422, "The sender does not fit into the return line of a letter"
    ),
    SenderNotAnswerable: ProblemType(
        "sender-not-answerable", 422, "Not everybody could answer the sender"
    ),
    SenderNotPrintable: ProblemType(
        "sender-not-printable", 422, "A part of the sender cannot be printed"
    ),
    WebhookSourceNotFound: ProblemType(
        "webhook-source-not-found", 404, "There is no such webhook source"
    ),
    CustomerIdReserved: ProblemType("id-reserved", 422, "The id is the name of a route"),
    CustomerWasErased: ProblemType("customer-erased", 410, "The customer was erased"),
    CustomerWasMerged: ProblemType(
        "customer-merged", 410, "The customer's record went into another's"
    ),
    MergeIntoItself: ProblemType("merge-into-itself", 422, "A customer is merged into another"),
    MergeContradictory: ProblemType(
        "merge-contradictory", 409, "The two records cannot be one customer as they stand"
    ),
    MergeNotFound: ProblemType("merge-not-found", 404, "There is no such merge"),
    MergeContinued: ProblemType("merge-continued", 409, "A later merge builds on this one"),
    AddressBlockNotFound: ProblemType(
        "address-block-not-found", 404, "No address of this channel is blocked"
    ),
    BirthDateInFuture: ProblemType("birth-date-in-future", 422, "The birth date lies ahead"),
    NegativePremium: ProblemType("premium-negative", 422, "The premium is negative"),
    DeathDateInFuture: ProblemType("death-date-in-future", 422, "The date of death lies ahead"),
    ContractNotFound: ProblemType("contract-not-found", 404, "There is no such contract"),
    ContractAmbiguous: ProblemType(
        "contract-ambiguous", 409, "Several customers have such a contract"
    ),
    RecordContradictory: INVALID_BODY,
    ConnectionToItself: INVALID_BODY,
    CommissionNotFound: ProblemType("commission-not-found", 404, "There is no such booking"),
    ImportEnded: ProblemType("import-ended", 409, "The import has ended already"),
    ImportNotFound: ProblemType("import-not-found", 404, "There is no such import"),
    ImportWordNotFound: ProblemType("import-word-not-found", 404, "There is no such word"),
    UnreadableFile: ProblemType("file-unreadable", 422, "The file cannot be read as a whole"),
    TooManyHeavyReads: TRY_AGAIN,
    TooManyEvents: ProblemType("too-many-events", 503, "More events wait than can be held"),
    CursorNotValid: ProblemType("cursor-not-valid", 422, "The cursor is none of ours"),
    CustomerNotClassified: ProblemType(
        "customer-not-classified", 409, "The customer is not among those classified"
    ),
    OverrideEndsInPast: ProblemType("override-ends-in-past", 422, "The pin would have ended"),
    SegmentNotInModel: ProblemType("segment-not-in-model", 422, "The model has no such class"),
    PolicyContradictory: ProblemType("policy-contradictory", 422, "The policy contradicts itself"),
    ActivationInPast: ProblemType("activation-in-past", 409, "A policy cannot rule the past"),
    ActivationTooFarAhead: INVALID_BODY,
    DayLongAgo: INVALID_BODY,
    PolicyNotInForce: ProblemType("policy-not-in-force", 409, "Another version is in force"),
    PolicyVersionNotFound: ProblemType("policy-not-found", 404, "There is no such policy version"),
    ReclassificationNotFound: ProblemType(
        "reclassification-not-found", 404, "There is no such run"
    ),
    SimulationRunning: ProblemType("simulation-running", 429, "A simulation is running"),
    SimulationDayOutOfReach: INVALID_BODY,
    QuarterNotBegun: ProblemType("quarter-not-begun", 409, "The quarter has not begun"),
    BookReviewNotFound: ProblemType("book-review-not-found", 404, "There is no such review"),
    NoPartingCandidate: ProblemType(
        "no-parting-candidate", 409, "The customer is not on the parting list"
    ),
    PartingInopportune: ProblemType("parting-inopportune", 409, "Now is not the time to part"),
    DayAlreadyPassed: ProblemType("day-already-passed", 409, "A later day was run already"),
    DayNotBegun: ProblemType("day-not-begun", 422, "The day has not begun"),
}

_NOBODY = (CustomerNotFound,)
_GONE = (CustomerNotFound, CustomerWasMerged)
_UNSEEN = (UnknownCustomer,)
_PAGE = (CursorNotValid,)
_POLICY = (PolicyVersionNotFound,)
_PERSON = (
    CustomerIdReserved,
    CustomerWasErased,
    RecordContradictory,
    BirthDateInFuture,
    DeathDateInFuture,
)
_CONTRACT = (ContractNotFound, ContractAmbiguous, RecordContradictory, NegativePremium)

RAISED: Raised = {
    "put_agency": (SenderTooLong, SenderNotPrintable, SenderNotAnswerable),
    "rotate_webhook_secret": (WebhookSourceNotFound,),
    "delete_webhook_source": (WebhookSourceNotFound,),
    "list_customers": _PAGE,
    "get_customer": _GONE,
    "put_customer": (*_GONE, *_PERSON, ConnectionToItself, InstantAhead),
    "patch_customer": (*_GONE, *_PERSON, ConnectionToItself, InstantAhead),
    "erase_customer": _GONE,
    "list_contracts": _GONE,
    "get_contract": (*_GONE, ContractNotFound),
    "put_contract": (*_GONE, RecordContradictory, NegativePremium, InstantAhead),
    "patch_contract": (*_GONE, *_CONTRACT, InstantAhead),
    "patch_contract_by_id": (*_GONE, *_CONTRACT, InstantAhead),
    "delete_contract": (*_GONE, ContractNotFound),
    "list_consents": _GONE,
    "put_consent": (*_GONE, InstantAhead),
    "get_objections": _GONE,
    "put_objections": (*_GONE, InstantAhead),
    "merge_customer": (*_GONE, *_PERSON, MergeContradictory, MergeIntoItself),
    "undo_merge": (*_GONE, *_PERSON, MergeNotFound, MergeContinued),
    "list_address_blocks": _PAGE,
    "lift_address_block": (*_NOBODY, AddressBlockNotFound),
    "list_unassigned": _PAGE,
    "assign_commission": (*_NOBODY, ContractNotFound, CommissionNotFound),
    "receive_event": (
        SIGNATURE_REFUSED,
        TIMESTAMP_REFUSED,
        EVENT_TYPE_UNKNOWN,
        InstantAhead,
        IdempotencyKeyReused,
        *_GONE,
        *_PERSON,
        ContractNotFound,
        NegativePremium,
        TooManyEvents,
    ),
    "start_import": (UnreadableFile,),
    "list_imports": _PAGE,
    "get_import": (ImportNotFound, CursorNotValid),
    "list_import_words": _PAGE,
    "forget_import_word": (ImportWordNotFound,),
    "cancel_import": (ImportNotFound, ImportEnded),
    "get_classification": (UnknownCustomer, CustomerWasMerged, CustomerNotClassified),
    "list_classifications": _PAGE,
    "list_customer_classifications": (*_UNSEEN, *_PAGE),
    "get_reclassification": (ReclassificationNotFound,),
    "run_day": (DayAlreadyPassed, DayNotBegun),
    "put_override": (*_UNSEEN, CustomerNotClassified, OverrideEndsInPast, SegmentNotInModel),
    "delete_override": _UNSEEN,
    "list_overrides": (*_UNSEEN, *_PAGE),
    "list_policies": _PAGE,
    "create_policy": (PolicyContradictory,),
    "get_policy": _POLICY,
    "get_policy_differences": _POLICY,
    "activate_policy": (*_POLICY, ActivationInPast, ActivationTooFarAhead),
    "list_activations": _PAGE,
    "list_calibrations": (*_POLICY, *_PAGE),
    "create_calibration": (*_POLICY, PolicyNotInForce),
    "simulate": (*_POLICY, SimulationDayOutOfReach, SimulationRunning),
    "make_review": (QuarterNotBegun,),
    "get_review": (BookReviewNotFound,),
    "get_review_pdf": (BookReviewNotFound,),
    "list_parting_candidates": _PAGE,
    "put_parting": (
        *_UNSEEN,
        CustomerWasMerged,
        CustomerNotClassified,
        NoPartingCandidate,
        PartingInopportune,
    ),
}
"""What each route may refuse besides what is wrong with the request itself; in the document."""
